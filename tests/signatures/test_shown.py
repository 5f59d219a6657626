"""Nobody signs a link they were never shown: at no door, and by no way of proving oneself (21 CFR 11.70, URS-SIG-05, URS-LNK-01)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from indelible.cli.person import signed_in as at_command_line
from indelible.cli.step import take
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.records.models import Record
from indelible.kernel.signatures import actions as signatures
from indelible.kernel.signatures.models import Reading, Signature
from indelible.kernel.signatures.types import Components
from indelible.kernel.workflow import actions
from indelible.kernel.workflow.signing import put_step, take_put_step
from tests import people
from tests.api.calling import Caller
from tests.authenticator import SecurityKey
from tests.conftest import Database
from tests.people import ANA, OMAR, PETRA, UMA, TestPerson, shown
from tests.signatures.keys import enrolled, put
from tests.signatures.signing import MEANING, all_of, capa, submit
from tests.web.conftest import signed_in

TOLD = "A link was added"
WHY = "it belongs there"


def deviation(title: str = "Operator falsified weights", by: TestPerson = ANA) -> Record:
    return actions.create_record(people.signed_in(by), "deviation", {"title": title})


def link(record: Record, to: str) -> None:
    """Somebody links the record, from a session of their own: no revision comes of it."""
    actions.link_records(people.signed_in(ANA), record.number, "raised_by", to, reason=WHY)


def sign(actor: Actor, record: Record) -> None:
    actions.take_step(actor, record.number, "submit", revision=record.revision, signature=all_of(ANA))


def signed_links(record: Record) -> list[Any]:
    found = Signature.objects.get(record=record)
    return list(json.loads(bytes(found.manifest))["links"])


@pytest.mark.urs("URS-SIG-05", "URS-LNK-01")
def test_a_link_that_came_after_the_reading_is_not_signed(stocked: Database, refused: Any) -> None:
    ana = people.signed_in(ANA)
    record, other = capa(ana), deviation()
    shown(ana, record.number)
    link(record, other.number)
    with refused("changed_meanwhile", urs="URS-LNK-01") as caught:
        sign(ana, record)
    assert TOLD in caught.value.detail and "read" in caught.value.detail
    shown(ana, record.number)
    sign(ana, record)
    assert [one["to"] for one in signed_links(record)] == [other.number]


@pytest.mark.urs("URS-SIG-05", "URS-LNK-01", "URS-AUT-06")
def test_a_link_that_went_out_of_sight_is_not_as_it_was_read(stocked: Database, refused: Any) -> None:
    ana = people.signed_in(ANA)
    identity.open_class(people.signed_in(PETRA), "omar", "HR", reason=WHY)
    record, other = capa(ana), deviation(by=OMAR)
    link(record, other.number)
    shown(ana, record.number)
    actions.confine(people.signed_in(PETRA), other.number, "HR", reason=WHY)
    with refused("changed_meanwhile", urs="URS-LNK-01") as caught:
        sign(ana, record)
    assert other.number not in caught.value.detail
    shown(ana, record.number)
    sign(ana, record)
    assert signed_links(record) == []


@pytest.mark.urs("URS-SIG-05")
def test_what_was_noted_before_links_were_noted_is_no_reading(stocked: Database, refused: Any) -> None:
    ana = people.signed_in(ANA)
    record = capa(ana)
    shown(ana, record.number)
    Reading.objects.filter(record=record).update(shown=None)
    with refused("not_read", urs="URS-SIG-05"):
        sign(ana, record)
    assert submit(ana, record, all_of(ANA)).revision.number == 1


@pytest.mark.urs("URS-SIG-05")
def test_a_reading_in_another_session_is_none_in_this(stocked: Database, refused: Any) -> None:
    ana, elsewhere = people.signed_in(ANA), people.signed_in(ANA)
    record = capa(ana)
    shown(ana, record.number)
    link(record, deviation().number)
    shown(elsewhere, record.number)
    with refused("changed_meanwhile"):
        sign(ana, record)


@pytest.mark.urs("URS-SIG-05", "URS-LNK-01")
def test_the_page_shows_the_link_with_the_refusal_and_then_signs_it(stocked: Database) -> None:
    record, other = capa(people.signed_in(ANA)), deviation()
    ana = signed_in(ANA)
    form, page = f"/records/{record.number}", f"/records/{record.number}/steps/submit"
    assert other.number not in ana.text(ana.get(page))
    link(record, other.number)
    given = {"revision": "1", "user_id": "ana", "password": ANA.password}
    told = ana.post(page, given, page=form)
    assert told.status_code == 409 and TOLD in ana.text(told) and other.number in ana.text(told)
    assert not Signature.objects.filter(record=record).exists()
    assert ana.post(page, given, page=form).status_code == 302  # the refusal's page showed it
    assert len(signed_links(record)) == 1


@pytest.mark.urs("URS-SIG-05", "URS-SIG-08", "URS-LNK-01")
def test_a_program_that_read_before_the_link_does_not_sign_it(stocked: Database) -> None:
    signatures.decide_doors(people.signed_in(UMA), machines=True, reason="signing over the API")
    record, other = capa(people.signed_in(ANA)), deviation()
    ana = Caller(ANA)
    assert ana.get(f"/records/{record.number}").body["links"] == []
    link(record, other.number)
    given = {"revision": 1, "signature": {"user_id": "ana", "password": ANA.password, "meaning": MEANING}}
    answer = ana.post(f"/records/{record.number}/steps/submit", given)
    assert answer.is_problem(409, "URS-LNK-01") and TOLD in answer.body["detail"]
    assert [one["number"] for one in ana.get(f"/records/{record.number}").body["links"]] == [other.number]
    assert ana.post(f"/records/{record.number}/steps/submit", given).status == 200
    assert len(signed_links(record)) == 1


@pytest.mark.urs("URS-SIG-05", "URS-LNK-01")
def test_a_device_is_neither_asked_for_nor_believed_about_an_unseen_link(
    stocked: Database, refused: Any
) -> None:
    key = SecurityKey()
    enrolled(ANA, key)
    ana = people.signed_in(ANA)
    record, first, second = capa(ana), deviation(), deviation("Second")
    shown(ana, record.number)
    link(record, first.number)
    for means in ("passkey", "provider"):
        with refused("changed_meanwhile", urs="URS-LNK-01"):
            put_step(
                ana,
                record.number,
                "submit",
                revision=1,
                components=Components("ana", meaning=MEANING, means=means),
            )
    asked = put(ana, record, typed="ana")
    link(record, second.number)
    with refused("changed_meanwhile", urs="URS-LNK-01") as caught:
        take_put_step(ana, asked.handle, passkey=key.get(asked.options))
    assert TOLD in caught.value.detail
    again = put(ana, record, typed="ana")
    take_put_step(ana, again.handle, passkey=key.get(again.options))
    assert len(signed_links(record)) == 2


class Answers:
    """A person at the command line while somebody else links the record."""

    def __init__(self, meanwhile: Any) -> None:
        self.meanwhile = meanwhile

    def line(self, question: str) -> str:
        return "ana"

    def secret(self, question: str) -> str:
        return ANA.password

    def agrees(self, question: str) -> bool:
        self.meanwhile()
        return True


@pytest.mark.urs("URS-SIG-05", "URS-LNK-01")
def test_the_command_shows_links_and_files_and_signs_no_others(
    stocked: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    signatures.decide_doors(people.signed_in(UMA), machines=True, reason="signing at the command line")
    record, first, second = capa(people.signed_in(ANA)), deviation(), deviation("Second")
    with at_command_line(Answers(lambda: None), purpose="step") as actor:
        with pytest.raises(Refusal) as caught:
            take(
                actor,
                Answers(lambda: link(record, first.number)),
                record.number,
                "submit",
                fields=None,
                reason="",
            )
        assert caught.value.rule.code == "changed_meanwhile" and TOLD in caught.value.detail
        assert first.number not in capsys.readouterr().err
        take(actor, Answers(lambda: None), record.number, "submit", fields=None, reason="")
    told = capsys.readouterr().err
    assert first.number in told and "attachments" in told and second.number not in told
    assert len(signed_links(record)) == 1

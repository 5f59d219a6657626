"""Misuse is noticed, told on two channels within the minute, acknowledged or given to management (URS-CRD-05, 21 CFR 11.300(d))."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from django.conf import settings

from indelible.cli.doctor import _messages
from indelible.home.configuration import Configuration
from indelible.jobs import notices as clockwork
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import proofs
from indelible.kernel.notices import actions, queries
from indelible.kernel.notices.models import Delivery, Notice, Watch
from indelible.kernel.signatures.types import Components
from tests import people
from tests.authenticator import SecurityKey
from tests.conftest import Database
from tests.identity.test_one_time import enrolled as enrolled_code
from tests.notices import outside
from tests.people import ANA, LIN, OMAR, PETRA, RAJ, SAM, UMA, VIC
from tests.signatures.keys import enrolled, signed_in_by, submit_by
from tests.signatures.signing import MEANING, all_of, capa, submit

WRONG, NEW = "nine slow herons wade past the mill", "203.0.113.77"
FOUND = "called her, it was she herself from a hotel"


@dataclass
class Outside:
    """What got out."""

    mails: list[Any]
    posted: list[dict[str, Any]]

    def run(self) -> dict[str, Notice]:
        """What the clock does; the notices by kind."""
        clockwork.watch_for_misuse(0)
        return {one.kind: one for one in Notice.objects.order_by("pk")}

    def to(self, mailbox: str) -> list[str]:
        """Subjects of the mails that this mailbox got."""
        return [str(one["subject"]) for one in self.mails if mailbox in str(one["to"])]


def know(patch: pytest.MonkeyPatch, port: int, address: str) -> None:
    """The installation knows this mail server and this webhook."""
    sender = "indelible@acme.example"
    found = replace(settings.CONFIGURATION, smtp_host="127.0.0.1", mail_from=sender, notice_webhook=address)
    patch.setattr(settings, "CONFIGURATION", found)
    mail_settings = {
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": port,
        "EMAIL_USE_TLS": False,
        "DEFAULT_FROM_EMAIL": sender,
    }
    for name, value in mail_settings.items():
        patch.setattr(settings, name, value)


@pytest.fixture
def world(stocked: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    clockwork.watch_for_misuse(0)  # what the making of the company gave reason for: first secrets are none
    assert not Notice.objects.exists()
    with outside.mail_server() as (port, mailbox), outside.webhook() as (address, posted):
        know(monkeypatch, port, address)
        yield Outside(mailbox.messages, posted)


def fails(user_id: str, *, times: int = 1, source: str = NEW) -> None:
    for _ in range(times):
        with pytest.raises(Refusal):
            identity.sign_in(user_id, WRONG, source=source, channel="web", device="Test")


@pytest.mark.urs("URS-CRD-05")
def test_one_failure_is_on_the_list_three_from_a_new_place_go_out_on_two_channels(world: Outside) -> None:
    uma = people.signed_in(UMA)
    fails("petra")
    assert [one.subject for one in queries.failed_lately(uma)] == ["petra"]
    assert world.run() == {} and world.mails == []
    fails("petra", times=2)
    found = world.run()
    assert set(found) == {"guessing"}
    notice = found["guessing"]
    assert (notice.subject, notice.source) == ("petra", NEW) and "petra" in notice.told and NEW in notice.told
    assert world.to("uma@acme.example") == ["[Indelible] Failed proofs from a new place"]
    assert [(one["kind"], one["audience"]) for one in world.posted] == [("guessing", "security")]
    assert set(world.run()) == {"guessing"} and len(world.mails) == 1  # told once
    fails("raj", times=3, source="192.0.2.10")  # where he was seen before: on the list, no alarm
    assert set(world.run()) == {"guessing"}


@pytest.mark.urs("URS-CRD-05", "URS-ACC-03")
def test_one_try_of_a_deactivated_account_is_enough(world: Outside) -> None:
    identity.deactivate_person(people.signed_in(UMA), "tom", reason="did not start after all")
    fails("tom")
    assert set(world.run()) == {"deactivated"}


@pytest.mark.urs("URS-SIG-07", "URS-CRD-05")
def test_failed_signings_count_with_their_record(world: Outside) -> None:
    ana = people.signed_in(ANA, source=NEW)
    record = capa(ana)
    for _ in range(3):
        with pytest.raises(Refusal):
            submit(ana, record, Components("ana", WRONG))
    found = world.run()
    assert found == {}, "she was seen there: her session began there before"
    failed = queries.failed_lately(people.signed_in(UMA))
    assert [(one.record, one.rule) for one in failed] == [(record.number, "signing_failed")] * 3


@pytest.mark.urs("URS-AUT-06", "URS-CRD-05")
def test_the_number_of_a_record_is_told_to_those_alone_who_may_know_of_it(world: Outside) -> None:
    """Uma answers for Basel; the record is Singapore's. Who guessed at it is her affair, which record it was is not."""
    tom = people.signed_in(people.inspector_everywhere())
    lin = replace(people.signed_in(LIN), source=NEW)
    record = capa(lin)
    for _ in range(3):
        with pytest.raises(Refusal, match="signing_failed"):
            submit(lin, record, Components("lin", WRONG))
    assert world.run()["guessing"].record == record.number
    uma = people.signed_in(UMA)
    for actor, told in ((uma, ""), (tom, record.number)):
        (notice,) = queries.notices(actor, limit=9).items
        assert (notice.subject, notice.record) == ("lin", told)
        assert {one.record for one in queries.failed_lately(actor)} == {told}
    left = [str(one.get_content()) for one in world.mails] + [str(one) for one in world.posted]
    assert left and not [text for text in left if record.number in text]
    answered = actions.acknowledge(uma, notice.pk, answer=FOUND)
    assert answered.record == "" and record.number not in answered.told
    assert Notice.objects.get(pk=notice.pk).record == record.number, "kept for those who may"


@pytest.mark.urs("URS-SIG-06", "URS-ACC-07")
def test_the_owner_hears_of_what_others_do_to_their_credentials(world: Outside) -> None:
    identity.issue_secret(people.signed_in(SAM), "raj", reason="Raj says he forgot it")
    fails("ana", times=5)
    key = SecurityKey()
    enrolled(PETRA, key)
    signed_in_by(key)
    with pytest.raises(Refusal):
        signed_in_by(SecurityKey(id=key.id, key=key.key, count=0))
    assert set(world.run()) == {"secret_issued", "locked", "guessing", "credential_new", "credential_copied"}
    assert world.to("raj@acme.example") == ["[Indelible] A one-time secret was issued"]
    assert world.to("ana@acme.example") == ["[Indelible] An account was locked"]
    assert "[Indelible] A passkey was copied" in world.to("petra@acme.example")
    lost = SecurityKey()
    made = enrolled(VIC, lost)
    identity.end_passkey(people.signed_in(VIC), "vic", made.pk, cause="lost", reason="left in the train")
    assert "credential_lost" in world.run()


@pytest.mark.urs("URS-CRD-04", "URS-CRD-05")
def test_a_lost_key_that_is_used_again_is_told_to_its_person_and_the_security_unit(world: Outside) -> None:
    key = SecurityKey()
    made = enrolled(PETRA, key)
    signed_in_by(key)
    identity.end_passkey(people.signed_in(UMA), "petra", made.pk, cause="lost", reason="left in the train")
    assert "credential_over" not in world.run()
    for _ in range(2):  # whoever found it
        with pytest.raises(Refusal, match="sign_in_failed"):
            signed_in_by(key)
    notice = world.run()["credential_over"]
    assert (notice.subject, notice.source) == ("petra", "192.0.2.10") and "ended passkey" in notice.told
    assert Notice.objects.filter(kind="credential_over").count() == 1  # once an hour
    for mailbox in ("petra@acme.example", "uma@acme.example"):
        assert "[Indelible] A credential that is over was used" in world.to(mailbox)


@pytest.mark.urs("URS-CRD-04", "URS-CRD-05")
def test_a_temporary_secret_past_its_end_or_used_before_is_told(
    world: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam = people.signed_in(SAM)
    secret = identity.issue_secret(sam, "tom", reason="he forgot it on holiday")
    come = {"source": NEW, "channel": "web", "device": "Test"}
    identity.sign_in("tom", secret, **come)  # type: ignore[arg-type]
    assert "credential_over" not in world.run()
    with pytest.raises(Refusal, match="sign_in_failed"):
        identity.sign_in("tom", secret, **come)  # type: ignore[arg-type]
    assert "used before" in world.run()["credential_over"].told
    late = identity.issue_secret(sam, "eve", reason="she forgot it on holiday")
    in_a_year = clock() + timedelta(days=365)
    monkeypatch.setattr(proofs, "clock", lambda: in_a_year)
    with pytest.raises(Refusal, match="sign_in_failed"):
        identity.sign_in("eve", late, **come)  # type: ignore[arg-type]
    world.run()
    told = Notice.objects.filter(kind="credential_over").order_by("pk").values_list("subject", "told")
    assert [who for who, _ in told] == ["tom", "eve"] and "past its end" in told[1][1]


@pytest.mark.urs("URS-CRD-06", "URS-CRD-05")
def test_a_device_whose_test_is_overdue_signs_nothing_and_that_is_told(
    world: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = SecurityKey()
    enrolled(ANA, key)
    ana = people.signed_in(ANA)
    record = capa(ana)
    monkeypatch.setattr("indelible.kernel.identity.passkeys.TESTED_FOR", timedelta(0))
    with pytest.raises(Refusal, match="signing_failed"):
        submit_by(ana, record, key, typed="ana")
    notice = world.run()["device_untested"]
    assert (notice.subject, notice.record) == ("ana", record.number) and "overdue" in notice.told


@pytest.mark.urs("URS-CRD-04", "URS-CRD-05")
def test_a_one_time_code_that_is_used_again_is_told(world: Outside) -> None:
    ana = people.signed_in(ANA)
    handle, secret, _ = identity.ask_code_enrolment(ana)
    app = pyotp.TOTP(secret)
    seen = app.at(int(clock().timestamp()) - 30)
    identity.enrol_code(ana, handle, password=ANA.password, code=seen)
    identity.confirm_code(people.signed_in(UMA), "ana")
    with pytest.raises(Refusal, match="sign_in_failed"):  # over her shoulder
        identity.sign_in("ana", ANA.password, source=NEW, channel="web", device="Test", otp=seen)
    notice = world.run()["code_again"]
    assert (notice.subject, notice.source) == ("ana", NEW)


@pytest.mark.urs("URS-CRD-06", "URS-CRD-05")
def test_codes_that_go_back_are_told_to_management_like_a_copied_passkey(world: Outside) -> None:
    ana, app = authenticator()
    now = int(clock().timestamp())
    ahead, older = app.at(now + 30), app.at(now)
    identity.take_code_test(ana, password=ANA.password, code=ahead)
    with pytest.raises(Refusal, match="proof_failed"):  # another device of the same secret, or seen before
        identity.take_code_test(ana, password=ANA.password, code=older)
    notice = world.run()["code_back"]
    assert notice.subject == "ana" and "went back" in notice.told
    for mailbox in ("ana@acme.example", "uma@acme.example", "petra@acme.example"):
        assert "[Indelible] The codes of an authenticator went back" in world.to(mailbox)


@pytest.mark.urs("URS-CRD-06", "URS-CRD-05")
def test_an_authenticator_whose_test_is_overdue_signs_nothing_and_that_is_told(
    world: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, app = authenticator()
    record = capa(ana)
    monkeypatch.setattr("indelible.kernel.identity.authenticators.TESTED_FOR", timedelta(0))
    with pytest.raises(Refusal, match="signing_failed"):
        given = Components("ana", ANA.password, app.at(int(clock().timestamp()) + 30), MEANING)
        submit(ana, record, given)
    notice = world.run()["device_untested"]
    assert (notice.subject, notice.record) == (
        "ana",
        record.number,
    ) and "authenticator" in notice.told.lower()


def authenticator() -> tuple[Actor, pyotp.TOTP]:
    """Ana and her confirmed authenticator, whose codes of now and of the next step are fresh."""
    before = people.signed_in(ANA)
    secret = enrolled_code()
    return before, pyotp.TOTP(secret)


@pytest.mark.urs("URS-AUT-04", "URS-ACC-03", "URS-CRD-05")
def test_who_would_leave_one_alone_in_administration_is_told_to_management(world: Outside) -> None:
    sam = people.signed_in(SAM)
    for _ in range(2):
        with pytest.raises(Refusal, match="last_administrators"):
            identity.deactivate_person(sam, "uma", reason="left the company, says Sam")
    found = world.run()
    assert (
        set(found) == {"last_standing"}
        and "sam tried person.deactivate of uma" in found["last_standing"].told
    )
    assert "[Indelible] Somebody tried to leave too few of administration" in world.to("petra@acme.example")
    assert queries.failed_lately(people.signed_in(UMA)) == []


@pytest.mark.urs("URS-AUT-04", "URS-CRD-05")
@pytest.mark.parametrize(("who", "rule"), [(SAM, "own_rights"), (ANA, "not_authorised")])
def test_who_reaches_for_rights_of_their_own_is_told_to_management(
    world: Outside, who: people.TestPerson, rule: str
) -> None:
    actor = people.signed_in(who)
    with pytest.raises(Refusal, match="not_authorised"):
        identity.propose_grant(people.signed_in(RAJ), "vic", "reviewer", reason="helps out in the laboratory")
    assert world.run() == {}, "not for oneself: refused, and no alarm"
    with pytest.raises(Refusal, match=rule):
        identity.propose_grant(actor, who.user_id, "security_unit", reason="helps out in the laboratory")
    notice = world.run()["rights_tried"]
    assert notice.subject == who.user_id and notice.entry
    assert "[Indelible] Somebody tried to change their own rights" in world.to("petra@acme.example")
    assert queries.failed_lately(people.signed_in(UMA)) == [], "nobody failed to prove who they are"


@pytest.mark.urs("URS-ACC-07")
def test_a_source_that_waits_is_told_to_management_once_an_hour(world: Outside) -> None:
    fails("ana", source=NEW)
    fails("raj", source=NEW)
    fails("omar", source=NEW)
    for _ in range(3):
        fails("vic", source=NEW)
    assert set(world.run()) == {"source_waits"}
    assert "[Indelible] A source tries accounts" in world.to("petra@acme.example")
    assert Notice.objects.filter(kind="source_waits").count() == 1


@pytest.mark.urs("URS-ACC-07", "URS-CRD-05")
def test_who_makes_its_source_wait_is_told_of_though_it_tries_no_more(world: Outside) -> None:
    fails("ana")
    fails("raj")
    fails("omar")
    assert "has to wait" in world.run()["source_waits"].told


@pytest.mark.urs("URS-SIG-07", "URS-CRD-05")
def test_guessing_inside_a_session_is_told_whatever_its_network_has_used_up(world: Outside) -> None:
    _, ana = people.session(ANA, source="192.0.2.10")
    record = capa(ana)
    for place in range(5):
        fails(f"no.one.{place}", times=5, source=f"192.0.2.{100 + place}")
    for _ in range(5):
        with pytest.raises(Refusal, match="signing_failed"):
            submit(ana, record, Components("ana", WRONG))
    found = world.run()
    assert set(found) == {"locked"} and found["locked"].subject == "ana"
    assert world.to("ana@acme.example") == ["[Indelible] An account was locked"]


@pytest.mark.urs("URS-ACC-07", "URS-CRD-05")
def test_five_failures_without_a_lock_are_told_to_the_security_unit_and_management(world: Outside) -> None:
    for place, named in enumerate(("ana", "raj", "vic", "omar", "lin", "eve", "no.one")):
        fails(named, times=5, source=f"203.0.113.{place}")
    spared = world.run()["spared"]
    assert (spared.subject, spared.source) == ("eve", "203.0.113.5") and "not locked" in spared.told
    assert Notice.objects.filter(kind="spared").count() == 1, "nobody's id alarms nobody by itself"
    for mailbox in ("uma@acme.example", "petra@acme.example", "eve@acme.example"):
        assert "[Indelible] Five attempts failed and locked nothing" in world.to(mailbox)


@pytest.mark.urs("URS-SIG-04", "URS-CRD-05")
def test_a_session_that_goes_on_from_elsewhere_is_told(world: Outside) -> None:
    ana = people.signed_in(ANA)
    submit(ana, capa(ana), all_of(ANA))
    moved = replace(ana, source=NEW)
    with pytest.raises(Refusal):
        submit(moved, capa(ana), Components(None, ANA.password))
    notice = world.run()["session_moved"]
    assert notice.subject == "ana" and NEW in notice.told and notice.source == NEW
    assert "[Indelible] A session went on from another place" in world.to("ana@acme.example")
    with pytest.raises(Refusal, match="components_first"):
        submit(ana, capa(ana), Components(None, ANA.password))  # where it began, it begins anew
    submit(ana, capa(ana), all_of(ANA))
    assert set(world.run()) == {"session_moved"} and Notice.objects.count() == 1


@pytest.mark.urs("URS-CRD-05")
def test_what_nobody_acknowledges_goes_to_management(
    world: Outside, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    raj, uma, petra = people.signed_in(RAJ), people.signed_in(UMA), people.signed_in(PETRA)
    fails("petra", times=3)
    notice = world.run()["guessing"]
    with refused("not_authorised"):
        actions.acknowledge(raj, notice.pk, answer=FOUND)
    with refused("own_notice"):
        actions.acknowledge(petra, notice.pk, answer=FOUND)
    with refused("notice_unknown"):
        actions.acknowledge(uma, 10**9, answer=FOUND)
    for empty in ("", "ok", "\u200b"):
        with pytest.raises(Refusal):
            actions.acknowledge(uma, notice.pk, answer=empty)
    monkeypatch.setattr(actions, "ANSWERED_WITHIN", timedelta(0))
    world.mails.clear()
    world.run()
    notice.refresh_from_db()
    assert notice.escalated_at is not None
    assert "[Indelible] Not acknowledged: Failed proofs from a new place" in world.to("petra@acme.example")
    assert world.posted[-1]["escalated"] and world.posted[-1]["audience"] == "management"
    assert actions.acknowledge(uma, notice.pk, answer=FOUND).acknowledged_by == "uma"
    with refused("notice_answered"):
        actions.acknowledge(uma, notice.pk, answer=FOUND)
    world.mails.clear()
    world.run()
    assert world.mails == []  # once


@pytest.mark.urs("URS-CRD-05")
def test_a_mail_server_that_is_down_is_itself_told_and_the_message_waits(
    world: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    with outside.mail_server() as (port, mailbox):
        working = port
    monkeypatch.setattr(settings, "EMAIL_PORT", working)  # nobody listens there now
    fails("petra", times=3)
    found = world.run()
    assert set(found) == {"guessing", "unsent"}
    assert {one["kind"] for one in world.posted} >= {"guessing"}  # the other channel went at once
    uma = people.signed_in(UMA)
    waiting = list(queries.unsent(uma))
    assert waiting and "did not take it" in waiting[0].fault and waiting[0].attempts == 1
    monkeypatch.setattr(queries, "FIRST_WAIT", timedelta(0))
    world.run()
    assert "unsent" in {one["kind"] for one in world.posted}
    with outside.mail_server() as (port, mailbox):
        monkeypatch.setattr(settings, "EMAIL_PORT", port)
        world.run()
        assert "[Indelible] Failed proofs from a new place" in [
            str(one["subject"]) for one in mailbox.messages
        ]
    assert not queries.unsent(uma).exists()


@pytest.mark.urs("URS-CRD-05")
def test_a_webhook_that_refuses_is_tried_again(world: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    with outside.webhook(500) as (address, given):
        known = replace(settings.CONFIGURATION, notice_webhook=address)
        monkeypatch.setattr(settings, "CONFIGURATION", known)
        fails("eve", times=3)
        assert set(world.run()) == {"guessing", "unsent"} and given
    kept = Delivery.objects.filter(channel="webhook", sent_at=None)
    assert {one.fault for one in kept if one.attempts} == {"the webhook answered 500"}
    assert queries.wait(0) < queries.wait(3) < queries.wait(40) == queries.LONGEST_WAIT


@pytest.mark.urs("URS-CRD-05")
def test_nothing_is_told_twice_when_the_bookmark_is_lost(world: Outside) -> None:
    fails("petra", times=3)
    world.run()
    Watch.objects.all().delete()
    before = Notice.objects.count()
    world.run()
    assert Notice.objects.count() == before


def test_the_desk_is_for_those_who_answer(stocked: Database, refused: Any) -> None:
    def noticed(actor: Any) -> Any:
        return queries.notices(actor, limit=9).items

    for asked in (noticed, queries.failed_lately, queries.unsent):
        with pytest.raises(Refusal, match="not_authorised"):
            asked(people.signed_in(OMAR))
        asked(people.signed_in(people.INES))


@pytest.mark.urs("URS-CRD-05")
@pytest.mark.parametrize(
    ("mail", "hook", "told"),
    [
        ("", "", "GO NOWHERE"),
        ("mail.acme.example", "", "mail by mail.acme.example alone"),
        ("", "https://hooks.acme.example/secret-path", "webhook at hooks.acme.example alone"),
        ("mail.acme.example", "https://hooks.acme.example/secret-path", "and webhook at hooks.acme.example"),
    ],
)
def test_the_doctor_says_where_notices_go_and_asks_for_nothing(mail: str, hook: str, told: str) -> None:
    found = _messages(Configuration(smtp_host=mail, notice_webhook=hook))
    assert found.well and told in found.words and "secret-path" not in found.words


@pytest.mark.urs("URS-CRD-04", "URS-CRD-05")
def test_a_reported_password_is_told_to_its_person_and_so_is_who_tries_it_again(world: Outside) -> None:
    identity.report_password(people.signed_in(SAM), "petra", cause="stolen", reason="typed into a false page")
    notice = world.run()["credential_lost"]
    assert notice.subject == "petra" and "password" in notice.told and "sam" in notice.told
    assert world.to("petra@acme.example") == world.to("uma@acme.example")
    assert world.to("petra@acme.example") == ["[Indelible] A credential is lost or suspect"]
    fails("petra")
    assert "credential_over" not in world.run(), "another password is a failure like any"
    with pytest.raises(Refusal, match="sign_in_failed"):
        identity.sign_in("petra", PETRA.password, source=NEW, channel="web", device="Test")
    notice = world.run()["credential_over"]
    assert (notice.subject, notice.source) == ("petra", NEW) and "reported" in notice.told

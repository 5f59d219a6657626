"""What was signed with a password or an authenticator that was out of hand is found, by row and by time (URS-CRD-04)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity.models import OneTimeCode
from indelible.kernel.identity.types import Proven
from indelible.kernel.records.models import Record
from indelible.kernel.signatures import proving, suspects
from indelible.kernel.signatures.models import Signature
from indelible.kernel.signatures.testimony import facts
from indelible.kernel.signatures.types import Components
from tests import people
from tests.authenticator import SecurityKey
from tests.conftest import Database
from tests.identity.test_one_time import code
from tests.identity.test_one_time import enrolled as authenticator
from tests.people import ANA, LIN, PETRA, UMA
from tests.signatures.keys import submit_by
from tests.signatures.signing import MEANING, all_of, capa, submit

NEW = "nine slow herons wade past the old mill"
WHY = "typed into a page that was not ours"


def as_before(actor: Actor, record: Record, given: Components, monkeypatch: pytest.MonkeyPatch) -> Signature:
    """Signed as releases wrote it that named no row."""
    with monkeypatch.context() as before:
        before.setattr(proving, "Proven", lambda by, *known: Proven("password", *known))
        return submit(actor, record, given)


@pytest.mark.urs("URS-CRD-04", "URS-CRT-03")
def test_a_password_leads_to_what_was_signed_by_it_in_its_time_also_where_no_row_is_named(
    stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, petra, key = people.signed_in(ANA), people.signed_in(PETRA), SecurityKey()
    submit(ana, capa(ana), all_of(ANA))
    since = clock()
    old = as_before(ana, capa(ana), all_of(ANA), monkeypatch)
    with_row = submit(ana, capa(ana), all_of(ANA))
    lin = people.signed_in(LIN)
    as_before(lin, capa(lin), all_of(LIN), monkeypatch)
    identity.change_password(ana, ANA.password, NEW)  # by whoever knew it
    by_next = submit(ana, capa(ana), Components("ana", NEW, None, MEANING))
    signing = enrolled_with(NEW, key)
    submit_by(ana, capa(ana), signing, typed="ana")
    ended = identity.report_password(
        people.signed_in(UMA), "ana", cause="suspect", reason=WHY, suspect_since=since
    )
    assert suspects.signed_by_password(petra, ended) == [old, with_row, by_next]
    assert suspects.signed_by_password(lin, ended) == [], "records of another site"
    later = identity.report_password(
        people.signed_in(PETRA), "petra", cause="lost", reason=WHY, suspect_since=since
    )
    assert suspects.signed_by_password(petra, later) == []
    told = {one["id"]: one for one in facts(by_next)["signer"]["credentials"]}[ended.pk]
    assert (told["ended_by"], told["ended_cause"], told["suspect_since"]) == ("uma", "suspect", since)


def enrolled_with(password: str, key: SecurityKey) -> SecurityKey:
    """Ana's key, enrolled with the password she has now."""
    ana = identity.sign_in("ana", password, source="192.0.2.10", channel="web", device="Test")[1]
    handle, options = identity.ask_enrolment(ana)
    made = identity.enrol(ana, handle, key.create(options), password=password, label="Blue key")
    identity.confirm_passkey(people.signed_in(UMA), "ana", made.pk)
    return key


@pytest.mark.urs("URS-CRD-04", "URS-CRT-03")
def test_an_authenticator_leads_to_what_was_signed_with_its_codes(
    stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, petra = people.signed_in(ANA), people.signed_in(PETRA)
    submit(ana, capa(ana), all_of(ANA))
    secret = authenticator()
    old = as_before(ana, capa(ana), Components("ana", ANA.password, code(secret), MEANING), monkeypatch)
    kept = OneTimeCode.objects.get(person__user_id="ana")
    ended = identity.end_code(people.signed_in(UMA), "ana", cause="lost", reason=WHY)
    assert ended.pk == kept.pk and ended.suspect_since == kept.enrolled_at, "nobody said since when"
    assert suspects.signed_by_code(petra, ended) == [old]
    told = {one["id"]: one for one in facts(old)["signer"]["one_time_codes"]}[ended.pk]
    assert (told["ended_cause"], told["suspect_since"]) == ("lost", kept.enrolled_at)


@pytest.mark.urs("URS-CRD-04")
def test_an_authenticator_of_which_rows_are_named_leads_to_its_own_alone(stocked: Database) -> None:
    ana, petra = people.signed_in(ANA), people.signed_in(PETRA)
    since = clock() - timedelta(days=1)
    submit(ana, capa(ana), all_of(ANA))
    secret = authenticator()
    signed = submit(ana, capa(ana), Components("ana", ANA.password, code(secret), MEANING))
    ended = identity.end_code(people.signed_in(UMA), "ana", cause="stolen", reason=WHY, suspect_since=since)
    assert suspects.signed_by_code(petra, ended) == [signed]
    assert suspects.signed_by_code(people.signed_in(LIN), ended) == []

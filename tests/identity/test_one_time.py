"""One-time codes: whose, confirmed by whom, once; the wrong paths first (URS-SIG-01, -02, -06, URS-ACC-08, URS-CRD-04)."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from time import sleep
from typing import Any

import pyotp
import pytest
import segno

from indelible.home import keys
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import queries
from indelible.kernel.signatures.types import Components
from tests import people
from tests.api.calling import Caller
from tests.conftest import Database
from tests.people import ANA, RAJ, SAM, UMA
from tests.signatures.signing import MEANING, all_of, capa, later, submit
from tests.web.conftest import Visitor, signed_in

COUNTED = ("identity_lockout",)
STEP = 30
ROOM = 8  # seconds within which a busy machine has typed and checked a code
WHY = "the phone was lost on a train"


def code(secret: str, steps: int = 0) -> str:
    """What the app shows now, or so many steps later.

    The code of the step before is good until this step ends: near that end the next is waited for.
    """
    if steps < 0 and (left := STEP - clock().timestamp() % STEP) < ROOM:
        sleep(left)
    return pyotp.TOTP(secret).at(int(clock().timestamp()) + STEP * steps)


def enrolled(*, confirmed: bool = True) -> str:
    """Ana's authenticator; its secret. Its newest used code is of two steps ago, so that those of now are fresh."""
    ana = people.signed_in(ANA)
    handle, secret, _ = identity.ask_code_enrolment(ana)
    identity.enrol_code(ana, handle, password=ANA.password, code=code(secret, -1))
    if confirmed:
        identity.confirm_code(people.signed_in(UMA), "ana")
    return secret


def come_in(otp: str | None, password: str = ANA.password) -> Any:
    return identity.sign_in("ana", password, source="192.0.2.10", channel="web", device="Test", otp=otp)[1]


@pytest.mark.urs("URS-SIG-06", "URS-CRD-04")
def test_it_is_enrolled_by_its_person_and_asked_for_once_another_confirmed_it(
    stocked: Database, refused: Any
) -> None:
    ana, sam, uma, raj = (people.signed_in(one) for one in (ANA, SAM, UMA, RAJ))
    handle, secret, link = identity.ask_code_enrolment(ana)
    assert link.startswith("otpauth://totp/Indelible:ana?secret=" + secret)
    with refused("proof_failed", ignoring=COUNTED):
        identity.enrol_code(ana, handle, password="nine slow herons wade", code=code(secret))
    with refused("proof_failed", ignoring=COUNTED):
        identity.enrol_code(ana, handle, password=ANA.password, code="000000")
    with refused("challenge_over"):
        identity.enrol_code(raj, handle, password=RAJ.password, code=code(secret))
    with refused("code_unknown"):
        identity.confirm_code(uma, "ana")
    made = identity.enrol_code(ana, handle, password=ANA.password, code=code(secret))
    assert secret not in made.secret
    with refused("code_in_use"):
        identity.ask_code_enrolment(ana)
    assert come_in(None).user_id == "ana"  # nobody confirmed it: not asked, and not taken
    with refused("sign_in_failed", ignoring=COUNTED):
        come_in(code(secret, 1))
    with refused("not_authorised"):
        identity.confirm_code(raj, "ana")
    with refused("second_person"):
        identity.confirm_code(sam, "ana")
    with refused("own_rights"):
        identity.confirm_code(uma, "uma")
    people.unconfirm("ana")
    with refused("identity_unverified", urs="URS-UNQ-02"):
        identity.confirm_code(uma, "ana")
    people.confirm(uma, "ana")
    identity.confirm_code(uma, "ana")
    assert stocked.rows("select count(*) from audit.event where new::text like %s", [f"%{secret}%"]) == [(0,)]


@pytest.mark.urs("URS-SIG-01", "URS-ACC-08")
def test_a_code_opens_once_beside_the_password_and_never_alone(stocked: Database, refused: Any) -> None:
    secret = enrolled()
    for otp, password in ((None, ANA.password), ("123456", ANA.password), (code(secret), "nine slow herons")):
        with refused("sign_in_failed", ignoring=COUNTED):
            come_in(otp, password)
    now = code(secret)
    come_in(now)
    with refused("sign_in_failed", ignoring=COUNTED):  # the same again
        come_in(now)
    with refused("sign_in_failed", ignoring=COUNTED):  # an older one
        come_in(code(secret, -1))
    come_in(" ".join(code(secret, 1)))


@pytest.mark.urs("URS-SIG-01", "URS-SIG-02", "URS-SIG-03")
def test_the_first_signing_of_a_period_takes_the_code_too(stocked: Database, refused: Any) -> None:
    before = people.signed_in(ANA)
    secret = enrolled()
    record = capa(before)
    with refused("components_first"):
        submit(before, record, all_of(ANA))
    with refused("signing_failed", ignoring=COUNTED):
        submit(before, record, Components("ana", ANA.password, "000000", MEANING))
    now = code(secret)
    signed = submit(before, record, Components("ana", ANA.password, now, MEANING))
    assert signed.components == "user_id,password,otp"
    assert submit(before, capa(before), later(ANA)).components == "password"
    third = capa(before)
    with refused("signing_failed", ignoring=COUNTED):
        submit(before, third, Components(None, ANA.password, now, MEANING))


@pytest.mark.urs("URS-CRD-04", "URS-SIG-06")
def test_ended_by_an_administrator_it_takes_the_confirmed_identity_along(
    stocked: Database, refused: Any
) -> None:
    enrolled()
    sam, raj = people.signed_in(SAM), people.signed_in(RAJ)
    with refused("not_authorised"):
        identity.end_code(raj, "ana", cause="replaced", reason=WHY)
    for said in ({"cause": ""}, {"cause": "lost", "suspect_since": clock() + timedelta(hours=1)}):
        with refused("loss_incomplete", urs="URS-CRD-04"):
            identity.end_code(sam, "ana", reason=WHY, **said)
    with refused("reason_missing"):
        identity.end_code(sam, "ana", cause="replaced", reason="")
    identity.end_code(sam, "ana", cause="replaced", reason=WHY)
    with refused("code_unknown"):
        identity.end_code(sam, "ana", cause="replaced", reason=WHY)
    ana = come_in(None)
    record = capa(ana)
    with refused("identity_unverified"):
        submit(ana, record, all_of(ANA))


@pytest.mark.urs("URS-CRD-04")
@pytest.mark.parametrize("by", [SAM, ANA])
def test_ended_it_takes_every_session_along_that_was_begun_with_it_and_no_other(
    stocked: Database, refused: Any, by: people.TestPerson
) -> None:
    before = people.signed_in(ANA)
    secret = enrolled()
    begun = [come_in(code(secret)), come_in(code(secret, 1))]
    with refused("reason_missing"):
        identity.end_code(begun[0], "ana", cause="replaced", reason="")
    identity.end_code(begun[0] if by is ANA else people.signed_in(by), "ana", cause="replaced", reason=WHY)
    assert not {one.session for one in begun} & _open("ana")
    assert before.session in _open("ana"), "the password alone began it, and still stands"
    causes = stocked.rows(
        "select distinct ended_cause from identity_session where public_id = any(%s)",
        [[one.session for one in begun]],
    )
    assert causes == [("one-time codes ended",)]


@pytest.mark.urs("URS-CRD-04")
def test_lost_it_takes_every_session_of_its_person_along_and_keeps_cause_and_time(stocked: Database) -> None:
    before = people.signed_in(ANA)
    secret = enrolled()
    begun, since = come_in(code(secret)), clock() - timedelta(days=2)
    ended = identity.end_code(begun, "ana", cause="stolen", reason=WHY, suspect_since=since)
    assert (ended.ended_by, ended.ended_cause, ended.suspect_since) == ("ana", "stolen", since)
    assert not {before.session, begun.session} & _open("ana")
    enrolled(confirmed=False)
    left = identity.end_code(
        people.signed_in(UMA), "ana", cause="left behind", reason=WHY, suspect_since=since
    )
    assert left.suspect_since is None, "nothing to look at again"


def _open(user_id: str) -> set[str]:
    return {one.public_id for one in queries.open_sessions(queries.person_of(user_id))}


@pytest.mark.urs("URS-OPN-04")
def test_with_another_key_nothing_is_opened(stocked: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = enrolled()
    monkeypatch.setattr(keys, "django_secret", lambda _home: "another key than the one it was kept under")
    with pytest.raises(Refusal, match="sign_in_failed"):
        come_in(code(secret))
    monkeypatch.undo()
    assert come_in(code(secret)).user_id == "ana"


@pytest.mark.urs("URS-SIG-01")
def test_pages_and_api_ask_for_it(stocked: Database) -> None:
    ana = signed_in(ANA)
    shown = ana.text(ana.post("/account/credentials/one-time-code/question", page="/account/credentials"))
    secret = shown.split('mono verbatim"><strong>')[1].split("<")[0]
    handle = shown.split('name="handle" value="')[1].split('"')[0]
    link = unescape(shown.split('href="otpauth:')[1].split('"')[0])
    picture = f'd="{modules("otpauth:" + link)}"'
    assert picture in shown and f"secret={secret}" in link
    at = "/account/credentials/one-time-code"
    wrong = ana.post(
        at, {"handle": handle, "password": ANA.password, "code": "1"}, page="/account/credentials"
    )
    assert wrong.status_code == 422 and secret in ana.text(wrong) and picture in ana.text(wrong)
    given = {"handle": handle, "password": ANA.password, "code": code(secret, -1)}
    assert ana.post(at, given, page="/account/credentials").status_code == 302
    assert secret not in ana.text(ana.get("/account/credentials"))
    uma = signed_in(UMA)
    assert uma.post("/people/ana/one-time-code", {"verb": "confirm"}, page="/people/ana").status_code == 302
    record = capa(people_actor())
    assert 'name="otp"' in ana.text(ana.get(f"/records/{record.number}/steps/submit"))
    stranger = Visitor()
    assert stranger.sign_in(ANA).status_code == 401
    fields = {"user_id": "ana", "password": ANA.password, "otp": code(secret)}
    assert stranger.post("/sign-in", fields).status_code == 302
    asked = Caller(UMA).post(
        "/sessions", {"user_id": "ana", "password": ANA.password, "otp": code(secret, 1)}
    )
    assert asked.status == 201


def modules(link: str) -> str:
    """The dark modules of a QR code of this text, as a path."""
    drawn = segno.make(link, micro=False, error="m").svg_inline()
    return str(drawn.rpartition(' d="')[2].partition('"')[0])


def people_actor() -> Any:
    """Ana in a session begun before any code was asked of her."""
    session = queries.open_sessions(queries.person_of("ana")).first()
    assert session is not None
    return queries.actor_of(session.person, session=session.public_id, source="127.0.0.1", channel="web")

"""Single sign-on with a real provider: it leads in, and it never signs without asking anew (URS-ACC-08, URS-SIG-02, -06)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings

from indelible.kernel.audit.queries import clock
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import openid
from indelible.kernel.identity.models import Session
from indelible.kernel.identity.queries import actor_of
from indelible.kernel.identity.types import Newcomer
from indelible.kernel.records.models import Record
from indelible.kernel.signatures import acceptances, putting, queries
from indelible.kernel.signatures.models import Acceptance, Signature
from indelible.kernel.signatures.types import Components
from indelible.kernel.workflow import actions as workflow
from tests import people
from tests.conftest import Database
from tests.identity.test_factors import WHY, key_of
from tests.people import ANA, PETRA, SAM, UMA
from tests.provider import running
from tests.signatures.signing import DRAFT
from tests.web.conftest import Visitor, signed_in

BASE = "http://localhost:8000"
LOGIN = "a.alvarez@directory"


@pytest.fixture(scope="module")
def provider() -> Iterator[running.Running]:
    with running.provider(f"{BASE}/sso/return", f"{BASE}/sso/signed") as found:
        yield found


@pytest.fixture
def sso(stocked: Database, provider: running.Running, monkeypatch: pytest.MonkeyPatch) -> running.Running:
    """This installation knows the provider."""
    known = replace(
        settings.CONFIGURATION,
        sso_issuer=provider.issuer,
        sso_client_id=running.CLIENT,
        sso_client_secret=running.SECRET,
    )
    monkeypatch.setattr(settings, "CONFIGURATION", known)
    return provider


def linked(*, confirmed: bool = True, subject: str = LOGIN) -> None:
    """Sam enters Ana's account, Uma confirms it."""
    identity.enter_account(people.signed_in(SAM), "ana", subject)
    if confirmed:
        identity.confirm_account(people.signed_in(UMA), "ana")


def come_in(visitor: Visitor, person: running.Person, login: str = LOGIN) -> Any:
    """Signs in through the provider."""
    sent = visitor.get("/sso/sign-in?next=/people")
    assert sent.status_code == 302, visitor.text(sent)
    back = person.goes(sent["Location"], login, f"{BASE}/sso/return")
    return visitor.get(back.removeprefix(BASE))


def put_before(ana: Visitor, *, typed: str = "ana") -> tuple[Record, str]:
    """A CAPA of Ana's, put before her; and the provider's address that her browser is sent to."""
    record = workflow.create_record(people.signed_in(ANA), "capa", DRAFT)
    page = f"/records/{record.number}/steps/submit"
    fields = {"revision": "1", "user_id": typed, "means": "provider"}
    sent = ana.post(f"{page}/put", fields, page=page)
    assert sent.status_code == 302, ana.text(sent)
    return record, sent["Location"]


@pytest.mark.urs("URS-ACC-08", "URS-SIG-06")
def test_an_account_is_one_persons_by_two_others_word(sso: Any, stocked: Database, refused: Any) -> None:
    sam, uma, petra = people.signed_in(SAM), people.signed_in(UMA), people.signed_in(PETRA)
    with refused("not_authorised"):
        identity.enter_account(petra, "ana", LOGIN)
    with refused("own_rights"):
        identity.enter_account(sam, "sam", LOGIN)
    with refused("provider_taken"):
        identity.enter_account(sam, "ana", " \u200b")
    with refused("provider_unknown"):
        identity.confirm_account(uma, "ana")
    linked(confirmed=False)
    with refused("second_person"):
        identity.confirm_account(sam, "ana")
    with refused("provider_taken"):  # one account, one person
        identity.enter_account(sam, "raj", LOGIN)
    with refused("provider_taken"):
        identity.enter_account(sam, "ana", "another")
    people.unconfirm("ana")
    with refused("identity_unverified", urs="URS-UNQ-02"):
        identity.confirm_account(uma, "ana")
    people.confirm(uma, "ana")
    identity.confirm_account(uma, "ana")
    with refused("reason_missing"):
        identity.end_account(sam, "ana", reason="")
    identity.end_account(sam, "ana", reason="left the directory in May")
    with refused("provider_unknown"):
        identity.end_account(sam, "ana", reason="left the directory in May")
    with refused("provider_taken"):  # and for ever
        identity.enter_account(sam, "raj", LOGIN)


@pytest.mark.urs("URS-ACC-08")
def test_a_word_that_does_not_count_and_a_silence_are_refusals_with_their_entry(
    sso: Any, stocked: Database, refused: Any
) -> None:
    linked()
    ana = people.signed_in(ANA)
    with refused("provider_refused"):
        identity.sign_in_by_provider(
            openid.Word("", {}), nonce="n", asked_at=clock(), source="192.0.2.10", channel="web"
        )
    asked = acceptances.put_statement(ana, Components("ana", means="provider"), version=1)
    with refused("provider_silent"):
        putting.give_up(ana, asked.handle, acceptances.PURPOSE, "It did not answer.")


@pytest.mark.urs("URS-ACC-08", "URS-SIG-06")
def test_administrators_enter_confirm_and_take_it_away_on_the_persons_page(sso: Any) -> None:
    sam, uma = signed_in(SAM), signed_in(UMA)
    at, page = "/people/ana/provider-account", "/people/ana"
    assert sam.post(at, {"verb": "enter", "subject": LOGIN}, page=page).status_code == 302
    assert sam.post(at, {"verb": "confirm"}, page=page).status_code == 403
    assert uma.post(at, {"verb": "confirm"}, page=page).status_code == 302
    assert LOGIN in uma.text(uma.get(page))
    assert uma.post(at, {"verb": "end", "reason": ""}, page=page).status_code == 422
    assert uma.post(at, {"verb": "end", "reason": "left the directory"}, page=page).status_code == 302


@pytest.mark.urs("URS-ACC-08")
def test_without_a_provider_nothing_of_it_is_there(stocked: Database, refused: Any, visitor: Visitor) -> None:
    sam = people.signed_in(SAM)
    with refused("provider_absent"):
        identity.enter_account(sam, "ana", LOGIN)
    assert "account at" not in visitor.text(visitor.get("/sign-in"))
    assert visitor.get("/sso/sign-in").status_code == 409


@pytest.mark.urs("URS-ACC-08", "URS-ACC-01")
def test_it_leads_in_whom_two_people_named_and_nobody_else(sso: Any, visitor: Visitor) -> None:
    assert "Sign in with your account at localhost" in visitor.text(visitor.get("/sign-in"))
    assert come_in(visitor, running.Person()).status_code == 401
    linked(confirmed=False)
    assert come_in(visitor, running.Person()).status_code == 401
    identity.confirm_account(people.signed_in(UMA), "ana")
    assert come_in(visitor, running.Person(), "a.alvarez").status_code == 401
    assert come_in(visitor, running.Person())["Location"] == "/people"
    assert Session.objects.latest("id").begun_by.startswith("provider ")
    assert visitor.get("/account/credentials").status_code == 200
    identity.end_account(people.signed_in(SAM), "ana", reason="left the directory in May")
    assert visitor.get("/account/credentials").status_code == 401


@pytest.mark.urs("URS-ACC-08", "URS-SIG-08")
def test_an_answer_asked_for_by_another_browser_signs_nobody_in(sso: Any, visitor: Visitor) -> None:
    linked()
    sent = visitor.get("/sso/sign-in")
    back = running.Person().goes(sent["Location"], LOGIN, f"{BASE}/sso/return").removeprefix(BASE)
    lured = Visitor()
    assert lured.get(back).status_code == 409 and not lured.client.cookies.get("session")
    assert visitor.get(back).status_code == 302
    assert visitor.get(back).status_code == 409  # once
    assert visitor.get("/sso/return?error=access_denied").status_code == 409


@pytest.mark.urs("URS-ACC-08", "URS-SIG-02", "URS-LNK-01")
def test_a_signature_asks_the_provider_anew_for_exactly_what_is_signed(sso: Any, stocked: Database) -> None:
    linked()
    ana, person = Visitor(), running.Person()
    assert come_in(ana, person).status_code == 302
    record, address = put_before(ana)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    back = person.goes(address, LOGIN, f"{BASE}/sso/signed").removeprefix(BASE)
    done = ana.get(back)
    assert done["Location"] == f"/records/{record.number}", ana.text(done)
    signed = Signature.objects.select_related("record", "revision", "person").get()
    assert (signed.components, signed.digest) == ("user_id,provider", asked["nonce"])
    assert signed.evidence["signed_in_said"] == {}
    assert queries.verify_signature(signed) == []
    assert ana.get(back).status_code == 409 and Signature.objects.count() == 1  # replayed
    stocked.superuser("alter table signatures_signature disable trigger user")
    stocked.superuser(
        "update signatures_signature set evidence = jsonb_set(evidence, '{proof,key,n}', '\"AQAB\"')"
    )
    found = Signature.objects.select_related("record", "revision", "person").get()
    assert "identity provider" in {one.part for one in queries.verify_signature(found)}


@pytest.mark.urs("URS-ACC-08", "URS-SIG-06", "URS-SIG-07")
def test_what_the_provider_knows_already_or_of_somebody_else_signs_nothing(
    sso: Any, stocked: Database
) -> None:
    linked()
    ana, person = signed_in(ANA), running.Person()
    come_in(Visitor(), person)  # her session at the provider stands open
    _, address = put_before(ana)
    cached = address.replace("prompt=login&max_age=0", "")
    back = person.goes(cached, LOGIN, f"{BASE}/sso/signed").removeprefix(BASE)
    answer = ana.get(back)
    assert answer.status_code == 422 and "nothing was signed" in ana.text(answer)
    _, address = put_before(ana)
    back = running.Person().goes(address, "somebody.else", f"{BASE}/sso/signed").removeprefix(BASE)
    assert ana.get(back).status_code == 422
    _, address = put_before(ana, typed="petra")
    back = running.Person().goes(address, LOGIN, f"{BASE}/sso/signed").removeprefix(BASE)
    assert ana.get(back).status_code == 422
    _, first = put_before(ana)
    _, second = put_before(ana)
    state = parse_qs(urlsplit(first).query)["state"][0]
    other = parse_qs(urlsplit(second).query)["state"][0]
    back = running.Person().goes(second, LOGIN, f"{BASE}/sso/signed").removeprefix(BASE)
    assert ana.get(back.replace(other, state)).status_code == 503  # its code belongs to the other question
    assert Signature.objects.count() == 0
    causes = stocked.rows(
        "select detail ->> 'cause' from audit.act where rule like '%%signing_failed' order by id"
    )
    assert [row[0] for row in causes] == [
        "the provider does not say that its person signed in anew",
        "account leads to nobody",
        "another id than the signer's",
    ]


@pytest.mark.urs("URS-ACC-08", "URS-SIG-07")
def test_giving_up_at_the_provider_is_told_and_counts_against_nobody(sso: Any, stocked: Database) -> None:
    linked()
    ana = signed_in(ANA)
    record, address = put_before(ana)
    state = parse_qs(urlsplit(address).query)["state"][0]
    answer = ana.get(f"/sso/signed?state={state}&error=access_denied")
    assert answer.status_code == 503 and "access_denied" in ana.text(answer)
    assert record.number in ana.text(answer)
    assert ana.get(f"/sso/signed?state={state}&error=access_denied").status_code == 409
    assert stocked.rows("select failures from identity_lockout where person_id = (select id from identity_person where user_id = 'ana')") == [(0,)]  # fmt: skip
    denied = stocked.rows("select record, object from audit.act where rule like '%%provider_silent'")
    assert denied == [(record.number, "submit")]


@pytest.mark.urs("URS-ACC-08", "URS-POL-01", "URS-UNQ-02", "URS-SIG-01")
def test_who_never_had_a_password_accepts_and_signs_by_the_provider(sso: Any, stocked: Database) -> None:
    """The failure of most products: single sign-on, and then no signature. No administrator knew a secret of Nia's at all."""
    sam, uma = people.signed_in(SAM), people.signed_in(UMA)
    identity.create_person(
        sam,
        Newcomer(user_id="nia", name="Nia Osei", email="nia@acme.example", site="BSL", staff_number="S-77"),
    )
    people.granted("nia", "author")
    identity.enter_account(sam, "nia", "nia@directory")
    people.confirm(uma, "nia")
    identity.confirm_account(uma, "nia")
    nia, person = Visitor(), running.Person()
    assert come_in(nia, person, "nia@directory").status_code == 302
    shown = nia.text(nia.get("/accountability"))
    assert "At localhost" in shown and 'name="password"' not in shown  # she came in by more
    given = {"user_id": "nia", "version": "1", "means": "provider"}
    identity.change_person(sam, "nia", name="Nia Osei-Roth", reason="married, certificate seen")
    assert (
        nia.post("/accountability/put", given, page="/accountability").status_code == 422
    )  # nobody knows who she is now
    people.confirm(uma, "nia")
    sent = nia.post("/accountability/put", {**given, "user_id": ""}, page="/accountability")
    assert sent.status_code == 422 and "type your user id" in nia.text(sent)
    sent = nia.post("/accountability/put", given, page="/accountability")
    back = person.goes(sent["Location"], "nia@directory", f"{BASE}/sso/signed").removeprefix(BASE)
    assert nia.get(back)["Location"] == "/accountability"
    accepted = Acceptance.objects.latest("id")
    assert (accepted.person.user_id, accepted.components) == ("nia", "user_id,provider")
    digest = sha256(accepted.evidence["accepted"].encode()).hexdigest()
    assert openid.holds(accepted.evidence["proof"], nonce=digest, subject="nia@directory") == ""
    session = Session.objects.latest("id")
    actor = actor_of(session.person, session=session.public_id, source="127.0.0.1", channel="web")
    record = workflow.create_record(actor, "capa", DRAFT)
    page = f"/records/{record.number}/steps/submit"
    sent = nia.post(f"{page}/put", {"revision": "1", "user_id": "nia", "means": "provider"}, page=page)
    back = person.goes(sent["Location"], "nia@directory", f"{BASE}/sso/signed").removeprefix(BASE)
    assert nia.get(back)["Location"] == f"/records/{record.number}"
    assert Signature.objects.get().user_id == "nia"
    sent = nia.post("/accountability/put", given, page="/accountability")
    state = parse_qs(urlsplit(sent["Location"]).query)["state"][0]
    answer = nia.get(f"/sso/signed?state={state}&error=access_denied")
    assert answer.status_code == 503 and "Accountability" in nia.text(answer)


@pytest.mark.urs("URS-ACC-08")
def test_a_provider_that_is_not_there_stops_nothing_else(
    sso: Any, stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked()
    gone = replace(settings.CONFIGURATION, sso_issuer=f"http://localhost:{running.free_port()}")
    monkeypatch.setattr(settings, "CONFIGURATION", gone)
    visitor, ana = Visitor(), signed_in(ANA)
    answer = visitor.get("/sso/sign-in")
    assert answer.status_code == 503 and "localhost" in visitor.text(answer)
    record = workflow.create_record(people.signed_in(ANA), "capa", DRAFT)
    page = f"/records/{record.number}/steps/submit"
    answer = ana.post(f"{page}/put", {"revision": "1", "user_id": "ana", "means": "provider"}, page=page)
    assert answer.status_code == 503 and Signature.objects.count() == 0


def decided(**more: Any) -> None:
    """Outside 10.20.0.0/16 more than a password is asked; two of administration have a key."""
    key_of(SAM, UMA)
    key_of(UMA, SAM)
    uma = people.signed_in(UMA, source="10.20.1.7")
    identity.decide_factors(uma, administrators=False, networks=["10.20.0.0/16"], reason=WHY, **more)


@pytest.mark.urs("URS-ACC-08")
@pytest.mark.parametrize(
    ("says", "fine"),
    [
        ("", False),
        (" pwd", False),
        (" pwd acr=https://refeds.org/profile/mfa", False),
        (" pwd,otp", True),
        (" mfa", True),
        (" acr=https://refeds.org/profile/mfa", True),
    ],
)
def test_where_two_factors_are_decided_the_provider_has_to_say_so(sso: Any, says: str, fine: bool) -> None:
    linked()
    decided()
    ana = Visitor()
    assert come_in(ana, running.Person(), LOGIN + says).status_code == 302
    answer = ana.get("/people")
    assert answer.status_code == (200 if fine else 403), ana.text(answer)
    assert ana.get("/account/credentials").status_code == 200  # and there enrols what is missing
    if not fine:
        assert "did not say that it asked you for a second factor" in ana.text(answer)
        assert (
            ana.post("/account/credentials/passkeys/question", page="/account/credentials").status_code == 200
        )


@pytest.mark.urs("URS-ACC-08")
def test_silence_counts_where_the_security_unit_decided_so_and_a_password_alone_never(
    sso: Any, stocked: Database
) -> None:
    linked()
    decided(provider_asks=True)
    silent, single = Visitor(), Visitor()
    come_in(silent, running.Person())
    come_in(single, running.Person(), f"{LOGIN} pwd")
    assert (silent.get("/people").status_code, single.get("/people").status_code) == (200, 403)
    kept = "select detail -> 'said' from audit.act where action = 'session.begin' and detail ? 'said' order by id"
    assert stocked.rows(kept) == [({},), ({"amr": ["pwd"]},)]
    assert [one.said for one in Session.objects.exclude(said=None).order_by("id")] == [{}, {"amr": ["pwd"]}]


@pytest.mark.urs("URS-ACC-08")
def test_a_decision_of_before_that_was_asked_lets_silence_count_until_the_next(
    sso: Any, stocked: Database
) -> None:
    linked()
    decided()
    silent, single = Visitor(), Visitor()
    come_in(silent, running.Person())
    come_in(single, running.Person(), f"{LOGIN} pwd")
    assert silent.get("/people").status_code == 403
    stocked.superuser("alter table identity_factor_rule disable trigger user")
    stocked.superuser("update identity_factor_rule set provider_asks = null")
    stocked.superuser("alter table identity_factor_rule enable trigger user")
    assert (silent.get("/people").status_code, single.get("/people").status_code) == (200, 403)


@pytest.mark.urs("URS-ACC-08")
def test_the_desk_asks_of_the_provider_only_where_there_is_one(sso: Any, monkeypatch: Any) -> None:
    key_of(SAM, UMA)
    key_of(UMA, SAM)
    uma = signed_in(UMA)
    assert "localhost always asks for a second factor" in uma.text(uma.get("/security"))
    given = {"networks": "127.0.0.0/8", "reason": WHY, "provider_asks": "yes"}
    assert uma.post("/security/second-factor", given, page="/security").status_code == 302
    assert "also where it does not say so" in uma.text(uma.get("/security"))
    monkeypatch.setattr(settings, "CONFIGURATION", replace(settings.CONFIGURATION, sso_issuer=""))
    assert "always asks for a second factor" not in uma.text(uma.get("/security"))

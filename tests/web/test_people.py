"""People and rights by pages: two people for strong roles, a one-time secret shown once, one's own password."""

from __future__ import annotations

import re
from html import unescape

import pytest

from indelible.kernel.access import queries as access
from indelible.kernel.audit.queries import clock
from indelible.kernel.identity import actions as identity
from indelible.kernel.signatures.types import SIGNING_KINDS
from tests import people
from tests.access import programs
from tests.conftest import Database
from tests.people import ANA, INES, PETRA, RAJ, SAM, TOM, UMA
from tests.web.conftest import Visitor, signed_in
from tests.web.test_records import nothing_changed

NELA = {"user_id": "nela", "name": "Nela Horvat", "email": "nela@acme.example", "site": "BSL"}


@pytest.fixture
def sam(stocked: Database) -> Visitor:
    return signed_in(SAM)


@pytest.mark.urs("URS-CRD-03", "URS-AUT-04", "URS-ACC-05")
def test_a_newcomer_from_account_to_first_page(sam: Visitor) -> None:
    assert sam.post("/people/new", NELA, page="/people/new").headers["Location"] == "/people/nela"
    early = sam.post("/people/nela/secret", {"reason": "first day at work"}, page="/people/nela")
    assert early.status_code == 422 and "URS-UNQ-02" in sam.text(early)
    assert "not confirmed" in sam.text(sam.get("/people/nela"))
    seen = {"method": "passport", "reference": "passport seen, HR-9", "verified_on": "2026-01-05"}
    officer = signed_in(UMA)
    lacking = officer.post("/people/nela/identity", {**seen, "verified_on": "soon"}, page="/people/nela")
    assert lacking.status_code == 422 and "passport seen, HR-9" in officer.text(lacking)
    assert officer.post("/people/nela/identity", seen, page="/people/nela").status_code == 302
    assert "passport seen, HR-9" in officer.text(officer.get("/people/nela"))
    assert "passport seen, HR-9" not in signed_in(ANA).text(signed_in(ANA).get("/people/nela"))
    page = sam.text(sam.post("/people/nela/secret", {"reason": "first day at work"}, page="/people/nela"))
    secret = re.search(r'class="mono"><strong>([^<]+)<', page)
    assert secret is not None and secret[1] not in sam.text(sam.get("/people/nela"))
    grant = {"role": "qa_approver", "reason": "joins quality assurance"}
    assert sam.post("/people/nela/grants", grant, page="/people/nela").status_code == 302
    assert "waits for a second person" in sam.text(sam.get("/people/nela"))
    uma = signed_in(UMA)
    place = re.search(r'action="(/people/nela/grants/\d+)"', uma.text(uma.get("/people")))
    assert place is not None
    own = sam.post(place[1], {"decision": "approve"}, page="/people")
    assert own.status_code == 403 and "URS-AUT-04" in sam.text(own)
    assert uma.post(place[1], {"decision": "approve"}, page="/people").status_code == 302
    nela = Visitor()
    nela.post("/sign-in", {"user_id": "nela", "password": secret[1]})
    assert nela.get("/").headers["Location"] == "/account/password"
    said = {
        "password": secret[1],
        "new_password": "green lanterns over calm water",
        "new_password_again": "green lanterns over calm water",
    }
    for wrong in (
        {"new_password_again": "something else"},
        {"new_password": "short", "new_password_again": "short"},
        {"password": "no"},
    ):
        answer = nela.post("/account/password", {**said, **wrong}, page="/account/password")
        assert answer.status_code == 422 and "Nothing was changed." in nela.text(answer)
    assert nela.post("/account/password", said, page="/account/password").status_code == 302
    assert "Nela Horvat" in nela.text(nela.get("/")) and "QA approver" in nela.text(nela.get("/"))


@pytest.mark.urs("URS-UNQ-01", "URS-ACC-02")
@pytest.mark.parametrize(
    "wrong", [{"user_id": "ANA"}, {"name": "QC Laboratory"}, {"email": "x"}, {"name": ""}]
)
def test_accounts_that_are_not_opened(sam: Visitor, stocked: Database, wrong: dict[str, str]) -> None:
    with nothing_changed(stocked):
        answer = sam.post("/people/new", {**NELA, **wrong}, page="/people/new")
    assert (answer.status_code == 422 and "nela@acme.example" in sam.text(answer)) or "email" in wrong


@pytest.mark.urs("URS-AUT-01")
def test_buttons_and_verbs_of_administration(stocked: Database) -> None:
    ana = signed_in(ANA)
    assert "Give a role" not in ana.text(ana.get("/people/tom"))
    with nothing_changed(stocked):
        for path, fields in (
            ("/people/new", NELA),
            ("/people/tom/grants", {"role": "author", "reason": "he asked me to"}),
            ("/people/tom/secret", {"reason": "he asked me to"}),
            ("/people/tom/account", {"verb": "deactivate", "reason": "he asked me to"}),
        ):
            answer = ana.post(path, fields, page="/people/tom")
            assert answer.status_code == 403 and "URS-AUT-01" in ana.text(answer), path


@pytest.mark.urs("URS-ACC-03", "URS-ACC-07")
def test_an_account_is_locked_unlocked_and_ended(sam: Visitor) -> None:
    tom = Visitor()
    for _ in range(5):
        tom.sign_in(TOM, "not the one")
    assert tom.sign_in(TOM).status_code == 401
    assert "locked" in sam.text(sam.get("/people/tom"))
    said = {"verb": "unlock", "reason": "she mistyped it after her holiday"}
    unsaid = sam.post("/people/tom/account", said, page="/people/tom")
    assert unsaid.status_code == 422
    assert "URS-ACC-07" in sam.text(unsaid) and "how you confirmed that it is Tom" in sam.text(unsaid)
    assert tom.sign_in(TOM).status_code == 401
    said |= {"confirmed": "called_back"}
    assert sam.post("/people/tom/account", said, page="/people/tom").status_code == 302
    assert tom.sign_in(TOM).status_code == 302
    told = "called back at the number that the company holds"
    assert told in sam.text(sam.get("/people/tom")) and told not in tom.text(tom.get("/people/tom"))
    assert "called_back" in sam.text(sam.get("/audit-trail?action=account.unlock"))
    ended = {"verb": "deactivate", "reason": "left the company"}
    assert sam.post("/people/tom/account", ended, page="/people/tom").status_code == 302
    assert tom.get("/").status_code == 401 and "inactive" in sam.text(sam.get("/people/tom"))
    back = {"verb": "reactivate", "reason": "came back to the company"}
    assert sam.post("/people/tom/account", back, page="/people/tom").status_code == 302


def test_an_ended_role_is_gone_at_once(sam: Visitor) -> None:
    ana = signed_in(ANA)
    place = re.search(r'action="(/people/ana/grants/\d+)"', sam.text(sam.get("/people/ana")))
    assert place is not None
    assert (
        sam.post(
            place[1], {"decision": "end", "reason": "moved to another department"}, page="/people/ana"
        ).status_code
        == 302
    )
    assert "Open a record" not in ana.text(ana.get("/processes/deviation"))


@pytest.mark.urs("URS-AUD-11")
def test_the_inspector_filters_the_trail(stocked: Database) -> None:
    ines = signed_in(INES)
    shown = ines.text(ines.get("/audit-trail?person=sam&action=person.create&sort=oldest"))
    assert (
        "Sam Okafor" in shown and "Account opened" in shown and "Signed in" not in shown.split("<tbody>")[1]
    )
    assert "No entries" in ines.text(ines.get("/audit-trail?from=1999-01-01&to=1999-12-31"))
    assert "A day is written as" in ines.text(ines.get("/audit-trail?from=03/04/25"))
    odd = ines.get("/audit-trail?cursor=nonsense")
    assert "Nothing was changed" in ines.text(odd)


@pytest.mark.urs("URS-VAL-08")
def test_about_claims_nothing_that_nobody_earned(sam: Visitor) -> None:
    shown = sam.text(sam.get("/about"))
    assert "No validated state recorded: not yet for regulated use" in shown
    assert "all in place" in shown and "cannot alter the trail" in shown


@pytest.mark.urs("URS-UNQ-04")
def test_about_classes_each_kind_of_signature_and_calls_none_biometric(sam: Visitor) -> None:
    shown = unescape(sam.text(sam.get("/about")))
    for kind in SIGNING_KINDS:
        assert f">{kind.title}<" in shown and f">{kind.components}<" in shown
        assert f"no. {kind.not_biometric}" in shown
    assert len(SIGNING_KINDS) == 3  # all that `Components` can carry: password, passkey, provider


@pytest.mark.urs("URS-AUD-02")
def test_every_page_says_when_a_protection_is_missing(sam: Visitor, stocked: Database) -> None:
    stocked.superuser("alter table records_record disable trigger all")
    shown = sam.text(sam.get("/people"))
    assert "Nothing can be written now" in shown and "records_record" in shown
    assert sam.get("/readyz").status_code == 503


@pytest.mark.urs("URS-POL-01", "URS-POL-02")
def test_the_accountability_statement_is_read_accepted_and_published_on_its_page(stocked: Database) -> None:
    ana, petra = signed_in(ANA), signed_in(PETRA)
    page = ana.text(ana.get("/accountability"))
    assert (
        "accepted" in page and "Publish a new version" not in page and "Who has not accepted it" not in page
    )
    text = (
        "I answer for every action under my electronic signature, which binds like my handwritten one, alone."
    )
    new = {"text": text, "grace_days": "0", "reason": "new wording by legal"}
    short = petra.post(
        "/accountability/statements", {**new, "text": "short", "grace_days": "x"}, page="/accountability"
    )
    assert short.status_code == 422 and "URS-POL-02" in petra.text(short)
    assert petra.post("/accountability/statements", new, page="/accountability").status_code == 302
    assert "Ana Alvarez" in petra.text(petra.get("/accountability"))
    assert "version 2 was published since" in ana.text(ana.get("/accountability"))
    given = {"version": "2", "user_id": "ana", "password": ANA.password}
    wrong = ana.post("/accountability", {**given, "password": "not this one at all"}, page="/accountability")
    assert wrong.status_code == 422 and "URS-SIG-07" in ana.text(wrong)
    assert ana.post("/accountability", given, page="/accountability").status_code == 302
    assert "Ana Alvarez" not in petra.text(petra.get("/accountability"))


@pytest.mark.urs("URS-ACC-05")
def test_the_access_list_of_a_day_has_roles_with_their_site_classes_and_programs(stocked: Database) -> None:
    assert signed_in(ANA).get("/people/access").status_code == 403
    programs.program(ANA)
    identity.open_class(people.signed_in(PETRA), "tom", "CELL", reason="works on the cell bank")
    identity.change_person(people.signed_in(SAM), "raj", site="SIN", reason="works in Singapore now")
    people.granted("raj", "reviewer")
    ines = signed_in(INES)
    text = ines.text(ines.get("/people/access"))
    for told in (
        "Author",
        "BSL",
        "SIN",
        "CELL",
        "Confidentiality class",
        "Program",
        "Sam Okafor, Uma Lindqvist",
    ):
        assert told in text
    wrong = ines.get("/people/access?as_of=yesterday")
    assert wrong.status_code == 422 and "This is no day" in ines.text(wrong)
    assert "Nobody held one then" in ines.text(ines.get("/people/access?as_of=2020-01-05"))
    told = [one.scope for one in access.access_list(people.signed_in(INES), clock()) if one.user_id == "raj"]
    assert told == ["SIN"]
    listed = ines.text(ines.get("/people"))
    assert 'href="/people/access"' in listed


@pytest.mark.urs("URS-ACC-02", "URS-ACC-05", "URS-UNQ-01")
def test_a_new_name_and_a_move_by_page(stocked: Database) -> None:
    sam, uma, page = signed_in(SAM), signed_in(UMA), "/people/raj"
    assert "Change name, site or time zone" in sam.text(sam.get(page))
    assert "Change name, site or time zone" not in uma.text(uma.get(page))
    same = {"new_name": RAJ.name, "new_site": "BSL", "new_zone": "Europe/Zurich"}
    lacking = sam.post(f"{page}/details", {**same, "new_name": "Raj Rao", "change_reason": ""}, page=page)
    assert lacking.status_code == 422 and 'value="Raj Rao"' in sam.text(lacking)
    taken = sam.post(
        f"{page}/details", {**same, "new_name": ANA.name, "change_reason": "married in May"}, page=page
    )
    assert taken.status_code in (409, 422) and "URS-MAN-02" in sam.text(taken)
    renamed = {**same, "new_name": "Raj Rao", "change_reason": "married in May"}
    assert sam.post(f"{page}/details", renamed, page=page).status_code == 302
    shown = sam.text(sam.get(page))
    assert "Raj Rao" in shown and "not confirmed" in shown and "Reviewer" in shown
    moved = {**renamed, "new_site": "SIN", "change_reason": "moves to Singapore"}
    assert sam.post(f"{page}/details", moved, page=page).status_code == 302
    assert "No role: the account can read" in sam.text(sam.get(page))
    assert uma.post(f"{page}/details", moved, page=page).status_code == 403


@pytest.mark.urs("URS-MAN-02")
def test_who_proposed_and_allowed_is_told_by_name(sam: Visitor) -> None:
    programs.allowed(ANA)
    grant = {"role": "operator", "reason": "joins the line"}
    assert sam.post("/people/ana/grants", grant, page="/people/ana").status_code == 302
    for path in ("/people", "/people/ana"):
        page = sam.text(sam.get(path))
        assert "roposed by Sam Okafor" in page and "roposed by sam" not in page, path
    page = sam.text(sam.get("/people/ana"))
    assert "by Sam Okafor" in page and not re.search(r"\bby sam\b", page)


def test_a_reason_typed_in_one_form_stands_in_no_other(sam: Visitor) -> None:
    """A reason for a one-time secret, refused, must not close an account."""
    said = "she forgot it on holiday"
    shown = sam.text(sam.post("/people/uma/secret", {"reason": said}, page="/people/uma"))
    assert "URS-ACC-03" in shown
    fields = re.findall(r'<input[^>]*\bname="reason"[^>]*>', shown)
    assert len(fields) > 2 and [one for one in fields if said in one] == [
        one for one in fields if 'id="s-reason"' in one
    ]
    denied = {"verb": "deactivate", "reason": "left the company in May"}
    shown = sam.text(sam.post("/people/uma/account", denied, page="/people/uma"))
    assert [
        "a-reason" in one for one in re.findall(r"<input[^>]*>", shown) if "left the company in May" in one
    ] == [True]

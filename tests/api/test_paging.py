"""Lists that grow come in pages: all of it once, in order, by cursors that no other list takes (interface.md, section 4)."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from indelible.kernel.audit.paging import Order, cursor_of, moment_of
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity.models import Person
from tests.access import programs
from tests.api.calling import Caller
from tests.api.deviations import opened, step
from tests.people import ANA, CAST, INES, PETRA, SAM, UMA, signed_in
from tests.web.conftest import signed_in as visiting

LISTS = (
    "/people",
    "/grants",
    "/access",
    "/notices",
    "/delegations",
    "/terminals",
    "/accountability/missing",
    "/people/tom/passkeys",
    "/people/tom/machine-credentials",
    "/people/tom/exceptions",
    "/people/tom/identity-verifications",
)
SHORT = (
    "/roles",
    "/sites",
    "/sessions",
    "/source-rules",
    "/certifications",
    "/processes",
    "/people/tom/classes",
)


def walked(caller: Caller, path: str, limit: int, **first: str) -> list[list[dict[str, Any]]]:
    """The pages of a list, by following `next`."""
    pages, cursor = [], ""
    while cursor is not None:
        said = "&".join(
            f"{name}={value}" for name, value in {"limit": limit, "cursor": cursor, **first}.items()
        )
        answer = caller.get(f"{path}?{said}")
        assert answer.status == 200, answer
        pages.append(answer.body["items"])
        cursor = answer.body["next"]
        assert cursor is None or (cursor and len(pages[-1]) == limit)
        assert len(pages) < 100
    return pages


@pytest.mark.urs("URS-AUD-11")
@pytest.mark.parametrize("path", LISTS)
def test_a_cursor_that_the_list_never_gave_out_is_refused(stocked: Any, path: str) -> None:
    ines = Caller(INES)
    half = base64.urlsafe_b64encode(json.dumps(["people", "x" * 70 + "\ud800", 1]).encode()).decode()
    for cursor in (
        "nonsense",
        cursor_of("another list", 1),
        cursor_of("people", "Ana\x00", 1),
        half.rstrip("="),
    ):
        assert ines.get(f"{path}?cursor={cursor}").is_problem(400, "URS-AUD-11"), cursor
    assert ines.get(f"{path}?limit=0").is_problem(400)
    assert ines.get(f"{path}?limit=501").is_problem(400)
    assert ines.get(f"{path}?offset=3").is_problem(400)


@pytest.mark.parametrize("path", SHORT)
def test_short_lists_are_whole(stocked: Any, path: str) -> None:
    assert Caller(INES).get(path).body["next"] is None


def test_all_people_come_once_by_name_in_pages(stocked: Any) -> None:
    ines = Caller(INES)
    pages = walked(ines, "/people", 4)
    assert [len(page) for page in pages] == [4, 4, len(CAST) - 8]
    told = [person for page in pages for person in page]
    assert sorted(p["user_id"] for p in told) == sorted(p.user_id for p in CAST)
    assert told == ines.get("/people").body["items"]
    raj = next(p for p in told if p["user_id"] == "raj")
    assert raj == ines.get("/people/raj").body and raj["roles"]


def test_who_comes_or_changes_meanwhile_hides_and_repeats_nobody(stocked: Any) -> None:
    ines, sam = Caller(INES), Caller(SAM)
    first = ines.get("/people?limit=4").body
    new = {"user_id": "aaron", "name": "Aaron Aas", "email": "aaron@acme.example", "site": "BSL"}
    assert sam.post("/people", new).status == 201
    rest = ines.get(f"/people?limit=500&cursor={first['next']}").body["items"]
    told = [person["user_id"] for person in [*first["items"], *rest]]
    assert sorted(told) == sorted(p.user_id for p in CAST)


def test_the_longest_name_fits_a_cursor(stocked: Any) -> None:
    sam, letter = Caller(SAM), "\U00020000"
    for n in range(2):
        name = letter * 118 + "一二"[n]
        made = sam.post(
            "/people", {"user_id": f"long{n}", "name": name, "email": f"l{n}@acme.example", "site": "BSL"}
        )
        assert made.status == 201, made
    assert [len(page) for page in walked(sam, "/people", 1, q="long")] == [1, 1]


def test_rights_of_one_moment_come_in_pages_whatever_is_granted_meanwhile(stocked: Any) -> None:
    ines = Caller(INES)
    whole = ines.get("/access").body["items"]
    first = ines.get("/access?limit=2").body
    grant = Caller(SAM).post("/grants", {"user_id": "ana", "role": "operator", "reason": "joins the line"})
    assert Caller(UMA).post(f"/grants/{grant.body['id']}/approval").status == 200
    told, cursor = list(first["items"]), first["next"]
    while cursor:
        page = ines.get(f"/access?limit=2&cursor={cursor}").body
        assert page["as_of"] == first["as_of"] and len(page["items"]) <= 2
        told, cursor = told + page["items"], page["next"]
    assert told == whole
    other = ines.get(f"/access?as_of=2026-01-01T00:00:00Z&cursor={first['next']}")
    assert other.is_problem(400, "URS-AUD-11")
    assert len(ines.get("/access").body["items"]) == len(whole) + 1


@pytest.mark.urs("URS-ACC-05")
def test_who_is_renamed_between_pages_of_the_access_list_keeps_every_right(stocked: Any) -> None:
    """Of a past moment nothing changes but the names that are printed now."""
    ines, sam = Caller(INES), Caller(SAM)
    programs.program(ANA)
    identity.open_class(signed_in(PETRA), "ana", "CELL", reason="works on the cell bank")
    whole = [(row["user_id"], row["kind"], row["role"]) for row in ines.get("/access").body["items"]]
    assert len(set(whole)) == len(whole) and [one[:2] for one in whole] == sorted(one[:2] for one in whole)
    for limit, name in ((2, "Aaa Aaronson"), (1, "Zoe Zimmer")):
        told, cursor = [], ""
        while cursor is not None:
            page = ines.get(f"/access?limit={limit}&cursor={cursor}").body
            told += [(row["user_id"], row["kind"], row["role"]) for row in page["items"]]
            if not cursor:
                for user_id in ("ana", "tom"):
                    changed = {"name": f"{name} {user_id.title()}", "reason": "married in July this year"}
                    assert sam.patch(f"/people/{user_id}", changed).status == 200
            cursor = page["next"]
        assert told == whole


MOMENTS = (
    "0001-01-01T00:00:00+23:59",
    "0001-01-01T00:00:00+00:00",
    "9999-12-31T23:59:59-23:59",
    "9999-12-31T23:59:59+00:00",
    "2026-01-01T00:00:00",
    "yesterday",
    "",
)


@pytest.mark.urs("URS-AUD-11")
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_moment_that_no_list_holds_is_a_foreign_cursor_at_api_and_page(stocked: Any, moment: str) -> None:
    cursor = cursor_of("rights", moment, "ana", "role", 1)
    assert Caller(INES).get(f"/access?cursor={cursor}").is_problem(400, "URS-AUD-11")
    assert (
        Caller(INES)
        .get(f"/records?sort=updated&cursor={cursor_of('updated', moment, 1)}")
        .is_problem(400, "URS-AUD-11")
    )
    ines = visiting(INES)
    answer = ines.get(f"/people/access?cursor={cursor}")
    assert answer.status_code == 400 and "first page" in ines.text(answer)


@pytest.mark.urs("URS-AUD-11")
@pytest.mark.parametrize("offset", ["+23:59", "+16:00", "-16:00", "-23:59"])
def test_a_moment_of_an_offset_that_the_database_lacks_is_the_same_in_utc(stocked: Any, offset: str) -> None:
    cursor = cursor_of("rights", f"2020-01-02T00:00:00{offset}", "ana", "role", 1)
    answer = Caller(INES).get(f"/access?cursor={cursor}")
    assert answer.status == 200 and answer.body["items"] == [], answer
    assert visiting(INES).get(f"/people/access?cursor={cursor}").status_code == 200
    assert moment_of(f"2020-01-02T00:00:00{offset}").utcoffset() == timedelta(0)


def test_proposals_confirmations_and_programs_come_in_pages(stocked: Any) -> None:
    sam = signed_in(SAM)
    for role in ("author", "operator", "verifier"):
        identity.propose_grant(sam, "tom", role, reason="starts work on the line")
    assert [[p["role"] for p in page] for page in walked(Caller(SAM), "/grants", 2)] == [
        ["author", "operator"],
        ["verifier"],
    ]
    for label in ("reader one", "reader two"):
        programs.allowed(ANA, label=label)
    told = walked(Caller(ANA), "/people/ana/machine-credentials", 1)
    assert [[one["label"] for one in page] for page in told] == [["reader two"], ["reader one"]]


def test_who_has_not_accepted_comes_in_pages(stocked: Any) -> None:
    uma = Caller(UMA)
    published = uma.post(
        "/accountability/statements",
        {
            "text": "I answer for what I sign, whole and true. " * 3,
            "grace_days": 0,
            "reason": "the policy was revised",
        },
    )
    assert published.status == 201, published
    pages = walked(uma, "/accountability/missing", 3)
    told = [one["user_id"] for page in pages for one in page]
    assert len(pages) > 2 and len(set(told)) == len(told)
    assert told == [one["user_id"] for one in uma.get("/accountability/missing").body["items"]]


def test_an_order_goes_on_behind_a_row_of_several_columns(stocked: Any) -> None:
    order = Order("by status", {"status": str, "name": str, "pk": int}, falling=True)
    everybody = list(Person.objects.order_by(*order.columns))
    found, cursor = [], ""
    while cursor is not None:
        page = order.page(Person.objects.all(), cursor, 3)
        found, cursor = found + list(page.items), page.next
    assert found == everybody and len(found) == len(CAST)


def test_revisions_and_signatures_of_a_record_come_in_pages(stocked: Any) -> None:
    ana = Caller(ANA)
    number = opened(ana).body["number"]
    for revision in (1, 2):
        body = {"fields": {"area": f"Line {revision}"}, "reason": "wrong line was typed"}
        assert ana.patch(f"/records/{number}", body, if_match=f'"{revision}"').status == 200
    pages = walked(ana, f"/records/{number}/revisions", 2)
    assert [[one["revision"] for one in page] for page in pages] == [[1, 2], [3]]
    signed = step(
        ana,
        number,
        "report",
        meaning="Responsibility for the report",
        password=ANA.password,
        user_id=ANA.user_id,
    )
    assert signed.status == 200, signed
    (told,) = walked(ana, f"/records/{number}/signatures", 1)
    assert told[0]["user_id"] == "ana"
    at = cursor_of("signatures", told[0]["id"])
    assert ana.get(f"/records/{number}/signatures?cursor={at}").body == {"items": [], "next": None}
    for path in ("revisions", "signatures"):
        assert ana.get(f"/records/{number}/{path}?cursor={cursor_of('people', 1)}").is_problem(
            400, "URS-AUD-11"
        )

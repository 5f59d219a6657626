"""What a page costs: queries do not grow with the number of records or entries (issue 2, measured b)."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from indelible.kernel.access import queries as access
from indelible.kernel.audit.actions import act
from indelible.kernel.audit.queries import clock
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import skeletons
from indelible.kernel.identity.events import PERSON_CREATE, ROLE_APPROVE
from indelible.kernel.identity.models import Grant, GrantDecision, Lockout, Person, Site
from indelible.web.pages import people
from tests.conftest import Database
from tests.people import CAST, PETRA, SAM, UMA
from tests.people import signed_in as people_signed_in
from tests.web.conftest import Visitor, signed_in
from tests.web.test_walk import open_deviation


def queries(path: str, person: Visitor) -> list[str]:
    with CaptureQueriesContext(connection) as caught:
        assert person.get(path).status_code == 200
    return [query["sql"][:160] for query in caught.captured_queries]


@pytest.mark.parametrize("path", ["/", "/processes/deviation", "/search?q=freezer", "/audit-trail"])
def test_lists_cost_the_same_whatever_their_length(stocked: Database, path: str) -> None:
    petra = signed_in(PETRA)
    open_deviation(petra)
    few = queries(path, petra)
    for _ in range(4):
        open_deviation(petra)
    assert len(queries(path, petra)) <= len(few) + 1


def test_a_record_page_costs_at_most_twelve_queries(stocked: Database) -> None:
    petra = signed_in(PETRA)
    record = open_deviation(petra)
    api = f"/api/v1{record}"
    for path in (record, api):
        petra.get(path)
        said = queries(path, petra)
        assert len(said) <= 12, said


def test_the_list_of_people_costs_the_same_however_many(
    stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    petra = signed_in(PETRA)
    petra.get("/people")
    one, all_of_them = queries("/people?q=Petra", petra), queries("/people", petra)
    assert len(all_of_them) <= len(one), all_of_them
    monkeypatch.setattr(people, "SHOWN", 4)
    seen, path, pages = [], "/people", 0
    while path:
        text = petra.text(petra.get(path))
        seen += re.findall(r'data-label="User id" class="number">([^<]+)<', text)
        following = re.search(r'href="([^"]+)"[^>]*>More', text)
        path, pages = (unescape(following[1]) if following else ""), pages + 1
    assert pages == -(-len(CAST) // 4) and sorted(seen) == sorted(p.user_id for p in CAST)
    assert petra.get("/people?page=zero").status_code == petra.get("/people?page=99").status_code == 200
    assert 'page=1"' in petra.text(petra.get("/people?page=2"))


@pytest.mark.urs("URS-ACC-05")
@pytest.mark.parametrize("path", ["/people", "/api/v1/grants"])
def test_proposals_cost_the_same_however_many_wait(stocked: Database, path: str) -> None:
    sam, petra = people_signed_in(SAM), signed_in(PETRA)
    identity.propose_grant(sam, "tom", "author", reason="joins the line in May")
    petra.get(path)
    one = queries(path, petra)
    for user_id, role in (("tom", "operator"), ("raj", "operator"), ("lin", "verifier"), ("ana", "operator")):
        identity.propose_grant(sam, user_id, role, reason="joins the line in May")
    assert len(queries(path, petra)) == len(one), queries(path, petra)


PEOPLE = 2_000
BYTES = 120_000
"""Of a page of a list, before compression."""


@pytest.mark.urs("URS-ACC-03")
def test_with_two_thousand_people_the_pages_of_people_stay_small(stocked: Database) -> None:
    crowd(PEOPLE)
    uma = signed_in(UMA)
    for path in ("/people", "/people?page=3", "/people?q=Crowd", "/people/access", "/accountability"):
        uma.get(path)
        answer, said = uma.get(path), queries(path, uma)
        assert len(answer.content) < BYTES, (path, len(answer.content))
        assert len(said) < 20, said
    found = uma.text(uma.get("/people?q=crowd 1999"))
    assert "crowd.1999" in found and "crowd.1998" not in found
    rights, path = 0, "/people/access"
    while path:
        text = uma.text(uma.get(path))
        rights += text.count('data-label="Right"')
        following = re.search(r'href="([^"]+)"[^>]*>More', text)
        path = unescape(following[1]) if following else ""
    assert rights == len(access.access_list(people_signed_in(UMA), clock()))
    assert uma.get("/people/access?cursor=nonsense").status_code == 400


def crowd(number: int) -> None:
    """So many people beside the cast, by one act, each with a role."""
    sam = people_signed_in(SAM)
    site = Site.objects.get(code="BSL")
    with act(sam, PERSON_CREATE, object="person:crowd") as opened:
        made = Person.objects.bulk_create(
            Person(
                user_id=f"crowd.{n}",
                skeleton=skeletons.skeleton(f"crowd.{n}"),
                name=f"Crowd {n}",
                name_skeleton=skeletons.skeleton(f"Crowd {n}"),
                email=f"crowd.{n}@acme.example",
                email_key=f"crowd.{n}@acme.example",
                site=site,
                zone=site.zone,
            )
            for n in range(number)
        )
        Lockout.objects.bulk_create(Lockout(person=one) for one in made)
        granted = Grant.objects.bulk_create(
            Grant(person=one, role="author", proposed_by="sam", proposed_at=clock(), act=opened.id)
            for one in made
        )
    with act(people_signed_in(UMA), ROLE_APPROVE, object="person:crowd") as opened:
        GrantDecision.objects.bulk_create(
            GrantDecision(grant=one, decision=GrantDecision.APPROVED, by="uma", at=clock(), act=opened.id)
            for one in granted
        )

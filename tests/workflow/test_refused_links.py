"""A refused link tells nobody of a record they may not know of: neither its number nor that there is one (URS-AUT-06)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from indelible.exports import actions as copies
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.records import queries as records
from indelible.kernel.records import trail
from indelible.kernel.records.slice import entries_of
from indelible.kernel.records.types import TrailFilter
from indelible.kernel.workflow import actions as workflow
from tests.api.calling import Caller
from tests.conftest import Database
from tests.people import ANA, OMAR, PETRA, UMA, TestPerson, signed_in
from tests.web.conftest import signed_in as visitor
from tests.workflow.carrying import Hand
from tests.workflow.test_confidentiality import FIRST, WHY, confined

pytestmark = pytest.mark.urs("URS-AUT-06")
NOWHERE = "DEV-2026-9999"


@pytest.fixture
def linked(stocked: Database) -> tuple[str, str]:
    """A record anybody may see, and a confidential one: linked once, and twice refused since, as it is with a third; their numbers."""
    hidden, ana = confined(), signed_in(ANA)
    seen, other = (Hand(ANA).create("deviation", FIRST).number for _ in range(2))
    for to, refusals in ((hidden, 2), (other, 1)):
        workflow.link_records(ana, seen, "related", to, reason=WHY)
        for _ in range(refusals):
            with pytest.raises(Refusal):
                workflow.link_records(ana, seen, "related", to)
    return seen, hidden


def acts(person: TestPerson, **wanted: Any) -> list[tuple[str, str, str]]:
    found = trail.entries(signed_in(person), TrailFilter(**wanted))
    return [(one["outcome"], one["object"], one["rule"]) for one in found if one["action"] == "record.link"]


def test_a_refused_link_does_not_name_the_record_behind_it(linked: tuple[str, str]) -> None:
    seen, hidden = linked
    told = acts(OMAR, record=seen)
    assert [outcome for outcome, _, _ in told] == ["denied", "done", "denied", "denied", "done"]
    assert [bool(one) for _, one, _ in told] == [True, True, False, False, False]
    assert hidden not in str(told)
    assert {one for _, one, _ in acts(ANA, record=seen)} >= {hidden}
    assert [one for _, one, _ in acts(PETRA, record=seen)].count(hidden) == 3


def test_a_search_for_its_number_finds_nothing(linked: tuple[str, str]) -> None:
    _, hidden = linked
    assert acts(OMAR, q=hidden) == [] and acts(UMA, q=hidden) == []
    assert trail.count(signed_in(OMAR), TrailFilter(q=hidden)) == 0
    assert len(acts(PETRA, q=hidden)) == 3
    assert Caller(OMAR).get(f"/audit-trail?q={hidden}").body["items"] == []


def test_neither_page_nor_program_nor_copy_tells_it(linked: tuple[str, str]) -> None:
    seen, hidden = linked
    omar, petra = visitor(OMAR), visitor(PETRA)
    pages = (f"/records/{seen}", f"/records/{seen}/audit-trail", f"/audit-trail?q={hidden[:-1]}")
    for page in pages:
        assert hidden not in omar.text(omar.get(page)).replace(f'value="{hidden[:-1]}"', ""), page
    assert hidden in petra.text(petra.get(pages[1]))
    caller = Caller(OMAR)
    for path in (f"/records/{seen}", f"/records/{seen}/audit-trail", "/audit-trail"):
        answer = caller.get(path)
        assert answer.status == 200 and hidden not in json.dumps(answer.body), path
    made = copies.electronic_copy(signed_in(OMAR), seen)
    assert hidden not in json.dumps(made, default=str)


def test_what_leaves_of_the_ledger_leaves_out_what_would_name_it(linked: tuple[str, str]) -> None:
    seen, hidden = linked
    for person, named in ((OMAR, 0), (PETRA, 3)):
        actor = signed_in(person)
        entries = [one[0] for one in entries_of(actor, [records.get(actor, seen)], []) if not one[2]]
        found = [one["id"] for one in trail.entries(signed_in(PETRA), TrailFilter(q=hidden))]
        assert len(set(found) & set(entries)) == named, person.user_id


def test_whether_there_is_such_a_record_is_not_told_either(linked: tuple[str, str], refused: Any) -> None:
    """Who watches the whole trail and is not cleared: the words typed look alike, whether they name a record or none."""
    seen, hidden = linked
    omar = signed_in(OMAR)
    for number in (hidden, NOWHERE):
        with refused("not_there"):
            workflow.link_records(omar, seen, "related", number)
    told = [one for one in acts(UMA) if one[2] == "URS-AUT-06"]
    assert {one for _, one, _ in told} == {hidden, NOWHERE}  # as Omar typed them, who was not told either
    assert [one for _, one, _ in acts(UMA) if one == hidden] == [hidden]


def test_a_class_that_opens_later_shows_it(linked: tuple[str, str]) -> None:
    seen, hidden = linked
    identity.open_class(signed_in(PETRA), "omar", "HR", reason=WHY)
    assert [one for _, one, _ in acts(OMAR, record=seen)].count(hidden) == 3

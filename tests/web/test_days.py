"""Days are typed and shown in one form that nobody reads two ways, YYYY-MM-DD; anything else is refused and told so (URS-TIM-04)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

import indelible.web
from indelible.kernel.workflow import actions as workflow
from tests import people
from tests.api.deviations import FIRST
from tests.conftest import Database
from tests.people import ANA, INES, PETRA, SAM
from tests.web.conftest import signed_in

pytestmark = pytest.mark.urs("URS-TIM-04")
WHY = "covers the change of shifts in May"
UNREADABLE = ("03/04/25", "4 March", "2026-02-30")
BY_ADMINISTRATION: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("/people/ana/grants", "until", {"role": "reviewer", "site": ""}),
    ("/people/ana/exception", "ends_on", {"verb": "declare"}),
    (
        "/people/ana/machine-credentials",
        "expires_on",
        {"verb": "allow", "label": "Balance", "processes": ["deviation"], "operations": ["create"]},
    ),
)


def test_no_page_leaves_the_form_of_a_day_to_the_browser() -> None:
    templates = Path(indelible.web.__file__).parent / "templates"
    found = [page.name for page in templates.rglob("*.html") if 'type="date' in page.read_text()]
    assert found == []


@pytest.mark.parametrize("day", UNREADABLE)
def test_administration_is_told_how_a_day_is_written(stocked: Database, day: str) -> None:
    sam, before = signed_in(SAM), _told(stocked)
    for place, name, given in BY_ADMINISTRATION:
        answer = sam.post(place, {**given, name: day, "reason": WHY}, page="/people/ana")
        told = sam.text(answer)
        assert answer.status_code == 422 and "written as YYYY-MM-DD" in told, place
        assert f'value="{day}"' in told, "what was typed stands there again"
    assert _told(stocked) == before


@pytest.mark.parametrize("day", UNREADABLE)
def test_so_is_who_delegates_who_asks_for_the_access_list_and_who_labels_a_paper(
    stocked: Database, day: str
) -> None:
    before = _told(stocked)
    petra, ines, ana = signed_in(PETRA), signed_in(INES), signed_in(ANA)
    form = {"to": "raj", "steps": ["deviation classify"], "first_day": "2026-03-04", "task": WHY}
    for one in ({**form, "last_day": day}, {**form, "first_day": day, "last_day": "2026-03-04"}):
        answer = petra.post("/delegations", one, page="/delegations")
        assert answer.status_code == 422 and "written as YYYY-MM-DD" in petra.text(answer)
    listed = ines.get(f"/people/access?as_of={day}")
    assert listed.status_code == 422 and "write it as YYYY-MM-DD" in ines.text(listed)
    number = workflow.create_record(people.signed_in(ANA), "deviation", FIRST).number
    paper = {
        "handwritten_by": "Dr. Ada Keller",
        "handwritten_on": day,
        "handwritten_original": "binder Q-3",
        "file": SimpleUploadedFile("page.txt", b"signed"),
    }
    answer = ana.post(f"/records/{number}/attachments", paper, page=f"/records/{number}")
    assert answer.status_code == 422 and "written as YYYY-MM-DD" in ana.text(answer)
    assert _told(stocked) == before


def _told(stocked: Database) -> list[Any]:
    """How many rows there are that such a form would make."""
    tables = (
        "identity_grant", "identity_small_firm_exception", "access_machine_credential", "workflow_delegation",
        "records_attachment",
    )  # fmt: skip
    return [stocked.rows(f"select count(*) from {table}") for table in tables]

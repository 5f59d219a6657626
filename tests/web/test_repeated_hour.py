"""Two signatures in the hour that autumn repeats: two offsets and the right order, on the page and in each copy (URS-TIM-04)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from indelible.kernel.audit.queries import clock
from tests import people
from tests.conftest import Database
from tests.exports.test_pdf import read
from tests.people import ANA
from tests.web.conftest import signed_in
from tests.workflow.carrying import DRAFT, PLAN, Hand

HALF_PAST_TWO = timedelta(minutes=30)
HOUR = timedelta(hours=1)


def repeated_hour() -> datetime:
    """The instant at which the next repeated hour of Ana's zone (Europe/Zurich) begins: 00:00 UTC, last Sunday of October."""
    now = clock()
    for year in (now.year, now.year + 1):
        last = date(year, 10, 31)
        sunday = last - timedelta(days=(last.weekday() + 1) % 7)
        begins = datetime(year, 10, sunday.day, tzinfo=UTC)
        if begins > now:
            return begins
    raise AssertionError("no autumn comes")


def set_clock(database: Database, at: datetime) -> None:
    """The database's clock stands at this instant, and goes on."""
    ahead = (at - datetime.now(UTC)).total_seconds()
    database.superuser(f"""
        create or replace function audit.clock() returns timestamptz language sql volatile parallel safe
        as $$ select pg_catalog.clock_timestamp() + interval '{ahead:.3f} seconds' $$
    """)


@pytest.mark.urs("URS-TIM-04", "URS-MAN-03")
def test_two_signatures_in_the_repeated_hour_have_two_offsets_and_one_order(stocked: Database) -> None:
    begins = repeated_hour()
    set_clock(stocked, begins + HALF_PAST_TWO)
    people.accept(ANA)  # the statement may be due anew by then
    ana = Hand(ANA)
    record = ana.sign(ana.create("capa", DRAFT), "submit")
    set_clock(stocked, begins + HALF_PAST_TWO + HOUR)
    ana = Hand(ANA)
    due = [{**PLAN["actions"][0], "due": f"{begins.year + 1}-01-31"}]
    record = ana.sign(ana.edit(record, PLAN | {"actions": due}), "propose")

    day = f"{begins.day} Oct {begins.year}"
    browser = signed_in(ANA)
    page = browser.text(browser.get(f"/records/{record.number}"))
    summer, winter = _places(page, f"{day}, 02:30:", "+02:00"), _places(page, f"{day}, 02:30:", "+01:00")
    assert summer and winter, "both say half past two, each with its own offset"
    assert summer[0] < winter[0], "in the order in which they were given"
    assert _places(page, f"{day}, 00:30:", "UTC") and _places(page, f"{day}, 01:30:", "UTC")

    copy = json.loads(browser.get(f"/records/{record.number}/copy?format=json").content)
    told = [(one["step"], one["offset"], one["at"][11:16]) for one in copy["signatures"]]
    assert told == [("submit", "+02:00", "00:30"), ("propose", "+01:00", "01:30")]
    assert copy["signatures"][0]["at"] < copy["signatures"][1]["at"]
    assert all(one["zone"] == "Europe/Zurich" for one in copy["signatures"])
    assert "Europe/Zurich" in copy["copy"]["zone_rule"]

    paper = read(browser.get(f"/records/{record.number}/copy?format=pdf").content)
    first, second = _places(paper, f"{day} 02:30:", "+02:00"), _places(paper, f"{day} 02:30:", "+01:00")
    assert first and second and first[0] < second[0], "and so on paper"


def _places(text: str, before: str, after: str) -> list[int]:
    """Where in the text a time with these hours and minutes stands with this offset behind its seconds."""
    found = [at for at in range(len(text)) if text.startswith(before, at)]
    return [at for at in found if text[at + len(before) + 2 :].lstrip().startswith(after)]

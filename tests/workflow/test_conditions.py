"""Conditions fail closed: anything but true, and every error, is a no."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from indelible.catalogue.loading import read, shipped
from indelible.kernel.workflow.checks import parse
from indelible.kernel.workflow.conditions import Circumstances, holds

WEIGHING = parse(read((Path(__file__).parents[1] / "processes" / "weighing.yaml").read_bytes()))
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def at(**changes: Any) -> Circumstances:
    given: dict[str, Any] = {
        "now": NOW,
        "entered": {"open": NOW - timedelta(days=4)},
        "due": None,
        "linked": {},
    }
    return Circumstances(**given | changes)


@pytest.mark.urs("URS-OPS-01")
@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("mass > 1.0", {}),
        ("mass", {"mass": {"value": "3", "unit": "mg"}}),
        ("notes", {"notes": "true"}),
        ("size(readings) == 0", {}),
        ("1/0 == 1", {}),
        ("now > entered('accepted')", {}),
        ("now < due()", {}),
        ("second_person == 'ana'", {"second_person": {"not_applicable": "Nobody else was on shift"}}),
    ],
)
def test_an_error_null_or_anything_but_true_is_no(expression: str, values: dict[str, Any]) -> None:
    assert not holds(expression, WEIGHING, values, at())


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("mass <= 10.5 && mass >= 9.9", {"mass": {"value": "9.90", "unit": "mg"}}),
        ("warm_up == duration('48h')", {"warm_up": 2}),
        ("now >= entered('open') + warm_up", {"warm_up": 4}),
        (
            "readings.all(r, r.taken == null)",
            {"readings": [{"value": {"value": "1", "unit": "mg"}, "owner": "a"}]},
        ),
        ("'clean' in checks && size(checks) == 2", {"checks": ["clean", "level"]}),
        ("weighed_on < now && room.humidity == null", {"weighed_on": "2026-03-10"}),
        ("linked('explains') == 2", {}),
    ],
)
def test_what_holds_is_yes(expression: str, values: dict[str, Any]) -> None:
    assert holds(expression, WEIGHING, values, at(linked={"explains": 2}))


def test_a_date_begins_at_the_site_and_not_in_greenwich() -> None:
    values = {"weighed_on": "2026-03-11"}
    assert holds(
        "weighed_on <= now",
        WEIGHING,
        values,
        at(now=datetime(2026, 3, 10, 17, tzinfo=UTC), zone="Asia/Singapore"),
    )
    assert not holds("weighed_on <= now", WEIGHING, values, at(now=datetime(2026, 3, 10, 17, tzinfo=UTC)))


@pytest.mark.urs("URS-QCA-02")
@pytest.mark.parametrize(("days", "holding"), [(29, False), (30, True)])
def test_the_effectiveness_check_waits_for_its_window(days: int, holding: bool) -> None:
    capa = shipped()["capa"]
    expression = capa.steps["effective"].when[0].check
    values = {"criterion": {"measure": "m", "target": "t", "source": "s", "window": 30}}
    entered = {"effectiveness": NOW - timedelta(days=days)}
    assert holds(expression, capa, values, at(entered=entered)) is holding

"""Values: type, unit, precision, bounds, emptiness, each refused with the path where it slipped."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from indelible.catalogue.loading import read
from indelible.kernel.audit.types import Refusal
from indelible.kernel.workflow.checks import parse
from indelible.kernel.workflow.declaration import Declaration
from indelible.kernel.workflow.due_dates import due_at, due_day, end_of, retain_until
from indelible.kernel.workflow.schema import fields_schema
from indelible.kernel.workflow.values import Moment, cleaned, is_filled, outside_limits

WEIGHING: Declaration = parse(read((Path(__file__).parents[1] / "processes" / "weighing.yaml").read_bytes()))
AT = Moment(datetime(2026, 3, 10, 22, 30, tzinfo=UTC), "Europe/Zurich")
DIGEST = "ab" * 32


@pytest.mark.urs("URS-OPS-05", "URS-OPS-02")
@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("balance", 7, "balance"),
        ("balance", "x" * 201, "balance"),
        ("balance", "one\ntwo", "balance"),
        ("balance", "NUL\x00", "balance"),
        ("balance", "half \ud800", "balance"),
        ("balance", {"not_applicable": "there is none here"}, "balance"),
        ("notes", "x" * 100_001, "notes"),
        ("notes", "bell \x07", "notes"),
        ("mass", "9.90", "mass"),
        ("mass", 9.9, "mass"),
        ("mass", {"value": 9.9, "unit": "mg"}, "mass"),
        ("mass", {"value": "9.90", "unit": "g"}, "mass"),
        ("mass", {"value": "9.90"}, "mass"),
        ("mass", {"value": "9,90", "unit": "mg"}, "mass"),
        ("mass", {"value": "1e3", "unit": "mg"}, "mass"),
        ("mass", {"value": "NaN", "unit": "mg"}, "mass"),
        ("mass", {"value": "٩", "unit": "mg"}, "mass"),
        ("mass", {"value": "9.90", "unit": "mg", "more": 1}, "mass"),
        ("mass", {"value": "-0.01", "unit": "mg"}, "mass"),
        ("mass", {"value": "500.01", "unit": "mg"}, "mass"),
        ("weighed_on", "10.03.2026", "weighed_on"),
        ("weighed_on", "2026-02-30", "weighed_on"),
        ("weighed_on", "2026-03-12", "weighed_on"),
        ("weighed_on", "0001-01-01", "weighed_on"),
        ("read_at", "2026-03-10T10:00:00", "read_at"),
        ("read_at", "2026-03-10T22:31:00Z", "read_at"),
        ("read_at", "2026-03-10 10:00:00Z", "read_at"),
        ("warm_up", True, "warm_up"),
        ("warm_up", 31, "warm_up"),
        ("warm_up", -1, "warm_up"),
        ("warm_up", "3", "warm_up"),
        ("scale", "Fine", "scale"),
        ("scale", ["fine"], "scale"),
        ("checks", "level", "checks"),
        ("checks", ["level", "level"], "checks"),
        ("checks", ["level", {}], "checks"),
        ("second_person", 4, "second_person"),
        ("second_person", {"not_applicable": "n/a"}, "second_person"),
        ("second_person", {"not_applicable": ""}, "second_person"),
        ("second_person", {"not_applicable": "no one else on shift", "value": "x"}, "second_person"),
        ("room", "dry", "room"),
        ("room", {"colour": "red"}, "room.colour"),
        ("room", {"humidity": "3"}, "room.humidity"),
        ("readings", {}, "readings"),
        ("readings", ["row"], "readings.0"),
        ("readings", [{"owner": "ana"}], "readings.0.value"),
        ("readings", [{"value": {"value": "1", "unit": "mg"}, "owner": "ana", "x": 1}], "readings.0.x"),
        ("readings", [{"value": {"value": "1", "unit": "mg"}, "owner": "ana"}] * 201, "readings"),
        ("printout", ["not a digest"], "printout"),
        ("printout", [DIGEST, DIGEST], "printout"),
    ],
)
def test_a_slip_is_named_where_it_is(field: str, value: Any, path: str) -> None:
    with pytest.raises(Refusal) as refused:
        cleaned(WEIGHING, {field: value, "notes": "fine"} if field != "notes" else {field: value}, AT)
    assert refused.value.rule.code == "wrong_value"
    assert list(refused.value.fields) == [path]


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("balance", "B-7 ", "B-7 "),
        ("balance", " ​ ", None),
        ("notes", "مرحبا‏ 9.9", "مرحبا‏ 9.9"),
        ("notes", "a\r\nb", "a\nb"),
        ("notes", "⁠﻿", None),
        ("mass", {"value": "9.90", "unit": "mg"}, {"value": "9.90", "unit": "mg"}),
        ("mass", {"value": "", "unit": "mg"}, None),
        ("mass", {"value": "12.0", "unit": "mg"}, {"value": "12.0", "unit": "mg"}),
        ("weighed_on", "2026-03-10", "2026-03-10"),
        ("read_at", "2026-03-10T23:00:00+01:00", "2026-03-10T23:00:00+01:00"),
        ("read_at", "2026-03-10T23:00+01:00", "2026-03-10T23:00:00+01:00"),
        ("read_at", "2026-03-10T22:00Z", "2026-03-10T22:00:00Z"),
        ("checks", ["calibrated", "level"], ["level", "calibrated"]),
        ("checks", [], None),
        (
            "second_person",
            {"not_applicable": "no one else on shift"},
            {"not_applicable": "no one else on shift"},
        ),
        ("room", {"remark": ""}, None),
        ("readings", [{}, {"owner": None}], None),
        ("printout", [], None),
    ],
)
def test_what_fits_is_kept_in_one_form(field: str, value: Any, kept: Any) -> None:
    assert cleaned(WEIGHING, {field: value}, AT) == {field: kept}


def test_an_unknown_field_is_refused_and_never_ignored() -> None:
    with pytest.raises(Refusal) as refused:
        cleaned(WEIGHING, {"weight": 1}, AT)
    assert refused.value.rule.code == "unknown_field"


@pytest.mark.urs("URS-OPS-05")
@pytest.mark.parametrize(
    ("value", "flagged"), [("9.49", True), ("9.5", False), ("10.50", False), ("12.0", True)]
)
def test_beyond_the_limits_is_a_flag_and_no_refusal(value: str, flagged: bool) -> None:
    assert bool(outside_limits(WEIGHING.fields["mass"], {"value": value, "unit": "mg"})) is flagged


@pytest.mark.urs("URS-OPS-02")
def test_filled_means_every_demanded_part() -> None:
    values = {"room": {"remark": "dry"}, "second_person": {"not_applicable": "alone on shift"}}
    assert not is_filled(WEIGHING, "room", values)
    assert is_filled(WEIGHING, "room.remark", values)
    assert is_filled(WEIGHING, "second_person", values)
    assert not is_filled(WEIGHING, "readings", {})


def test_the_schema_of_fields_says_what_the_values_are() -> None:
    import jsonschema_rs

    validator = jsonschema_rs.validator_for(fields_schema(WEIGHING))
    fine = {
        "balance": "B-7",
        "mass": {"value": "9.90", "unit": "mg"},
        "second_person": {"not_applicable": "alone on shift"},
        "readings": [{"value": {"value": "1", "unit": "mg"}, "owner": "ana", "taken": None}],
        "checks": None,
    }
    assert validator.is_valid(fine)
    for wrong in ({"mass": 9.9}, {"colour": "red"}, {"readings": [{"owner": "ana"}]}, {"scale": "Fine"}):
        assert not validator.is_valid(wrong)


@pytest.mark.urs("URS-QDV-01")
def test_due_days_are_those_of_the_site() -> None:
    friday_evening = datetime(2026, 3, 6, 23, 30, tzinfo=UTC)  # Saturday in Zurich
    assert due_day(WEIGHING.due["open"], friday_evening, "UTC") == date(2026, 3, 10)
    assert due_day(WEIGHING.due["open"], friday_evening, "Europe/Zurich") == date(2026, 3, 10)
    assert due_day(WEIGHING.due["checked"], friday_evening, "Europe/Zurich") == date(2026, 3, 8)
    assert end_of(date(2026, 3, 10), "Europe/Zurich") == datetime(2026, 3, 10, 22, 59, 59, tzinfo=UTC)
    assert due_at(WEIGHING, "accepted", friday_evening, {}, "UTC") is None


@pytest.mark.urs("URS-RET-01")
def test_the_keep_until_date_runs_from_the_end_of_the_record() -> None:
    leap = datetime(2028, 2, 29, 12, tzinfo=UTC)
    assert retain_until(WEIGHING, {}, "UTC") is None
    assert retain_until(WEIGHING, {"accepted": leap}, "UTC") == date(2031, 3, 1)

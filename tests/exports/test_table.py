"""The trail as a spreadsheet: every change a line, every column named, no cell that runs."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from indelible.exports.table import COLUMNS, cell, trail_table
from tests.exports.copies import capa


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.urs("URS-CPY-02")
@pytest.mark.parametrize(
    "typed", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "＠x", '=HYPERLINK("x")']
)
def test_no_cell_is_taken_for_a_formula(typed: str) -> None:
    assert cell(typed) == f"'{typed}"


@pytest.mark.parametrize("typed", ["", "9.90 mg", "a=b", "a-b", "ana@example.com"])
def test_other_cells_stay_as_they_are(typed: str) -> None:
    assert cell(typed) == typed


@pytest.mark.urs("URS-CPY-02", "URS-AUD-11")
def test_a_formula_typed_anywhere_in_an_entry_is_text_in_the_table() -> None:
    item: dict[str, Any] = {
        **capa()["audit_trail"][0],
        "reason": "=cmd|' /C calc'!A0",
        "changes": [{"field": "problem", "label": "What happened", "old": None, "new": "@x\r\n=2"}],
    }
    (row,) = read("".join(trail_table([item])))
    assert row["reason"] == "'=cmd|' /C calc'!A0"
    assert row["new"] == "'@x\r\n=2"
    assert row["old"] == "(empty)"


def test_each_change_has_its_line_and_an_act_without_one_has_one_too() -> None:
    item = capa()["audit_trail"][0]
    two = {
        **item,
        "changes": [*item["changes"], {"field": "risk", "label": "Risk", "old": "low", "new": "high"}],
    }
    rows = read("".join(trail_table([two, {**item, "changes": []}])))
    assert [row["field"] for row in rows] == ["weight", "risk", ""]
    assert set(rows[0]) == set(COLUMNS)
    assert rows[0]["name"] == "Omar Operator"
    assert rows[0]["user id"] == "omar"
    assert rows[0]["old"] == "9.90 mg"

"""What a record's bytes are, and what differs between two contents."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.kernel.records.differences import (
    canonical,
    changed_paths,
    changes,
    digest_of,
    parsed,
    without_empties,
)
from indelible.kernel.records.types import Change


def _said(fields: dict[str, object]) -> dict[str, object]:
    return parsed(canonical(fields, []))


@pytest.mark.urs("URS-LNK-01")
def test_a_float_is_never_content() -> None:
    with pytest.raises(TypeError):
        canonical({"weight": {"value": 9.9, "unit": "mg"}}, [])


@pytest.mark.urs("URS-LNK-01")
def test_bytes_do_not_depend_on_the_order_of_entry_and_keep_the_precision_typed() -> None:
    one = canonical({"b": "x", "a": {"value": "9.90", "unit": "mg"}}, [])
    two = canonical(
        {"a": {"unit": "mg", "value": "9.90"}, "b": "x", "c": "", "d": None, "e": [], "f": {}}, []
    )
    assert one == two == b'{"attachments":[],"fields":{"a":{"unit":"mg","value":"9.90"},"b":"x"}}'
    assert digest_of(one) != digest_of(canonical({"b": "x", "a": {"value": "9.9", "unit": "mg"}}, []))


def test_zero_and_false_are_values() -> None:
    assert without_empties({"a": 0, "b": False, "c": [{"d": None}], "e": {"f": ""}}) == {"a": 0, "b": False}


@pytest.mark.urs("URS-AUD-01")
def test_first_entry_change_and_emptying_each_show_old_and_new() -> None:
    assert changes({}, _said({"problem": "Lid open"})) == [Change("problem", None, "Lid open")]
    assert changes(_said({"risk": "low"}), _said({"risk": "high"})) == [Change("risk", "low", "high")]
    assert changes(_said({"risk": "low"}), _said({})) == [Change("risk", "low", None)]
    nine, precise = {"value": "9.9", "unit": "mg"}, {"value": "9.90", "unit": "mg"}
    assert changes(_said({"w": nine}), _said({"w": precise})) == [Change("w", nine, precise)]


def test_a_row_put_in_front_leaves_the_other_rows_unchanged() -> None:
    rows = [{"what": "Clean", "owner": "ana"}, {"what": "Train", "owner": "omar"}]
    found = changes(_said({"actions": rows}), _said({"actions": [{"what": "Stop"}, *rows]}))
    assert found == [Change("actions[1].what", None, "Stop")]
    assert changed_paths(found) == ["actions", "actions.what"]


def test_a_cell_and_a_removed_row_are_told_by_row() -> None:
    old = _said({"actions": [{"what": "Clean", "due": "2026-01-01"}, {"what": "Train"}, {"what": "Audit"}]})
    new = _said({"actions": [{"what": "Clean", "due": "2026-02-01"}, {"what": "Audit"}]})
    assert changes(old, new) == [
        Change("actions[1].due", "2026-01-01", "2026-02-01"),
        Change("actions[2].what", "Train", None),
    ]


def test_a_part_of_a_group_is_told_by_itself() -> None:
    found = changes(
        _said({"criterion": {"measure": "ppm"}}), _said({"criterion": {"measure": "ppm", "window": 90}})
    )
    assert found == [Change("criterion.window", None, 90)]
    assert changed_paths(found) == ["criterion", "criterion.window"]


def test_a_file_is_told_by_name_and_digest() -> None:
    file = {"field": "", "name": "photo.png", "sha256": "a" * 64}
    found = changes(parsed(canonical({}, [])), parsed(canonical({}, [file])))
    assert found == [Change("attachments", None, f"photo.png (SHA-256 {'a' * 64})")]


_cells = st.dictionaries(st.sampled_from("abc"), st.text("xé", max_size=3), max_size=3)
_contents = st.dictionaries(
    st.sampled_from("pqr"),
    st.one_of(st.text("xé", max_size=3), st.lists(_cells, max_size=4), _cells),
    max_size=3,
)


@given(_contents, _contents)
@pytest.mark.urs("URS-AUD-01")
def test_contents_differ_exactly_when_a_change_is_told(
    one: dict[str, object], two: dict[str, object]
) -> None:
    old, new = _said(one), _said(two)
    assert bool(changes(old, new)) == (json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True))

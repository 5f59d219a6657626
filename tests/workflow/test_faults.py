"""Each way to get a declaration wrong, refused at load by the name of its fault."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from indelible.catalogue.loading import load, read, shipped_files
from indelible.kernel.workflow.checks import check, parse
from indelible.kernel.workflow.faults import Faulty

SOUND = read((Path(__file__).parents[1] / "processes" / "weighing.yaml").read_bytes())


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    *parents, last = path.split("/")

    def change(data: dict[str, Any]) -> None:
        for key in parents:
            data = data[key]
        data[last] = value

    return change


def _drop(path: str) -> Callable[[dict[str, Any]], None]:
    *parents, last = path.split("/")

    def change(data: dict[str, Any]) -> None:
        for key in parents:
            data = data[key]
        del data[last]

    return change


def _step(**changes: Any) -> dict[str, Any]:
    return {"from": "open", "to": "checked", "by": "owner", **changes}


FAULTY: list[tuple[str, Callable[[dict[str, Any]], None]]] = [
    ("unreachable_state", _set("states", ["open", "checked", "accepted", "rejected", "island"])),
    ("dead_end", _set("states", ["open", "checked", "accepted", "rejected", "stuck"])),
    ("never_ends", _set("final", ["rejected", "accepted"])),
    ("unknown_state", _set("steps/finish/to", "nowhere")),
    ("unknown_state", _set("due/nowhere", "3 days")),
    ("duplicate_state", _set("states", ["open", "open", "checked", "accepted", "rejected"])),
    ("final_state_left", _set("steps/undo", _step(**{"from": "accepted", "to": "open"}))),
    ("final_state_edited", _set("edit/accepted", {"by": "owner", "fields": "notes"})),
    ("final_state_missing", _drop("final")),
    ("step_without_role", _drop("steps/finish/by")),
    ("step_without_role", _set("steps/finish/by", [])),
    ("unknown_role", _set("steps/finish/by", "boss")),
    ("unknown_role", _set("steps/finish/by", "system_administrator")),
    ("unknown_role", _set("create/by", "owner")),
    ("action_owner_without_table", _set("fields/readings/columns", {"value": "short text", "taken": "date"})),
    ("unknown_guard", _set("steps/accept/unless", ["signer_is_author", "moon_is_full"])),
    ("approver_may_be_author", _set("steps/accept/unless", ["link_open"])),
    (
        "approver_may_be_author",
        _set("steps/wave_on", _step(**{"from": "checked", "to": "accepted", "by": "verifier"})),
    ),
    (
        "approver_may_be_author",
        _set("steps/look_over", _step(**{"to": "open", "by": ["reviewer", "verifier"]})),
    ),
    ("step_back_unsigned", _drop("steps/send_back/sign")),
    ("step_back_unsigned", _set("steps/take_back", _step(**{"from": ["open", "checked"], "to": "open"}))),
    ("signature_without_meaning", _set("steps/accept/sign", {})),
    ("signed_field_reopened", _set("edit/checked", {"by": "owner", "fields": "notes"})),
    ("unknown_field", _set("steps/finish/needs", ["balance", "weight"])),
    ("unknown_field", _set("edit/open/fields", ["balance", "room.colour"])),
    ("unknown_field", _set("due/open", {"within": "3 days", "until": "notes"})),
    ("unknown_word", _set("steps/finish/colour", "red")),
    ("unknown_word", _set("audit_trail", "off")),
    ("unknown_field_type", _set("fields/notes/type", "picture")),
    ("wrong_shape", _set("prefix", "lower case")),
    ("wrong_shape", _set("fields/mass/possible/max", True)),
    ("need_never_filled", _set("edit/open/fields", ["balance", "notes"])),
    ("field_never_filled", _set("fields/forgotten", {"type": "short text"})),
    ("duplicate_label", _set("fields/notes/label", "balance")),
    ("duplicate_prefix", _set("prefix", "DEV")),
    ("reserved_name", _set("fields/now", {"type": "date"})),
    ("choice_without_options", _drop("fields/scale/options")),
    ("choice_without_options", _set("fields/scale/options", [])),
    ("duplicate_option", _set("fields/scale/options", ["fine", "fine"])),
    ("number_without_unit", _drop("fields/mass/unit")),
    ("range_inverted", _set("fields/mass/possible", {"min": 9, "max": "8.5"})),
    ("range_inverted", _set("fields/warm_up", {"type": "days", "min": 9, "max": 8})),
    ("limits_outside_possible", _set("fields/mass/limits/high", 501)),
    ("limits_without_verification", _drop("fields/mass/limits/verify")),
    ("unknown_step", _set("fields/mass/limits/verify", "look_again")),
    ("verification_not_independent", _set("fields/mass/limits/verify", "finish")),
    ("condition_unreadable", _set("steps/accept/when", "mass <= ")),
    ("condition_unknown_name", _set("steps/accept/when", "weight > 1.0")),
    ("condition_unknown_name", _set("steps/accept/when", "true || weight > 1.0")),
    ("condition_unknown_name", _set("steps/accept/when", "room.colour == 'red'")),
    ("condition_unknown_name", _set("steps/accept/when", "delete(mass)")),
    ("condition_unknown_name", _set("steps/accept/when", "now > entered('nowhere')")),
    ("condition_unknown_name", _set("steps/accept/when", "linked('nowhere') > 0")),
    ("condition_fails", _set("steps/accept/when", "mass + notes > 1.0")),
    ("condition_not_boolean", _set("steps/accept/when", "mass")),
    ("link_to_unknown_process", _set("links/belongs_to/to", ["unheard_of"])),
    ("link_to_unknown_process", _set("fields/reference/to", ["unheard_of"])),
    ("unknown_link", _set("fields/mass/limits/starts/link", "nothing")),
    ("carry_changes_type", _set("fields/mass/limits/starts/carry", {"balance": "mass"})),
    ("retention_missing", _drop("retain")),
    ("retention_gap", _set("retain/from", ["accepted"])),
    ("named_by_missing", _drop("named_by")),
    ("named_by_not_text", _set("named_by", "mass")),
    ("finding_not_named", _set("disposes", {"finding": "mass", "state": "accepted"})),
    ("finding_not_named", _set("disposes", {"finding": "balance", "state": "accepted", "told": "mass"})),
    ("disposition_not_final", _set("disposes", {"finding": "balance", "state": "checked"})),
    ("disposition_by_one", _set("disposes", {"finding": "balance", "state": "accepted"})),
]


@pytest.fixture(scope="module")
def others() -> dict[str, Any]:
    """The shipped processes, beside which the faulty one is loaded."""
    return load(path.read_bytes() for path in shipped_files())


def test_the_process_that_is_spoilt_below_is_sound(others: dict[str, Any]) -> None:
    check(parse(SOUND), others)


@pytest.mark.urs("URS-LNK-04")
def test_a_signature_given_with_a_step_back_is_not_ended_unsigned(others: dict[str, Any]) -> None:
    """Sent back by a verifier, the owner goes on and back by themselves: that would end what the verifier signed."""
    data = copy.deepcopy(SOUND)
    for path in ("fields/mass/limits", "steps/verify_retyped", "due/checked"):
        _drop(path)(data)
    data["states"].insert(1, "weighed")
    data["steps"]["finish"]["from"] = "weighed"
    data["steps"]["begin"] = _step(**{"to": "weighed"})
    data["steps"]["undo"] = _step(**{"from": "weighed", "to": "open"})
    with pytest.raises(Faulty) as refused:
        check(parse(data), others)
    (fault,) = refused.value.faults
    assert (fault.code, fault.where) == ("step_back_unsigned", "steps.undo") and "'send_back'" in fault.why
    data["steps"]["undo"]["sign"] = {"meaning": "Begun anew"}
    check(parse(data), others)


@pytest.mark.urs("URS-LNK-04")
def test_a_step_back_over_no_signature_needs_none(others: dict[str, Any]) -> None:
    data = copy.deepcopy(SOUND)
    for path in ("fields/mass/limits", "steps/verify_retyped", "steps/finish/sign", "steps/send_back/sign"):
        _drop(path)(data)
    check(parse(data), others)


@pytest.mark.urs("URS-SMS-01", "URS-OPS-01", "URS-AUT-02", "URS-LNK-04")
@pytest.mark.parametrize(("code", "spoil"), FAULTY, ids=[f"{n}-{code}" for n, (code, _) in enumerate(FAULTY)])
def test_a_fault_is_refused_by_its_name(code: str, spoil: Any, others: dict[str, Any]) -> None:
    data = copy.deepcopy(SOUND)
    spoil(data)
    if code == "never_ends":
        data["steps"]["accept"]["to"] = data["steps"]["reject"]["to"] = "checked"
    with pytest.raises(Faulty) as refused:
        check(parse(data), others)
    assert code in refused.value.codes
    assert all(fault.where and fault.why for fault in refused.value.faults)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("duplicate_key", "process: a\nprocess: b\n"),
        ("duplicate_key", "steps:\n  close: {to: a}\n  close: {to: b}\n"),
        ("yaml_unreadable", "a: &x [1]\nb: *x\n"),
        ("yaml_unreadable", "process: [\n"),
        ("yaml_unreadable", "process: !!python/object/apply:os.system [ls]\n"),
        ("yaml_unreadable", "\x00"),
        ("too_large", "#" * 262_145),
        ("wrong_shape", "just words"),
        ("wrong_shape", ""),
    ],
)
def test_a_file_that_is_no_plain_yaml_is_refused(code: str, text: str) -> None:
    with pytest.raises(Faulty) as refused:
        parse(read(text))
    assert code in refused.value.codes


def test_yaml_keeps_words_and_decimals_as_they_were_typed() -> None:
    assert read("a: yes\nb: 9.90\nc: 2026-01-02\nd: true\ne: 12\nf:\n") == {
        "a": "yes",
        "b": "9.90",
        "c": "2026-01-02",
        "d": True,
        "e": 12,
        "f": None,
    }


def test_one_code_declared_twice_is_refused() -> None:
    texts = [path.read_bytes() for path in shipped_files()]
    with pytest.raises(Faulty) as refused:
        load([*texts, texts[0]])
    assert "duplicate_process" in refused.value.codes

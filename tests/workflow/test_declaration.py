"""The declaration as data: its stored form, its fingerprint, and what a signature of a state covers."""

from __future__ import annotations

import json

import pytest

from indelible.catalogue.loading import read, shipped, shipped_files
from indelible.kernel.workflow.checks import parse
from indelible.kernel.workflow.declaration import fingerprint_of, stored


@pytest.mark.parametrize("code", ["capa", "deviation"])
def test_the_stored_form_comes_back_whole_and_in_order(code: str) -> None:
    declaration = shipped()[code]
    document = json.loads(json.dumps(declaration.document(), sort_keys=True))
    again = stored(document)
    assert again == declaration
    assert list(again.fields) == list(declaration.fields)
    assert list(again.steps) == list(declaration.steps)
    assert again.fingerprint == declaration.fingerprint == fingerprint_of(document)


def test_every_word_counts_in_the_fingerprint() -> None:
    data = read(shipped_files()[0].read_bytes())
    before = parse(data).fingerprint
    data["steps"]["approve_plan"]["sign"]["meaning"] = "Approval of the plan."
    assert parse(data).fingerprint != before
    data["steps"]["approve_plan"]["sign"]["meaning"] = "Approval of the plan"
    assert parse(data).fingerprint == before
    data["fields"] = dict(reversed(data["fields"].items()))
    assert parse(data).fingerprint != before


@pytest.mark.urs("URS-LNK-02")
def test_a_signature_covers_all_that_could_be_edited_up_to_its_step() -> None:
    capa = shipped()["capa"]
    assert capa.covered("draft") == {"title", "source", "problem", "evidence"}
    assert "actions.done" not in capa.covered("planned")
    assert {"actions.what", "criterion.window", "root_cause"} <= capa.covered("planned")
    assert {"actions.done", "completion"} <= capa.covered("implementation")
    assert "result" in capa.covered("effectiveness") - capa.covered("implementation")


def test_steps_back_are_those_to_an_earlier_state() -> None:
    capa = shipped()["capa"]
    assert capa.is_back(capa.steps["reopen"], "effectiveness")
    assert not capa.is_back(capa.steps["replace"], "effectiveness")


@pytest.mark.urs("URS-AUT-02")
def test_a_field_that_is_also_edited_is_no_verdict() -> None:
    """One `fills` of an approving step does not make its author vanish from what other steps judge (decision 0008)."""
    capa = shipped()["capa"]
    given = capa.document()
    for one in given["steps"]:
        if one["name"] == "effective":
            one["fills"] = [*one.get("fills", ()), "risk"]
    assert "risk" not in stored(given).judgements and "result" in capa.judgements

"""The electronic copy says what every name and code in it means."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from indelible.exports import electronic, history, pdf
from indelible.kernel.audit.queries import Checkpoint
from indelible.kernel.workflow.declaration import Declaration
from tests.exports.copies import FIELDS, capa

DECLARED = {
    "process": "toy",
    "title": "Toy process",
    "prefix": "TOY",
    "named_by": "what",
    "requirements": ["URS-QDV-01"],
    "retain": {"rule": "quality record", "years": 10, "from": ["closed"]},
    "fields": {
        "what": {"type": "short text", "label": "What"},
        "weight": {"type": "number", "unit": "mg"},
        "risk": {"type": "choice", "options": ["low", "high"]},
        "rows": {"type": "table", "columns": {"who": "person", "by_when": "date"}},
    },
    "states": ["draft", "closed"],
    "final": ["closed"],
    "create": {"by": "author"},
    "edit": {"draft": {"by": "owner", "fields": ["what", "weight", "risk", "rows"]}},
    "steps": {"close": {"from": "draft", "to": "closed", "by": "owner"}},
}


def toy(**over: Any) -> dict[str, Any]:
    document = {
        **capa()["record"],
        "number": "TOY-2026-00001",
        "title": "Wet floor",
        "process": "toy",
        "state": "draft",
        "fields": {
            "what": "Wet floor",
            "weight": {"not_applicable": "nothing was weighed"},
            "risk": "low",
            "rows": [{"who": "ana", "by_when": "2026-12-01"}],
        },
    }
    revision = {**capa()["revisions"][0], "fields": document["fields"]}
    printing = electronic.Printing(
        user_id="ines",
        name="Ines Inspector",
        at=datetime(2026, 11, 22, 16, 19, 3, tzinfo=UTC),
        zone="Asia/Singapore",
        installation="ind-1",
        notice="",
        ledger=over.get("ledger"),
    )
    return electronic.true_copy(
        document,
        Declaration.model_validate(DECLARED),
        revisions=[revision],
        signatures=[],
        trail=over.get("trail"),
        people={"ana": "Ana Author"},
        printing=printing,
    )


@pytest.mark.urs("URS-CPY-02")
def test_each_field_has_its_label_kind_unit_and_options() -> None:
    fields = {field["name"]: field for field in toy()["fields"]}
    assert fields["weight"] == {"name": "weight", "label": "Weight", "type": "number", "unit": "mg"}
    assert fields["risk"]["options"] == {"low": "low", "high": "high"}
    assert [part["label"] for part in fields["rows"]["fields"]] == ["Who", "By when"]
    assert toy()["process"]["states"][1] == {"name": "closed", "title": "Closed"}
    assert toy()["people"] == {"ana": "Ana Author"}


@pytest.mark.urs("URS-CPY-01")
def test_a_trail_left_out_is_said_to_be() -> None:
    assert "audit_trail" not in toy()
    assert toy()["copy"]["audit_trail"] == "left out by choice"
    assert toy(trail=[])["copy"]["audit_trail"] == "included"


@pytest.mark.urs("URS-AUD-03")
def test_the_copy_says_how_far_the_ledger_was_sealed() -> None:
    assert toy()["copy"]["ledger"] is None
    head = Checkpoint(9, b"\x11" * 32, "a note", datetime(2026, 11, 22, 16, 19, 1, tzinfo=UTC))
    sealed = {"size": 9, "root": "11" * 32, "sealed_at": "2026-11-22T16:19:01+00:00"}
    assert toy(ledger=head)["copy"]["ledger"] == sealed


def test_a_process_nobody_coded_for_is_set_as_pdf() -> None:
    assert pdf.render(toy()).startswith(b"%PDF")


@pytest.mark.urs("URS-CPY-05")
def test_changes_name_the_row_and_column() -> None:
    found = history.changes(FIELDS, capa()["revisions"])
    changed = {(c.field["name"], c.path) for c in found if not c.first_entry}
    assert changed == {("risk", ()), ("weight", ()), ("criterion", ("target",))}
    assert ("actions", (1, "done")) in {(c.field["name"], c.path) for c in found if c.first_entry}


def test_the_shipped_processes_are_described(subtests: Any) -> None:
    for path in sorted((Path(electronic.__file__).parents[1] / "processes").glob("*.yaml")):
        with subtests.test(path.name):
            declaration = Declaration.model_validate(yaml.safe_load(path.read_text()))
            described = [electronic.described(n, f) for n, f in declaration.fields.items()]
            assert all(d["label"] and d["type"] for d in described)

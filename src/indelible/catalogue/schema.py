"""The published JSON Schema of the declaration language, for editors and other people's tools."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from indelible.kernel.workflow.declaration import Declaration

FILE: Final = "process.schema.json"


def generated() -> dict[str, Any]:
    """The schema made from the models that check the files (JSON Schema 2020-12)."""
    schema = Declaration.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:indelible:schema:process",
        **schema,
        "title": "Indelible process declaration",
    }


def text() -> str:
    """The generated schema as the file that is kept in git."""
    return json.dumps(generated(), indent=2, ensure_ascii=False) + "\n"


def published() -> str:
    """The file as it is kept in git and shipped."""
    return (files("indelible.catalogue") / FILE).read_text(encoding="utf-8")


if __name__ == "__main__":
    (Path(__file__).parent / FILE).write_text(text(), encoding="utf-8")

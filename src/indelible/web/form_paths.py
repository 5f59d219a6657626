"""Paths of fields: as a refusal names them, as a form writes them, as the declaration does."""

from __future__ import annotations

import re

from indelible.kernel.audit.types import Refusal


def form_path(path: str) -> str:
    """A refusal's path as the form writes it: `actions[2].what`, rows from 1, is `actions.1.what`."""
    return re.sub(r"\[(\d+)\]", lambda row: f".{int(row[1]) - 1}", path)


def plain_rows(path: str) -> str:
    """A path as the declaration writes it, its row numbers left out: `actions.1.what` is `actions.what`."""
    return re.sub(r"\[\d+\]|\.\d+(?=\.|$)", "", path)


def errors_by_place(refusal: Refusal | None) -> dict[str, str]:
    """The messages of a refusal by the place in the form they belong to."""
    return {form_path(path): message for path, message in refusal.fields.items()} if refusal else {}

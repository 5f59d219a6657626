"""One act of the trail as doors and copies show it, in JSON values."""

from __future__ import annotations

from typing import Any

from indelible.kernel.records.types import TrailItem
from indelible.kernel.workflow.queries import told


def trail_document(item: TrailItem) -> dict[str, Any]:
    """The item with its time as RFC 3339 UTC, the title of its action beside the name, and null where nothing is said."""
    return {
        "seq": item["seq"],
        "at": told(item["at"]),
        "time_doubtful": item["time_doubtful"],
        "person": dict(item["person"]),
        "on_behalf_of": item["on_behalf_of"] or None,
        "action": item["action"],
        "title": item["action_title"],
        "object": item["object"] or None,
        "record": item["record"] or None,
        "changes": [dict(change) for change in item["changes"]],
        "reason": item["reason"] or None,
        "source": item["source"] or None,
        "terminal": item["terminal"] or None,
        "channel": item["channel"],
        "outcome": item["outcome"],
        "rule": item["rule"] or None,
        "clause": item["clause"] or None,
    }

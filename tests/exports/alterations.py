"""What the holder of the service's key alone could say otherwise in a record's copy, and the sentence that names it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

LONG_AGO = "2020-01-01T00:00:00+00:00"
Alteration = Callable[[dict[str, Any], list[dict[str, Any]]], object]
"""Of a record's copy and of signatures.json, in place."""


def shown(part: str, value: Any, which: int = 0) -> Alteration:
    return lambda copy, _: copy["signatures"][which].update({part: value})


def both(part: str, value: Any) -> Alteration:
    def alteration(copy: dict[str, Any], signatures: list[dict[str, Any]]) -> None:
        copy["signatures"][0][part] = signatures[0][part] = value

    return alteration


def record(part: str, value: Any) -> Alteration:
    return lambda copy, _: copy["record"].update({part: value})


def line(action: str, part: str, value: Any) -> Alteration:
    """A line of the trail, the last one of this action."""
    return lambda copy, _: next(i for i in copy["audit_trail"][::-1] if i["action"] == action).update(
        {part: value}
    )


def person(part: str, value: str) -> Alteration:
    return lambda copy, _: copy["audit_trail"][1]["person"].update({part: value})


def change_of(field: str, side: str, value: Any) -> Alteration:
    def alteration(copy: dict[str, Any], _: Any) -> None:
        changes = [one for item in copy["audit_trail"] for one in item["changes"] if one["field"] == field]
        assert changes and changes[-1][side] != value, field
        changes[-1][side] = value

    return alteration


def without_change(field: str) -> Alteration:
    def alteration(copy: dict[str, Any], _: Any) -> None:
        item = next(i for i in copy["audit_trail"] if any(one["field"] == field for one in i["changes"]))
        item["changes"] = [one for one in item["changes"] if one["field"] != field]

    return alteration


def revision(part: str, value: Any) -> Alteration:
    return lambda copy, _: copy["revisions"][1].update({part: value})


def link(part: str, value: str) -> Alteration:
    return lambda copy, _: copy["record"]["links"][0].update({part: value})


def file(part: str, value: Any) -> Alteration:
    return lambda copy, _: copy["record"]["attachments"][0].update({part: value})


OTHER_FILE = {"kind": "x", "number": "DEV-1", "to": "DEV-1"}
ALTERATIONS: dict[str, tuple[Alteration, str]] = {
    "time of a signature in both files": (both("at", LONG_AGO), "shows it otherwise (its time)"),
    "the same, told in signatures.json": (both("at", LONG_AGO), "its time in signatures.json is not the one signed"),
    "components of a signature in both files": (both("components", ["password"]), "its components in signatures.json are not those signed"),
    "components put into signatures.json": (lambda _, s: s[0].update(components="user_id,password"), "its components in signatures.json are not those signed"),
    "time of a signature in the copy": (shown("at", LONG_AGO), "shows it otherwise (its time)"),
    "name of a signer in the copy": (shown("name", "Somebody Else"), "shows it otherwise (its name)"),
    "meaning in the copy": (shown("meaning", "Approval"), "shows it otherwise (its meaning)"),
    "components in the copy": (shown("components", ["password"]), "shows it otherwise (its components)"),
    "sealed in the copy": (shown("sealed", False), "had not sealed it, which it had"),
    "one that stands told as withdrawn": (shown("standing", "withdrawn"), "as “withdrawn”, the ledger makes it “stands”"),
    "one that stands told as invalid": (shown("standing", "invalid"), "as “invalid” (the copy says: Revision 1 was signed, and nothing it covers has changed.), the ledger makes"),
    "an outdated one told to stand": (shown("standing", "stands", 1), "as “stands”, the ledger makes it “earlier revision”"),
    "another outdated one": (shown("standing", "withdrawn", 3), "as “withdrawn”, the ledger makes it “earlier revision”"),
    "one taken back told to stand": (shown("standing", "stands", 5), "as “stands”, the ledger makes it “withdrawn”"),
    "signatures twice, differing": (lambda c, _: c.update(signatures=[dict(c["signatures"][0], id=99)]), "do not show the signatures"),
    "time of a revision": (revision("at", LONG_AGO), "revision 2: its time is not what the ledger says"),
    "name of a revision's author": (
        lambda c, _: c["revisions"][1]["person"].update(name="Somebody Else"),
        "revision 2: its author's name is not what the ledger says",
    ),
    "author of a revision": (
        lambda c, _: c["revisions"][1]["person"].update(user_id="eve"),
        "revision 2: its author is not what the ledger says",
    ),
    "reason of a revision": (revision("reason", "because of it"), "revision 2: its reason is not what the ledger says"),
    "list of a revision's changes": (revision("changed", []), "its list of what it changed is not what the ledger says"),
    "owner": (record("owner", "eve"), "its owner in the copy is not what the ledger says"),
    "time of making": (record("created_at", LONG_AGO), "its time of created in the copy is not what the ledger says"),
    "time of the last change": (record("updated_at", LONG_AGO), "its time of updated in the copy is not what"),
    "confidentiality": (record("confidentiality", "HR"), "its confidentiality class in the copy is not what"),
    "link put in": (lambda c, _: c["record"]["links"].append(OTHER_FILE), "does not hold its link to DEV-1"),
    "links left out": (record("links", []), "the copy leaves out its link “raised_by” to DEV-"),
    "link to another record": (link("number", "DEV-1999-00001"), "does not hold its link to DEV-1999-00001"),
    "direction of a link": (link("direction", "from"), "does not hold its link to DEV-"),
    "title of a linked record": (link("title", "Nothing"), "the title it tells of the linked DEV-"),
    "state of a linked record": (link("state", "closed"), "the state it tells of the linked DEV-"),
    "files left out": (record("attachments", []), "the copy lists 0 files, the ledger holds 2"),
    "name of a file": (file("name", "page 1.png"), "its name is not what the ledger says"),
    "time of a file": (file("at", LONG_AGO), "file page 12.png: its time is not what the ledger says"),
    "who gave a file": (file("by", "eve"), "its author is not what the ledger says"),
    "who signed a paper": (
        lambda c, _: c["record"]["attachments"][0]["handwritten"].update(signer="Eve Sorokin"),
        "who signed it by hand is not what the ledger says",
    ),
    "name in the trail": (person("name", "Somebody Else"), "its person's name is not what the ledger says"),
    "role in the trail": (person("role", "qa_approver"), "its person's role is not what the ledger says"),
    "user id in the trail": (person("user_id", "eve"), "its user id is not what the ledger says"),
    "time in the trail": (line("record.step", "at", LONG_AGO), "its time is not what the ledger says"),
    "part of a second in the trail": (
        lambda c, _: c["audit_trail"][0].update(at=c["audit_trail"][0]["at"][:19] + ".000001Z"),
        "its time is not what the ledger says",
    ),
    "for whom it was done": (line("record.step", "on_behalf_of", "eve"), "its person for whom it was done is not"),
    "object in the trail": (line("record.reassign", "object", "ana"), "its object is not what the ledger says"),
    "link's object left out": (line("record.step", "object", None), "its object is not what the ledger says"),
    "channel in the trail": (line("record.edit", "channel", "api"), "its channel is not what the ledger says"),
    "source in the trail": (line("record.edit", "source", "::1"), "its source is not what the ledger says"),
    "terminal in the trail": (line("record.edit", "terminal", "T1"), "its terminal is not what the ledger says"),
    "outcome in the trail": (line("record.edit", "outcome", "denied"), "its outcome is not what the ledger says"),
    "old value of a field": (change_of("root_cause", "old", "x"), "its old value of root_cause is not what"),
    "new value of a field": (change_of("root_cause", "new", "x"), "its new value of root_cause is not what"),
    "old state": (change_of("state", "old", "closed"), "its old value of state is not what the ledger says"),
    "new value of a cell": (change_of("actions[1].what", "new", "x"), "its new value of actions[1].what is not"),
    "old owner": (change_of("owner", "old", "eve"), "its old value of owner is not what the ledger says"),
    "new owner": (change_of("owner", "new", "eve"), "its new value of owner is not what the ledger says"),
    "name of a signature's row": (change_of("signature.name", "new", "x"), "its new value of signature.name is not"),
    "file in the trail": (change_of("file", "new", "x"), "its new value of file is not what the ledger says"),
    "link in the trail": (change_of("link", "new", "DEV-1"), "its new value of link is not what the ledger says"),
    "change left out": (without_change("root_cause"), "it leaves out the change of root_cause"),
    "line twice": (lambda c, _: c["audit_trail"].append(c["audit_trail"][0]), "stands twice in its audit trail"),
    "line of nothing": (
        lambda c, _: c["audit_trail"].append({**c["audit_trail"][0], "seq": 1}),
        "tells of an act that the ledger does not hold",
    ),
}  # fmt: skip

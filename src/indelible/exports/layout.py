"""What stands where on a printed copy: turns an electronic copy into the data that `record.typ` sets.

Everything a reader of the electronic copy finds is here in words. User text is marked with its direction and
script, so that the page isolates right-to-left text and draws Han characters in the shape of their language.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from indelible.exports import history, values
from indelible.exports.values import Field, Speller, as_signed, is_empty, local, named, utc
from indelible.kernel.records.types import REFUSING_TO_SIGN, STEP

TRAIL_ON_PAPER = 4_000
"""Entries of a trail set on paper; more are in the attached electronic copy, and the page says so."""

STANDING = {
    "stands": "Stands",
    "earlier revision": "Applies to an earlier revision only; this revision is not signed by it",
    "withdrawn": "Withdrawn",
    "invalid": "INVALID: the content differs from what was signed",
}

Copy = Mapping[str, Any]
Said = str | dict[str, str]


def printed(copy: Copy) -> dict[str, Any]:
    """The data of one printed copy, from an electronic copy (`electronic.py` says its shape)."""
    return _Page(copy).data()


def script_of(text: str) -> str:
    """The language whose letter shapes a text asks for: ja, ko, zh, ar, he or empty when any will do."""
    for character in text:
        name = unicodedata.name(character, "").split(" ")[0]
        if name in ("HIRAGANA", "KATAKANA"):
            return "ja"
        if name == "HANGUL":
            return "ko"
        if name in ("ARABIC", "HEBREW"):
            return "ar" if name == "ARABIC" else "he"
    return "zh" if any("CJK" in unicodedata.name(c, "") for c in text) else ""


def runs_from_right(text: str) -> bool:
    """Whether the first strong letter is written from right to left (Unicode UAX 9, rule P2)."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


class _Page:
    """One copy on its way to paper."""

    def __init__(self, copy: Copy) -> None:
        self.copy, self.record, self.about = copy, copy["record"], copy["copy"]
        self.zone = self.about["zone"]
        self.people: Mapping[str, str] = copy.get("people", {})
        files = {a["sha256"]: a["name"] for a in self.record.get("attachments", ())}
        self.speller = Speller(people=self.people, files=files, zone=self.zone)
        self.fields: Sequence[Field] = copy["fields"]
        self.changes = history.changes(self.fields, copy["revisions"])
        scripts = {script_of(v) for r in copy["revisions"] for v in _texts(r["fields"])}
        self.han = "ja" if "ja" in scripts else "ko" if "ko" in scripts else "zh"

    def data(self) -> dict[str, Any]:
        """Everything `record.typ` reads."""
        return {
            "number": self.record["number"],
            "title": self.say(self.record.get("title") or self.record["number"]),
            "heading": f"{self.record['number']} {self.record.get('title') or ''}".strip(),
            "process": self.say(self.copy["process"]["title"]),
            "state": self.say(self._state(self.record["state"])),
            "revision": str(self.record["revision"]),
            "type": self.about["type"],
            "notice": self.about.get("notice", ""),
            "facts": self._facts(),
            "fields": [self._field(field) for field in self.fields],
            "standing": self._standing(),
            "signatures": [self._signature(s) for s in self.copy["signatures"]],
            "attachments": [self._attachment(a) for a in self.record.get("attachments", ())],
            "links": [self._link(link) for link in self.record.get("links", ())],
            "history": [self._revision(r) for r in self.copy["revisions"]],
            "trail": self._trail(),
            "trail_note": self._trail_note(),
            "footer": self._footer(),
            "about": self._about(),
        }

    def say(self, words: Any) -> Said:
        """User text with the direction and script it asks for; plain where the page's own will do."""
        text = str(words)
        script = script_of(text)
        script = self.han if script == "zh" else script
        if not script:
            return text
        return {"t": text, "l": script, "d": "rtl" if runs_from_right(text) else "ltr"}

    def moment(self, text: str | None) -> str:
        """A moment in the site's zone and in UTC, one a line."""
        return f"{local(text, self.zone)}\n{utc(text)}" if text else ""

    def person(self, who: Any) -> Said:
        """A person by name and id, from an id or a `{user_id, name}`."""
        if isinstance(who, Mapping):
            return self.say(named(str(who.get("user_id", "")), who.get("name")))
        return self.say(named(str(who), self.people.get(str(who)))) if who else ""

    def _state(self, code: str) -> str:
        return self._titled("states", code)

    def _titled(self, kind: str, code: str) -> str:
        """A state's or step's title by its code; the code in plain letters where the process gives none."""
        listed = self.copy["process"].get(kind, ())
        titles = {one["name"]: one["title"] for one in listed if isinstance(one, Mapping)}
        return titles.get(code) or code.replace("_", " ")

    def _facts(self) -> list[list[Said]]:
        record, process = self.record, self.copy["process"]
        until = record.get("retain_until")
        facts: list[tuple[str, Any]] = [
            ("Record", record["number"]),
            ("Process", self.say(f"{process['title']}, version {record['process_version']}")),
            ("Process fingerprint", record["fingerprint"]),
            ("Status", self.say(self._state(record["state"]))),
            ("Revision", str(record["revision"])),
            ("Digest of the revision (SHA-256)", record["digest"]),
            ("Owner", self.person(record.get("owner"))),
            ("Due", self.moment(record.get("due"))),
            ("Site", self.say(record.get("site") or "")),
            ("Created", self.moment(record.get("created_at"))),
            ("Last changed", self.moment(record.get("updated_at"))),
            ("Keep until", values.day(date.fromisoformat(until)) if until else "not determined yet"),
        ]
        return [[label, value] for label, value in facts if value]

    def _field(self, field: Field) -> dict[str, Any]:
        value = self.record["fields"].get(field["name"])
        flags = {flag["field"]: flag["why"] for flag in self.record.get("flags", ())}
        of_field = [c for c in self.changes if c.field is field and not c.first_entry]
        said: dict[str, Any] = {
            "label": self.say(_label(field)),
            "kind": field["type"] if _has_parts(field, value) else "value",
            "value": self.say(self.speller.spell(field, value)),
            "flag": self.say(flags.get(field["name"], "")),
            "earlier": [self._earlier(change) for change in of_field],
        }
        changed = {change.path for change in of_field}
        if said["kind"] == "group":
            said["rows"] = [
                self._member(m, value.get(m["name"]), (m["name"],) in changed) for m in field["fields"]
            ]
        if said["kind"] == "table":
            said["columns"] = [self.say(_label(column)) for column in field["fields"]]
            said["rows"] = [self._row(field, n, row, changed) for n, row in enumerate(value, 1)]
        return said

    def _member(self, member: Field, value: Any, changed: bool) -> dict[str, Any]:
        return {
            "label": self.say(_label(member)),
            "value": self.say(self.speller.spell(member, value)),
            "changed": changed,
        }

    def _row(
        self, field: Field, number: int, row: Mapping[str, Any], changed: set[Any]
    ) -> list[dict[str, Any]]:
        return [self._member(c, row.get(c["name"]), (number, c["name"]) in changed) for c in field["fields"]]

    def _earlier(self, change: history.Change) -> dict[str, Any]:
        revision = change.revision
        return {
            "place": self.say(values.place(change.field, change.path)),
            "old": self.say(self.speller.spell(change.leaf, change.old)),
            "new": self.say(self.speller.spell(change.leaf, change.new)),
            "revision": str(revision["revision"]),
            "who": self.person(revision.get("person")),
            "when": self.moment(revision.get("at")),
            "reason": self.say(revision.get("reason") or ""),
        }

    def _standing(self) -> str:
        """The signed state of this very revision in one sentence (URS-MAN-04, URS-LNK-02)."""
        number, revision = self.record["number"], self.record["revision"]
        signatures = [one for one in self.copy["signatures"] if not one.get("withdraws")]
        if not signatures:
            return f"Unsigned: {number} revision {revision} carries no signature."
        standing = sum(1 for s in signatures if s["standing"] == "stands")
        if standing == 0:
            if all(one["standing"] == "withdrawn" for one in signatures):
                return f"No signature stands for revision {revision}: all that were given are withdrawn."
            signed = sorted({int(s["revision"]) for s in signatures})
            earlier = ", ".join(str(n) for n in signed)
            return (
                f"No signature stands for revision {revision}: the signatures below were given to revision "
                f"{earlier} and apply as each of them says."
            )
        verb, cover = ("stands", "it covers") if standing == 1 else ("stand", "they cover")
        noun = "signature" if len(signatures) == 1 else "signatures"
        return f"{standing} of {len(signatures)} {noun} {verb}: what {cover} is unchanged in revision {revision}."

    def _signature(self, signature: Mapping[str, Any]) -> dict[str, Any]:
        standing = signature["standing"]
        why = signature.get("why") or ""
        kinds = [str(kind).replace("_", " ") for kind in signature["components"]]
        return {
            "name": self.say(signature["name"]),
            "user_id": self.say(signature["user_id"]),
            "role": self.say(signature["role"]),
            "organisation": self.say(signature["organisation"]),
            "meaning": self.say(signature["meaning"]),
            "step": self.say(self._titled("steps", signature["step"])),
            "local": as_signed(signature["at"], signature["offset"], signature["zone"]),
            "utc": utc(signature["at"]),
            "revision": str(signature["revision"]),
            "digest": signature["digest"],
            "components": ", ".join(kinds),
            "stands": standing == "stands",
            "standing": self.say(f"{STANDING.get(standing, standing)}{': ' if why else ''}{why}"),
        }

    def _attachment(self, attachment: Mapping[str, Any]) -> list[Said]:
        size, by_hand = attachment.get("size"), attachment.get("handwritten")
        name = str(attachment["name"])
        if by_hand:
            name += f"\nhandwritten signature of {by_hand['signer']}, {by_hand['signed_on']}; the paper: {by_hand['original']}"
        return [
            self.say(name),
            self.say(attachment.get("field") or ""),
            f"{size:,} bytes".replace(",", " ") if isinstance(size, int) else "",
            attachment["sha256"],
            self.person(attachment.get("by") or attachment.get("added_by") or ""),
            self.moment(attachment.get("at") or attachment.get("added_at")),
        ]

    def _link(self, link: Mapping[str, Any]) -> list[Said]:
        return [
            self.say(link.get("label") or str(link["kind"]).replace("_", " ")),
            self.say(link.get("number") or link.get("to") or ""),
            self.say(link.get("title") or ""),
            self.say(str(link.get("state") or "").replace("_", " ")),
        ]

    def _revision(self, revision: Mapping[str, Any]) -> dict[str, Any]:
        own = [c for c in self.changes if c.revision is revision]
        return {
            "revision": str(revision["revision"]),
            "digest": revision["digest"],
            "who": self.person(revision.get("person")),
            "when": self.moment(revision.get("at")),
            "reason": self.say(revision.get("reason") or ""),
            "changes": [self._earlier(c) for c in own],
        }

    def _trail(self) -> list[list[Any]] | None:
        trail = self.copy.get("audit_trail")
        return None if trail is None else [self._entry(item) for item in trail[:TRAIL_ON_PAPER]]

    def _entry(self, item: Mapping[str, Any]) -> list[Any]:
        seq = item.get("seq")
        person = item.get("person") or {}
        who = named(str(person.get("user_id", "")), person.get("name"))
        answered_for = str(item.get("on_behalf_of") or "")
        who += f", for {answered_for}" if answered_for and item.get("channel") != "job" else ""
        what = [str(item.get("title") or item["action"])]
        if item.get("object") not in (None, "", item.get("record")) and item["action"] not in (
            STEP,
            REFUSING_TO_SIGN,
        ):
            what.append(str(item["object"]))
        what += [f"refused: {item.get('rule')}"] if item.get("outcome") == "denied" else []
        return [
            "" if seq is None else str(seq),
            self.moment(item["at"]) + ("\nclock in doubt" if item.get("time_doubtful") else ""),
            self.say(f"{who}\n{person.get('role') or ''}".strip()),
            self.say("\n".join(what)),
            [self._trail_change(change) for change in item.get("changes", ())],
            self.say(item.get("reason") or ""),
            self.say(" ".join(str(item.get(k) or "") for k in ("channel", "source", "terminal")).strip()),
        ]

    def _trail_change(self, change: Mapping[str, Any]) -> list[Said]:
        label = change.get("label") or change["field"]
        return [
            self.say(label),
            self.say(values.plain(change.get("old"))),
            self.say(values.plain(change.get("new"))),
        ]

    def _trail_note(self) -> str:
        trail = self.copy.get("audit_trail")
        if trail is None:
            return (
                "Left out of this copy by the choice of the person who made it; it is kept with the record."
            )
        if len(trail) > TRAIL_ON_PAPER:
            return (
                f"The trail has {len(trail)} entries. The first {TRAIL_ON_PAPER} are set here; all of them are "
                "in the electronic copy attached to this file."
            )
        return f"All {len(trail)} entries, oldest first."

    def _footer(self) -> dict[str, Any]:
        by = self.about["printed_by"]
        return {
            "by": self.say(named(by["user_id"], by.get("name"))),
            "utc": utc(self.about["printed_at"]),
            "local": local(self.about["printed_at"], self.zone),
            "software": self.about["software"],
        }

    def _about(self) -> list[list[Said]]:
        about = self.about
        facts: list[tuple[str, Any]] = [
            ("Copy type", about["type"]),
            ("Copy of", f"{self.record['number']}, revision {self.record['revision']}"),
            ("Printed by", self._footer()["by"]),
            ("Printed at", f"{self._footer()['local']}\n{self._footer()['utc']}"),
            ("Times", about["zone_rule"]),
            ("Software", about["software"]),
            ("Installation", about.get("installation", "")),
            ("Ledger", self._ledger()),
            (
                "Electronic copy",
                "Attached to this file as record.json: the same data, for search and sorting.",
            ),
        ]
        return [[label, value] for label, value in facts if value]

    def _ledger(self) -> str:
        """Size and short root of the ledger as last signed: whoever keeps this paper can prove a later rewriting."""
        head = self.about.get("ledger")
        if not head:
            return ""
        return f"{head['size']:,} entries, root {head['root'][:16]}…\n{utc(head['sealed_at'])}"


def _label(field: Field) -> str:
    """The label with its unit, where one belongs to the field and not only to the value."""
    return f"{field['label']} [{field['unit']}]" if field.get("unit") else str(field["label"])


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in _texts(item)]
    return [text for item in value for text in _texts(item)] if isinstance(value, list) else []


def _has_parts(field: Field, value: Any) -> bool:
    """Whether there are rows or members to show: a table may be empty, or not apply for a stated reason."""
    excused = isinstance(value, Mapping) and "not_applicable" in value
    return field["type"] in ("group", "table") and not is_empty(value) and not excused

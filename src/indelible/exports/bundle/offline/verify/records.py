"""Records against the ledger: each copy, revision, signature and act in the bundle against the entries it rests on."""

import json
import re
from base64 import urlsafe_b64decode
from hashlib import sha256

from verify.ed25519 import is_signed
from verify.faults import Fault
from verify.ledger import Key

OF_RECORD = ("records_revision", "records_attachment", "signatures_signature")


def image(entry):
    return entry.get("new") or entry.get("old") or {}


def is_elsewhere(found):
    """Whether an image or value is kept by digest and length only."""
    return isinstance(found, dict) and set(found) == {"sha256", "len"}


HEAD = re.compile(
    rb'{"v":1,"kind":"([a-z]+)","id":([0-9]+)(?:,"act":[0-9]+)?,"at":"[^"\\]*","xid":"[0-9]+"(?:,"table":"([^"\\]*)")?[,}]'
)
KEY_CHANGE = b'"action":"key.rotate"'
NAMED = re.compile(rb'"record": ?"([^"\\]*)"')


def passed_over(raw):
    """The number of an entry that cannot concern a record by its table, told by its first keys alone; else None."""
    head = HEAD.match(raw)
    if head is None:
        return None
    table = (head.group(3) or b"").decode("latin-1")
    concerns = table.startswith("records_") or table in OF_RECORD
    return None if concerns or len(head.group(2)) > 18 else int(head.group(2))


class Concern:
    """The rule for what concerns the records of a bundle: stated in README.txt, applied alike to a slice and a whole log."""

    def __init__(self, records):
        self.numbers = {one["number"] for one in records}
        self.ids = {str(one["id"]) for one in records}
        self.links, self.acts = set(), set()

    def takes_event(self, entry):
        """Whether a row's entry concerns the records; remembers its act and its link."""
        table, told = entry.get("table", ""), image(entry)
        if table == "records_record":
            ours = entry.get("pk") in self.ids
        elif table in OF_RECORD:
            ours = is_elsewhere(told) or str(told.get("record_id")) in self.ids
        elif table == "records_link":
            ours = bool({str(told.get("source_id")), str(told.get("target_id"))} & self.ids)
            self.links |= {entry.get("pk")} if ours else set()
        else:
            ours = table == "records_link_end" and str(told.get("link_id")) in self.links
        if ours and "act" in entry:
            self.acts.add(entry["act"])
        return ours

    def may_take_act(self, raw):
        """Whether an act's bytes may be such an act; to be asked after all events were, before the bytes are read as JSON."""
        head = HEAD.match(raw)
        if head is None or b"\\u" in raw or int(head.group(2)) in self.acts:
            return True
        return KEY_CHANGE in raw or any(name.decode("latin-1") in self.numbers for name in NAMED.findall(raw))

    def takes_act(self, entry):
        """Whether an act's entry concerns them; to be asked after all events were."""
        return entry["id"] in self.acts or image(entry).get("record") in self.numbers or changes_key(entry)


def canonical(value):
    """RFC 8785 bytes of a value without fractions."""
    return json.dumps(ordered(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def ordered(value):
    """The value with its names in the order of RFC 8785."""
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value, key=lambda one: one.encode("utf-16-be"))}
    return [ordered(part) for part in value] if isinstance(value, list) else value


def without_numbers(value):
    if isinstance(value, dict):
        return {key: without_numbers(part) for key, part in value.items()}
    if isinstance(value, list):
        return [without_numbers(part) for part in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def check_rows(entries):
    """Each row's entries follow one another: the first makes it, each later one begins where the one before ended."""
    last = {}
    for entry in entries:
        if entry["kind"] == "act" or not entry.get("table"):
            continue
        row = (entry["table"], entry.get("pk"))
        before, op = last.get(row), entry.get("op")
        if before is None and op != "I":
            raise Fault(
                "Row %s of %s begins in the middle: its making (entry %s) is left out."
                % (row[1], row[0], entry["id"])
            )
        if before is not None and entry["kind"] != "baseline" and not _follows(before, entry):
            raise Fault(
                "Row %s of %s: a change before entry %s is left out or was made past the trail."
                % (row[1], row[0], entry["id"])
            )
        last[row] = entry
    return last


def _follows(before, entry):
    was, old = before.get("new"), entry.get("old")
    if was is None or old is None:
        return was is None and old is None
    if before.get("layout") == entry.get("layout"):
        return was == old
    return all(was[name] == old[name] for name in set(was) & set(old))


def changes_key(act):
    """Whether an act changed the service's key; it says the lines of the old and the new one."""
    return act.get("action") == "key.rotate" and image(act).get("object") == "key:service"


def service_keys(entries, service):
    """The service's key and those before it, each vouched for by the entry of its change: no other led to this one."""
    keys = [service]
    for act in reversed([one for one in entries if one["kind"] == "act" and changes_key(one)]):
        told = image(act).get("detail") or {}
        if told.get("new") == keys[-1].line:
            keys.append(Key(str(told.get("old"))))
    return keys


def check_tokens(entries, service):
    """Each act carries a token that the service's key signed; returns how many do not: writes past the product."""
    keys, missing = service_keys(entries, service), []
    for entry in entries:
        if entry["kind"] != "act":
            continue
        body, _, encoded = entry.get("token", "").rpartition("|")
        try:
            signature = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        except ValueError:
            signature = b""
        told = image(entry)
        words = body.split("|")
        bound = any(
            len(words) == 6 and words[4] == _binding(entry, told, one, other)
            for one in {told.get("object", ""), ""}
            for other in {told.get("record", ""), ""}
        )
        if (
            not bound
            or words[1] != told.get("user_id")
            or not any(is_signed(key.public, body.encode(), signature) for key in keys)
        ):
            missing.append(entry["id"])
    return missing


def _binding(entry, told, named, record):
    parts = [
        entry.get("action", ""),
        named,
        record,
        entry.get("reason", ""),
        entry.get("outcome", ""),
        entry.get("rule", ""),
    ]
    return sha256("".join("%s\x1f" % part for part in parts).encode()).hexdigest()

"""Records against the ledger: each copy, revision, signature and act in the bundle against the entries it rests on."""

import json
import re
from base64 import urlsafe_b64decode
from hashlib import sha256

from verify.container import parsed
from verify.ed25519 import is_signed
from verify.faults import Fault
from verify.ledger import Key, unbase64
from verify.proofs import check_proof

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
    return json.dumps(_sorted(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _sorted(value):
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=lambda one: one.encode("utf-16-be"))}
    return [_sorted(part) for part in value] if isinstance(value, list) else value


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


def check_record(copy, about, by_table, acts):
    """One `records/NUMBER.json` against its rows and acts; returns {revision: content}."""
    record, number = copy["record"], about["number"]
    rows = [one for one in by_table.get("records_record", ()) if one.get("pk") == str(about["id"])]
    now = rows[-1].get("new") if rows else None
    if not isinstance(now, dict):
        raise Fault("The ledger does not hold the record %s." % number)
    for name in (
        "number",
        "title",
        "state",
        "revision",
        "digest",
        "process",
        "process_version",
        "fingerprint",
    ):
        if now.get(name) != record.get(name):
            raise Fault(
                "%s: its %s in the copy is not what the ledger says." % (number, name.replace("_", " "))
            )
    contents = _check_revisions(copy, about, by_table, acts)
    if contents[record["revision"]]["fields"] != record["fields"]:
        raise Fault("%s: the fields it shows are not those of its newest revision." % number)
    _check_trail(copy, number, acts)
    return contents


def _check_revisions(copy, about, by_table, acts):
    number, contents, kept = about["number"], {}, {}
    for entry in by_table.get("records_revision", ()):
        if str(image(entry).get("record_id")) == str(about["id"]):
            kept[image(entry).get("number")] = entry
    told = copy["revisions"]
    if [one["revision"] for one in told] != list(range(1, copy["record"]["revision"] + 1)):
        raise Fault("%s: a revision is missing from the copy, or one too many is there." % number)
    for one in told:
        content = {"attachments": one["attachments"], "fields": one["fields"]}
        what = "%s, revision %d" % (number, one["revision"])
        entry = kept.get(one["revision"])
        if sha256(canonical(content)).hexdigest() != one["digest"]:
            raise Fault("%s: its content does not give its digest." % what)
        if entry is None or image(entry).get("digest") != one["digest"]:
            raise Fault("%s: the ledger does not hold it so." % what)
        act = acts.get(entry.get("act"))
        said = (act or {}).get("reason", ""), image(act or {}).get("user_id")
        if (one["reason"] or "", one["person"]["user_id"]) != said:
            raise Fault("%s: who wrote it and why is not what the ledger says." % what)
        contents[one["revision"]] = content
    return contents


def _check_trail(copy, number, acts):
    """Each line of the copy's trail is an act of the ledger, and each act of the ledger on this record is a line of it."""
    told = {}
    for item in copy["audit_trail"]:
        told[item["seq"]] = item
    for act in acts.values():
        here = told.pop(act["_seq"], None)
        if here is None:
            if image(act).get("record") == number:
                raise Fault(
                    "%s: its audit trail leaves out act %s (%s)." % (number, act["id"], act.get("action"))
                )
            continue
        said = (
            act.get("action"),
            image(act).get("user_id"),
            act.get("reason", ""),
            act.get("outcome", ""),
            act["at"][:19],
        )
        if said != (
            here["action"],
            here["person"]["user_id"],
            here["reason"] or "",
            here["outcome"],
            here["at"][:19],
        ):
            raise Fault("%s: line %s of its audit trail is not what the ledger says." % (number, here["seq"]))
    if any(not item["action"].startswith("database.") for item in told.values()):
        raise Fault("%s: its audit trail tells of an act that the ledger does not hold." % number)


def check_signature(told, by_table, contents, shown, files):
    """One signature: its manifest against its row in the ledger, the revision it covers and the bytes of the files."""
    raw = unbase64(told["manifest"], "The manifest of a signature")
    name = "The signature by %s on %s (%s)" % (told["name"], told["record"], told["meaning"])
    digest = sha256(raw).hexdigest()
    rows = [one for one in by_table.get("signatures_signature", ()) if one.get("pk") == str(told["id"])]
    if len(rows) != 1 or image(rows[0]).get("digest") != digest or digest != told["digest"]:
        raise Fault("%s: what was signed is not what the ledger says was signed." % name)
    row, signed = image(rows[0]), parsed(raw, "The manifest of a signature")
    signer = signed["signer"]
    said = {
        "step": signed["step"], "meaning": signed["meaning"], "user_id": signer["id"], "name": signer["name"],
        "role": signer["role"], "organisation": signer["organisation"], "zone": signer["zone"],
        "offset": signer["offset"],
    }  # fmt: skip
    for part, value in said.items():
        if row.get(part) != value or told[part] != value:
            raise Fault("%s: its %s is not the one signed." % (name, part))
    here, parts = shown[told["id"]], (*said, "record", "revision", "digest")
    if any(here[part] != told[part] for part in parts) or here["components"] != signed["components"]:
        raise Fault("%s: the copy of the record shows it otherwise." % name)
    content = contents.get(told["record"], {}).get(told["revision"])
    if content is None or signed["record"] != told["record"] or signed["revision"] != str(told["revision"]):
        raise Fault("%s: it was made on %s, revision %s." % (name, signed["record"], signed["revision"]))
    if signed["fields"] != without_numbers(content["fields"]):
        raise Fault("%s: the content differs from what was signed." % name)
    if signed["attachments"] != without_numbers(content["attachments"]):
        raise Fault("%s: the attachments differ from those signed." % name)
    for one in signed["attachments"]:
        if "attachments/" + one["sha256"] not in files:
            raise Fault("%s: the file %s that was signed is not in the bundle." % (name, one["name"]))
    check_proof(name, signed, row.get("evidence") or {}, digest)


def check_withdrawal(told, others, by_table, shown):
    """A signature that takes back another: by the same person on the same record, named by its digest, and told as withdrawn."""
    signed = parsed(unbase64(told["manifest"], "The manifest of a signature"), "The manifest of a signature")
    name = "The signature by %s on %s (%s)" % (told["name"], told["record"], told["meaning"])
    rows = [one for one in by_table.get("signatures_signature", ()) if one.get("pk") == str(told["id"])]
    back = (image(rows[-1]) if rows else {}).get("withdraws_id")
    if shown[told["id"]].get("withdraws") != back:
        raise Fault("%s: the copy of the record shows otherwise what it takes back." % name)
    if "withdraws" not in signed:
        if back is not None:
            raise Fault("%s: it was not signed to take back another." % name)
        return
    found = [one for one in others if one["digest"] == signed["withdraws"]]
    if len(found) != 1 or back != found[0]["id"] or back == told["id"]:
        raise Fault("%s: the signature it takes back is not the one it was signed for." % name)
    if (found[0]["record"], found[0]["user_id"]) != (told["record"], told["user_id"]):
        raise Fault("%s: it takes back what somebody else signed, or elsewhere." % name)
    if shown[found[0]["id"]]["standing"] not in ("withdrawn", "invalid"):
        raise Fault(
            "%s: it takes back signature %s, which the copy tells otherwise." % (name, found[0]["id"])
        )

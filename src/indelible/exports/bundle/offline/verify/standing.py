"""Whether a signature still stands, derived anew: from the record's steps in the entries, its revisions and its declaration.

The declaration is processes/FINGERPRINT.json, whose SHA-256 the record's row in the ledger holds. A bundle of an earlier version
has none: then only what follows without it is said, and the rest is told as resting on the seal.
"""

from verify.facts import acts_on, is_same
from verify.faults import Fault
from verify.records import image
from verify.signatures import name_of

WITHDRAWAL = "withdraw-signature-"
STANDS, EARLIER, WITHDRAWN = "stands", "earlier revision", "withdrawn"


class Declaration:
    """What of a process decides how far a signature reaches: its states in order, who may fill which path in which state."""

    def __init__(self, document):
        self.states = document["states"]
        self.leaves = {one["name"]: _leaves(one) for one in document["fields"]}
        self.edit = document.get("edit", {})
        self.steps = document["steps"]

    def order(self, state):
        return self.states.index(state)

    def covered(self, state):
        """The paths that a signature given in this state stands for: all that could be entered up to it."""
        found = set()
        for earlier in self.states[: self.order(state) + 1]:
            for edit in self.edit.get(earlier, ()):
                found.update(leaf for path in edit["fields"] for leaf in self._below(path))
            for step in self.steps:
                if earlier in step["from"]:
                    found.update(leaf for path in step.get("fills", ()) for leaf in self._below(path))
        return found

    def _below(self, path):
        return self.leaves.get(path, [path])


def _leaves(field):
    parts = field.get("fields") or field.get("columns") or ()
    return ["%s.%s" % (field["name"], one["name"]) for one in parts] or [field["name"]]


def declaration_of(box, fingerprint):
    """The declaration that a record is pinned to, None where the bundle has none; Fault where it is another one."""
    name = "processes/%s.json" % fingerprint
    if name not in box.sizes:
        return None
    if box.digest(name) != fingerprint:
        raise Fault("%s is not the declaration that the ledger names." % name)
    return Declaration(box.json(name, dict))


class Passage:
    """A step that the record took: by which act, from which state to which."""

    def __init__(self, act, step, origin, state):
        self.act, self.step, self.origin, self.state = act, step, origin, state


def passages(about, facts):
    """Every step of the record as its rows and their acts tell it, the oldest first."""
    found, last = [], None
    for row in facts.of_row("records_record", about["id"]):
        act, new = facts.act_of(row), row.get("new") or {}
        if row["kind"] == "baseline" or act is None:
            continue
        if row.get("op") == "I":
            found.append(Passage(act["id"], "", "", new.get("state")))
        elif acts_on(act, "record.step") and image(act).get("record") == about["number"]:
            if last != act["id"]:
                was = (row.get("old") or {}).get("state")
                found.append(Passage(act["id"], image(act).get("object", ""), was, ""))
            found[-1].state = new.get("state")
            last = act["id"]
    return found


def counting(line):
    """The steps that still count: neither withdrawals nor what they took back."""
    kept = []
    for one in line:
        if one.step.startswith(WITHDRAWAL):
            kept.pop()
        else:
            kept.append(one)
    return kept


def check(about, told, facts, contents, shown, box, rest):
    """Sentences: the standing that the copy tells of each signature of this record, against what the ledger makes it."""
    rows = facts.of_row("records_record", about["id"])
    declared = declaration_of(box, str((rows[-1].get("new") or {}).get("fingerprint")))
    line = passages(about, facts)
    for one in told:
        if one["record"] != about["number"]:
            continue
        may = _possible(one, told, line, declared, contents[about["number"]], facts)
        said = shown[one["id"]].get("standing")
        if said not in may:
            why = " (the copy says: %s)" % shown[one["id"]].get("why") if said == "invalid" else ""
            yield "%s: the copy tells its standing as “%s”%s, the ledger makes it “%s”." % (
                name_of(one),
                said,
                why,
                "” or “".join(sorted(may)),
            )
        elif len(may) > 1:
            rest.line("the standing of signature %s on %s (“%s”)" % (one["id"], about["number"], said))


def _possible(one, others, line, declared, contents, facts):
    """The standings that the entries leave open: one, where the bundle holds the declaration."""
    row = image(facts.of_row("signatures_signature", one["id"])[0])
    passage = next((p for p in line if p.act == row.get("act")), None)
    if passage is None:
        return {"invalid"}
    if row.get("withdraws_id") is not None:
        return {STANDS}
    if any(image(other).get("withdraws_id") == one["id"] for other in facts.rows["signatures_signature"]):
        return {WITHDRAWN}
    changed = _is_changed(passage, declared, contents, one["revision"])
    undone = _is_undone(passage, line, declared)
    found = set() if changed is False else {EARLIER}
    if changed is not True:
        found |= set() if undone is False else {WITHDRAWN}
        found |= set() if undone is True else {STANDS}
    return found


def _is_changed(passage, declared, contents, revision):
    """Whether a covered path is no longer as it was signed; None where that needs the declaration."""
    signed, now = contents[revision]["fields"], contents[max(contents)]["fields"]
    if revision == max(contents) or is_same(signed, now):
        return False
    if declared is None:
        return None
    leaves = [leaf for those in declared.leaves.values() for leaf in those]
    covered = declared.covered(passage.origin)
    return any(p in covered and not is_same(_value(signed, p), _value(now, p)) for p in leaves)


def _value(fields, path):
    """What stands at a declared path: for a column the list of its cells, row by row."""
    top, _, part = path.partition(".")
    value = fields.get(top)
    if not part or value is None:
        return value
    if isinstance(value, list):
        return [row.get(part) for row in value]
    return [value.get("not_applicable"), value.get(part)]


def _is_undone(passage, line, declared):
    """Whether a later step that counts led back to the signed state or before it; None where that needs the declaration."""
    later = [one for one in counting(line) if line.index(one) > line.index(passage)]
    moved = [one for one in later if one.state != one.origin]
    if not moved:
        return False
    if declared is None:
        return None
    return any(
        declared.order(one.state) < declared.order(one.origin)
        and declared.order(one.state) <= declared.order(passage.origin)
        for one in moved
    )

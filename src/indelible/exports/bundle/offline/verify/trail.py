"""The audit trail in a copy against the ledger: each line an act or a write past the product, its old and new values those of the rows."""

from verify import changes
from verify.changes import UNKNOWN
from verify.facts import acts_on, is_same, is_same_moment, is_same_person
from verify.records import image, is_elsewhere

OF_EACH = "the audit trail of each record"
PLACES = ("site", "legal_entity")
OPERATIONS = {"I": "database.insert", "U": "database.update", "D": "database.delete"}


def check(copy, about, facts, contents, rest):
    """Sentences: each way in which the trail of one copy says otherwise than the ledger."""
    number, told = about["number"], {}
    for item in copy["audit_trail"]:
        if item["seq"] in told:
            yield "%s: line %s stands twice in its audit trail." % (number, item["seq"])
        told[item["seq"]] = item
    for act in facts.acts.values():
        item = told.pop(act["_seq"], None)
        if item is not None:
            yield from _check_line(number, item, act, facts, contents, rest)
        elif image(act).get("record") == number:
            yield "%s: its audit trail leaves out act %s (%s)." % (number, act["id"], act.get("action"))
    for item in told.values():
        yield from _check_direct(number, item, facts, rest)
    rest.part(OF_EACH, "titles and labels in words", "whether a time is in doubt")


def _check_line(number, item, act, facts, contents, rest):
    what = "%s, line %s of its audit trail" % (number, item["seq"])
    if not is_same_moment(item["at"], act["at"]):
        yield "%s: its time is not what the ledger says." % what
    for part, told, said in _parts(item, act):
        if (told or "") == (said or ""):
            continue
        if part == "object" and told is None and acts_on(act, "record.link"):
            rest.line("%s does not name the other record, as one its reader may not see" % what)
        else:
            yield "%s: its %s is not what the ledger says." % (what, part)
    if is_elsewhere(image(act)):
        rest.line("who did it on %s, which the ledger holds by digest" % what)
    expected = []
    for entry in facts.by_act.get(act["id"], ()):
        expected.extend(_of_content(entry, contents))
    for entry in facts.by_act.get(act["id"], ()):
        if entry["kind"] != "baseline" and entry.get("table") not in changes.TOLD_OTHERWISE:
            expected.extend(changes.of_row(entry, facts))
    yield from _check_changes(what, item["changes"], expected, rest)


def _parts(item, act):
    """(name for a reader, what the copy says, what the ledger says) of everything an act's entry tells."""
    yield "action", item["action"], act.get("action")
    for part in ("reason", "source", "outcome"):
        yield part, item[part], act.get(part)
    yield "rule", item["rule"], act.get("rule", "").partition(" ")[0]
    said, person = image(act), item["person"]
    if is_elsewhere(said):
        return
    yield "user id", person["user_id"], said.get("user_id")
    yield "person's name", person["name"], said.get("name")
    yield "person's role", person.get("role"), said.get("role")
    yield "person for whom it was done", item.get("on_behalf_of"), said.get("on_behalf_of")
    for part in ("object", "record", "channel", "clause"):
        yield part, item.get(part), said.get(part)
    yield "terminal", item.get("terminal"), (said.get("detail") or {}).get("terminal")


def _of_content(entry, contents):
    """What a revision changed against the one before it, where its record is in the bundle."""
    if entry.get("table") != "records_revision" or entry.get("op") != "I":
        return []
    said = image(entry)
    those = contents.get(str(said.get("record_id")), {})
    new, old = those.get(said.get("number")), those.get(said.get("number", 0) - 1, {})
    return changes.of_contents(old, new) if new else []


def _check_changes(what, told, expected, rest):
    """Each change that the entries tell stands in the line, in their order; what stands there beside is of other rows."""
    left = list(told)
    for field, old, new in sorted(
        expected, key=lambda one: UNKNOWN in one[1:]
    ):  # what is known finds its own first
        at = next((n for n, one in enumerate(left) if _is_told(one, field, old, new)), None)
        if at is not None:
            _tell_of_unknown(what, left.pop(at), old, new, rest)
            continue
        near = next((n for n, one in enumerate(left) if one.get("field") == field), None)
        if near is None:
            yield "%s: it leaves out the change of %s." % (what, field)
            continue
        one = left.pop(near)
        for side, said in (("old", old), ("new", new)):
            if not _is_value(field, one.get(side), said):
                yield "%s: its %s value of %s is not what the ledger says." % (what, side, field)
    if left:
        those = ", ".join(str(one.get("field")) for one in left)
        rest.line("what %s tells of rows that are not in this bundle (%s)" % (what, those))


def _is_told(one, field, old, new):
    return (
        one.get("field") == field
        and _is_value(field, one.get("old"), old)
        and _is_value(field, one.get("new"), new)
    )


def _is_value(field, told, said):
    if said is UNKNOWN:
        return True
    return is_same(told, said) or (field == "owner" and is_same_person(told, said))


def _tell_of_unknown(what, one, old, new, rest):
    for side, said in (("old", old), ("new", new)):
        if said is UNKNOWN and one["field"] in PLACES:
            rest.part(OF_EACH, "the codes of its site and legal entity")
        elif said is UNKNOWN:
            rest.line("the %s value of %s on %s (“%s”)" % (side, one["field"], what, one.get(side)))


def _check_direct(number, item, facts, rest):
    """A line without an act: a write past the product, under the login of the database."""
    what = "%s, line %s of its audit trail" % (number, item["seq"])
    if not item["action"].startswith("database."):
        yield "%s: its audit trail tells of an act that the ledger does not hold." % number
        return
    entry = facts.by_seq.get(item["seq"])
    if entry is None:
        rest.line("%s, a write past the product to a row that is not in this bundle" % what)
        return
    said = (OPERATIONS.get(entry.get("op")), entry.get("db"), entry.get("table"))
    if (
        "act" in entry
        or (item["action"], item["person"]["user_id"], item["object"]) != said
        or not is_same_moment(item["at"], entry["at"])
    ):
        yield "%s is not what the ledger says." % what
        return
    yield from _check_changes(what, item["changes"], changes.of_row(entry, facts), rest)

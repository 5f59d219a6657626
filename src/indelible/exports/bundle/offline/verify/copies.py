"""A record's copy against its rows in the ledger: the record, its revisions, its owner, its links and its files."""

from hashlib import sha256

from verify.facts import is_same, is_same_moment, is_same_person
from verify.faults import Fault
from verify.records import canonical, image

PLAIN = ("number", "title", "state", "revision", "digest", "process", "process_version", "fingerprint")
CHECKED = {*PLAIN, "confidentiality", "created_at", "updated_at", "owner", "fields", "links", "attachments", "signatures"}  # fmt: skip
OF_FILE = ("sha256", "name", "field", "version", "size", "media", "author")


def contents_of(copy, about, facts):
    """{revision: content} of one record; Fault where a revision is missing or its bytes are not those of the ledger."""
    number, found = about["number"], {}
    kept = {image(one).get("number"): one for one in facts.of_record("records_revision", about["id"])}
    told = copy["revisions"]
    if [one["revision"] for one in told] != list(range(1, copy["record"]["revision"] + 1)):
        raise Fault("%s: a revision is missing from the copy, or one too many is there." % number)
    for one in told:
        content = {"attachments": one["attachments"], "fields": one["fields"]}
        what, entry = "%s, revision %d" % (number, one["revision"]), kept.get(one["revision"])
        if sha256(canonical(content)).hexdigest() != one["digest"]:
            raise Fault("%s: its content does not give its digest." % what)
        if entry is None or image(entry).get("digest") != one["digest"]:
            raise Fault("%s: the ledger does not hold it so." % what)
        found[one["revision"]] = content
    return found


def check_revisions(copy, about, facts):
    """Sentences: who wrote each revision, when, why and at which paths, against its row and its act."""
    kept = {image(one).get("number"): one for one in facts.of_record("records_revision", about["id"])}
    for one in copy["revisions"]:
        what, entry = "%s, revision %d" % (about["number"], one["revision"]), kept[one["revision"]]
        act = facts.act_of(entry)
        if act is None:
            yield "%s: the act that wrote it is not in the ledger." % what
            continue
        if not is_same_moment(one["at"], act["at"]):
            yield "%s: its time is not what the ledger says." % what
        said = {
            "reason": (one["reason"] or "", act.get("reason", "")),
            "author": (one["person"]["user_id"], image(act).get("user_id")),
            "author's name": (one["person"]["name"], image(act).get("name")),
            "list of what it changed": (one.get("changed", []), image(entry).get("changed", [])),
        }
        for part, (told, held) in said.items():
            if not is_same(told, held):
                yield "%s: its %s is not what the ledger says." % (what, part)
        if image(entry).get("author") != one["person"]["user_id"]:
            yield "%s: its author is not the one of its row in the ledger." % what


def check_record(copy, about, facts, rest):
    """Sentences: the record as it stands against the newest entry of its row; in the manifest's list, too."""
    record, number = copy["record"], about["number"]
    rows = facts.of_row("records_record", about["id"])
    now = rows[-1].get("new") if rows else None
    if not isinstance(now, dict):
        raise Fault("The ledger does not hold the record %s." % number)
    for name in PLAIN:
        if not is_same(now.get(name), record.get(name)):
            yield "%s: its %s in the copy is not what the ledger says." % (number, name.replace("_", " "))
    for name in ("title", "state", "revision"):
        if not is_same(now.get(name), about.get(name)):
            yield "%s: its %s in the manifest is not what the ledger says." % (number, name)
    for name in ("created_at", "updated_at"):
        if not is_same_moment(record.get(name), now.get(name)):
            yield "%s: its time of %s in the copy is not what the ledger says." % (number, name[:-3])
    if (record.get("confidentiality") or None) != (now.get("confidentiality") or None):
        yield "%s: its confidentiality class in the copy is not what the ledger says." % number
    yield from _check_owner(number, record, now, facts, rest)
    rest.part("records/*.json, record", *sorted(set(record) - CHECKED - {"owner_name"}))
    rest.part("records/*.json", *sorted(set(copy) & {"copy", "process", "fields"}))


def _check_owner(number, record, now, facts, rest):
    """The owner by user id; the printed name of today is no fact of the record's entries, those under which they acted are."""
    owner, known = record.get("owner"), facts.people.get(now.get("owner_id"))
    if known is None:
        rest.line("the owner of %s (“%s”)" % (number, owner))
    elif not is_same_person(owner, known):
        yield "%s: its owner in the copy is not what the ledger says." % number
        return
    if "owner_name" in record and record["owner_name"] not in facts.names.get(owner, ()):
        rest.line("the name of the owner of %s (“%s”)" % (number, record["owner_name"]))


def check_people(copy, about, facts, rest):
    """Names by user id: borne out where the person acted or signed here under it, else told as resting on the seal."""
    for user_id, name in copy["people"].items():
        if name not in facts.names.get(user_id, ()):
            rest.line("the name “%s” for the user id %s in the copy of %s" % (name, user_id, about["number"]))
    return ()


def check_links(copy, about, facts, rest):
    """Sentences: the links that the copy shows against the rows of links that stand, and the other way round."""
    number, standing = about["number"], _standing_links(about, facts)
    for told in copy["record"]["links"]:
        at = next((n for n, one in enumerate(standing) if _is_link(told, one)), None)
        if at is None:
            yield "%s: the ledger does not hold its link to %s as the copy shows it." % (
                number,
                told.get("number"),
            )
            continue
        if standing.pop(at)[2] is None:
            rest.line("that %s is linked to %s, and not to another record" % (number, told.get("number")))
        yield from _check_other_end(number, told, facts)
    for kind, _, other in standing:
        if other in facts.numbers.values():
            yield "%s: the copy leaves out its link “%s” to %s." % (number, kind, other)
    if copy["record"]["links"]:
        rest.part(
            "records/*.json, record, links",
            "labels and whether a record is open",
            "title, process and state of records that are not in the bundle",
        )


def _standing_links(about, facts):
    """[(kind, direction, number of the other end or None)], those with a known end first."""
    ended = {str(image(one).get("link_id")) for one in facts.rows.get("records_link_end", ())}
    found = []
    for one in facts.rows.get("records_link", ()):
        told = image(one)
        outward = str(told.get("source_id")) == str(about["id"])
        ours = outward or str(told.get("target_id")) == str(about["id"])
        if ours and one.get("op") == "I" and one.get("pk") not in ended:
            kind = told.get("kind") if outward else told.get("back")
            found.append((kind, "to" if outward else "from", facts.other_end(one, about["id"])))
    return sorted(found, key=lambda one: one[2] is None)


def _is_link(told, one):
    kind, direction, other = one
    return (told.get("kind"), told.get("direction")) == (kind, direction) and (
        other is None or told.get("number") == other
    )


def _check_other_end(number, told, facts):
    """What a link tells of a record that is in the bundle, too."""
    keys = {other: key for key, other in facts.numbers.items()}
    rows = facts.of_row("records_record", keys.get(told["number"], ""))
    now = (rows[-1].get("new") if rows else None) or {}
    for name in ("title", "process", "state"):
        if name in now and now[name] != told.get(name):
            yield "%s: the %s it tells of the linked %s is not what the ledger says." % (
                number,
                name,
                told["number"],
            )


def check_files(copy, about, facts, sizes, rest):
    """Sentences: each file the copy lists against its row, and its bytes in the bundle."""
    number, kept = about["number"], facts.of_record("records_attachment", about["id"])
    told = copy["record"]["attachments"]
    if len(told) != len(kept):
        yield "%s: the copy lists %d files, the ledger holds %d." % (number, len(told), len(kept))
    for one, entry in zip(told, kept):
        what, row = "%s, file %s" % (number, one["name"]), image(entry)
        for name in OF_FILE:
            if not is_same(one.get("by" if name == "author" else name), row.get(name)):
                yield "%s: its %s is not what the ledger says." % (what, name)
        if not is_same_moment(one["at"], row.get("at")):
            yield "%s: its time is not what the ledger says." % what
        by_hand = one.get("handwritten")
        bare = {name: part for name, part in by_hand.items() if name != "reused"} if by_hand else None
        if not is_same(bare, row.get("handwritten")):
            yield "%s: who signed it by hand is not what the ledger says." % what
        if by_hand:
            rest.part("records/*.json, record, attachments", "whether a picture lies elsewhere, too (reused)")
        if "attachments/" + one["sha256"] not in sizes:
            yield "%s: its bytes are not in the bundle." % what

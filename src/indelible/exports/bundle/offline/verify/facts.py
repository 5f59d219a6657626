"""What the entries of the bundle say, found by what one asks for: rows, acts, who a person is, which record a key means."""

import re
from datetime import datetime
from unicodedata import normalize

from verify.records import image, is_elsewhere

PROGRAM = "machine:"
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)")


def moment(text):
    """An RFC 3339 moment; ValueError for anything else."""
    found = MOMENT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("no moment")
    day, time, part, zone = found.groups()
    zone = "+00:00" if zone == "Z" else zone
    return datetime.fromisoformat("%sT%s.%s%s" % (day, time, (part or "").ljust(6, "0"), zone))


def is_same_moment(told, said):
    """Whether two texts are moments and the same one, to the microsecond and in whatever zone they are written."""
    try:
        return moment(told) == moment(said)
    except ValueError:
        return False


def is_same(told, said):
    """Whether two JSON values are the same; true and 1 are not."""
    if type(told) is not type(said):
        return False
    if isinstance(told, dict):
        return set(told) == set(said) and all(is_same(told[name], said[name]) for name in told)
    if isinstance(told, list):
        return len(told) == len(said) and all(is_same(one, other) for one, other in zip(told, said))
    return told == said


def is_same_person(told, said):
    """Whether two user ids are one person's: ids that differ by their case alone are never two people."""
    if not isinstance(told, str) or not isinstance(said, str):
        return False
    return normalize("NFKC", told.strip()).casefold() == normalize("NFKC", said.strip()).casefold()


def acts_on(act, name):
    """Whether an act did this (was not refused)."""
    return act is not None and act.get("action") == name and act.get("outcome") == "done"


class Facts:
    """The entries looked up: `acts` by id, `rows` by table, `by_act` the rows that an act wrote, `by_seq` by place.

    `numbers` {record id: number} of the records in the bundle, `people` {person id: user id} as far as entries here tell it,
    `names` {user id: printed names under which they acted here}.
    """

    def __init__(self, entries, records):
        self.acts = {one["id"]: one for one in entries if one["kind"] == "act"}
        self.rows, self.by_act, self.by_seq, self._row, self._owned = {}, {}, {}, {}, {}
        for one in entries:
            self.by_seq[one["_seq"]] = one
            if one["kind"] != "act":
                self.rows.setdefault(one.get("table", ""), []).append(one)
                self.by_act.setdefault(one.get("act"), []).append(one)
                self._row.setdefault((one.get("table"), one.get("pk")), []).append(one)
                owner = str(image(one).get("record_id"))
                self._owned.setdefault((one.get("table"), owner), []).append(one)
        self.numbers = {str(one["id"]): one["number"] for one in records}
        self.people, self.names = {}, {}
        self._meet_people()

    def of_record(self, table, record):
        """The rows of a table that belong to the record of this id, in the ledger's order."""
        return self._owned.get((table, str(record)), [])

    def of_row(self, table, key):
        """Every entry of one row, in the ledger's order."""
        return self._row.get((table, str(key)), [])

    def act_of(self, entry):
        return self.acts.get(entry.get("act"))

    def other_end(self, link, record):
        """The number of the record at the other end of a link's row, None where no entry here tells it."""
        told = image(link)
        ends = {str(told.get("source_id")), str(told.get("target_id"))}
        ends.discard(str(record))
        other = ends.pop() if len(ends) == 1 else ""
        act = self.act_of(link)
        if other not in self.numbers and acts_on(act, "record.link"):
            here = {image(act).get("record"), image(act).get("object")}
            here.discard(self.numbers.get(str(record)))
            return here.pop() if len(here) == 1 else None
        return self.numbers.get(other)

    def _meet_people(self):
        for one in self.rows.get("signatures_signature", ()):
            told = image(one)
            self.people.setdefault(told.get("person_id"), told.get("user_id"))
            self.names.setdefault(told.get("user_id"), set()).add(told.get("name"))
        for act in self.acts.values():
            if not is_elsewhere(image(act)):
                self.names.setdefault(image(act).get("user_id"), set()).add(image(act).get("name"))
        for row in self.rows.get("records_record", ()):
            self._meet_owner(row)

    def _meet_owner(self, row):
        """Who opens a record owns it, a program for the person who answers for it; who is handed it is named by the act."""
        told, was, act = row.get("new") or {}, row.get("old") or {}, self.act_of(row)
        if told.get("owner_id") == was.get("owner_id"):
            return
        if row.get("op") == "I" and acts_on(act, "record.create"):
            by = image(act)
            program = str(by.get("user_id", "")).startswith(PROGRAM)
            self.people.setdefault(told.get("owner_id"), by.get("on_behalf_of" if program else "user_id"))
        elif acts_on(act, "record.reassign"):
            self.people.setdefault(told.get("owner_id"), image(act).get("object"))

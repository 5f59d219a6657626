"""Records against their revisions: each revision's content by its digest, what the record shows, what a search finds it by."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from indelible.kernel.audit.verification.examination import Check, Examination, Finding


def revisions(examined: Examination) -> Iterator[Finding]:
    """Each revision's bytes give its digest, none is missing, and the record shows the newest one."""
    for number, shown, digest, values, held in examined.rows(_RECORDS):
        name, kept = f"record {number}", {one["number"]: one for one in held}
        for missing in sorted(set(range(1, shown + 1)) - kept.keys()):
            yield Finding("revisions", f"{name}, revision {missing}", "This revision is not in the table.")
        for beyond in sorted(kept.keys() - set(range(1, shown + 1))):
            sentence = f"This revision is in the table, but the record stands at revision {shown}."
            yield Finding("revisions", f"{name}, revision {beyond}", sentence)
        if shown in kept and kept[shown]["digest"] != digest:
            yield Finding("revisions", name, "Its digest is not that of its newest revision.")
        examined.count("records")
        yield from _shown_values(examined, name, shown, values)
    for number, revision, content, digest in examined.rows(_CONTENTS):
        examined.count("revisions")
        if sha256(content).hexdigest() != digest:
            sentence = "Its content was altered: the bytes do not give the digest they were saved with."
            yield Finding("revisions", f"record {number}, revision {revision}", sentence)


def _shown_values(examined: Examination, name: str, shown: int, values: Any) -> Iterator[Finding]:
    content = examined.one(_CONTENT, [name.removeprefix("record "), shown])
    if content is None:
        return
    try:
        fields = json.loads(bytes(content))["fields"]
    except (ValueError, KeyError, TypeError):
        yield Finding("revisions", f"{name}, revision {shown}", "Its content is not a record's content.")
        return
    if fields != values:
        differing = sorted(key for key in {**fields, **values} if fields.get(key) != values.get(key))
        sentence = f"What it shows is not what its newest revision says: {', '.join(differing)}."
        yield Finding("revisions", name, sentence)


def searchable(examined: Examination) -> Iterator[Finding]:
    """What a search finds a record by is made of what the record says: nobody hid one from the search."""
    shipped = {name: body for file in _SEARCH_FILES for name, body in _FUNCTION.findall(_sql(file))}
    present = dict(examined.rows(_SEARCH_BODIES, [list(shipped)]))
    for name in sorted(shipped):
        if present.get(name) != shipped[name]:
            sentence = "Its body is not the one that this version ships: a search may pass records over."
            yield Finding("searchable", f"function {name}", sentence)
    for number, kept in examined.rows(_SEARCH_WORDS):
        sentence = "A search does not find it by what it says" if kept else "No search finds it"
        yield Finding("searchable", f"record {number}", f"{sentence}: its words for the search were altered.")
    examined.count("records' words", examined.one("select count(*) from public.records_record"))


CHECKS: Final = (
    Check("revisions", "each revision against its digest, each record against its newest one", revisions),
    Check("searchable", "what a search finds each record by", searchable),
)

_SEARCH_FILES: Final = ("search", "searchable")
_FUNCTION: Final = re.compile(r"CREATE FUNCTION public\.(\w+)\(.*?AS \$\$(.*?)\$\$", re.DOTALL)
_SEARCH_BODIES: Final = """
    select proname::text, prosrc from pg_proc where pronamespace = 'public'::regnamespace and proname = any(%s)
"""
_SEARCH_WORDS: Final = """
    select r.number, s.record_id is not null
      from public.records_record as r left join public.records_searchable as s on s.record_id = r.id
     where s.words is distinct from public.records_search(r.number, r.title, r.values) order by r.id
"""

_RECORDS: Final = """
    select r.number, r.revision, r.digest, r.values,
           (select coalesce(jsonb_agg(jsonb_build_object('number', v.number, 'digest', v.digest)), '[]')
              from public.records_revision as v where v.record_id = r.id)
      from public.records_record as r order by r.id
"""
_CONTENTS: Final = """
    select r.number, v.number, v.content, v.digest
      from public.records_revision as v join public.records_record as r on r.id = v.record_id order by v.id
"""
_CONTENT: Final = """
    select v.content from public.records_revision as v join public.records_record as r on r.id = v.record_id
     where r.number = %s and v.number = %s
"""


def _sql(name: str) -> str:
    return (files("indelible.kernel.records") / "sql" / f"{name}.sql").read_text(encoding="utf-8")

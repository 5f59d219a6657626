"""A refusal over HTTP, from whichever door: its rule, its entry, and every table as it was before."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from indelible.kernel.audit.types import Rule
from tests import seen
from tests.conftest import Database

COUNTED: Final = ("identity_lockout",)
"""The count of failed proofs is a consequence of the refusal itself (URS-ACC-07)."""
RULES: Final[dict[str, Rule]] = {rule.code: rule for room in seen.event_lists() for rule in room.RULES}
_BY_WORDS: Final = {(rule.urs, rule.title): rule for rule in RULES.values()}


@dataclass(frozen=True)
class Outcome:
    """What a door answered: status, the code of the rule that refused (or empty), the record's number, the page."""

    status: int
    code: str = ""
    number: str = ""
    text: str = ""

    @property
    def done(self) -> bool:
        """Whether it was done."""
        return self.status < 400


def rule_on(page: str) -> str:
    """The code of the rule that a page names, by requirement and title; empty where it names none."""
    title = re.search(r'id="refusal-title">(.*?)</h2>', page, re.S)
    rule = re.search(r"Nothing was changed\. Rule (URS-[A-Z]+-\d+)", page)
    if not title or not rule:
        return ""
    words = html.unescape(re.sub(r"<.*?>", "", title[1], flags=re.S)).strip()
    return _BY_WORDS[rule[1], words].code


def digests(database: Database) -> dict[str, str]:
    """A digest of all rows of each regulated table, the counted one apart."""
    with psycopg.connect(database.url("verify"), autocommit=True) as made:
        tables = [row[0] for row in made.execute("select tbl from audit.protection order by 1")]
        parts = [
            f"select '{table}', md5(coalesce(string_agg(md5(t::text), '' order by t::text), '')) from public.{table} as t"
            for table in tables
            if table not in COUNTED
        ]
        return {str(row[0]): str(row[1]) for row in made.execute(" union all ".join(parts))}


def refused(
    database: Database, codes: set[str], call: Callable[..., Outcome], *given: Any, **more: Any
) -> Outcome:
    """Calls a door and holds the refusal against the database: which rule, what it changed (nothing), its entry."""
    before, last = digests(database), _last(database)
    outcome = call(*given, **more)
    assert outcome.code in codes, f"{outcome.status} {outcome.code or outcome.text[:2000]}, not {codes}"
    rule = RULES[outcome.code]
    assert outcome.status == rule.status, outcome
    after = digests(database)
    assert before == after, f"the refusal changed {[t for t in before if before[t] != after[t]]}"
    entries = database.rows("select rule from audit.act where id > %s and outcome = 'denied'", [last])
    assert not rule.recorded or (f"{rule.urs} {rule.code}",) in entries, "the refusal left no entry"
    seen.rules.add(rule.code)
    return outcome


def _last(database: Database) -> int:
    return int(database.rows("select coalesce(max(id), 0) from audit.act")[0][0])

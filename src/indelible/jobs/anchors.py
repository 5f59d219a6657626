"""Asks the world outside to vouch for the ledger: witnesses each minute and at once for a signature, authorities daily.

A process of its own, so that what strangers answer is never read where the sealer's key is. It logs in as indelible_seal
to write receipts and as the service to raise alarms. Run: `python -m indelible.jobs.anchors`.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
from psycopg.types.json import Jsonb

from indelible.home import outgoing, outside
from indelible.home.addresses import database_address
from indelible.home.layout import Home, HomeProblem, find_home
from indelible.home.outgoing import NoAnswer, Untrusted
from indelible.home.outside import AuthorityAddress, Outside, WitnessAddress
from indelible.jobs.leaf_hashes import LeafHashes
from indelible.jobs.witnessing import Asked, Asking, Head, Outcome
from indelible.kernel.audit import anchors, events, seal, stamps
from indelible.kernel.audit.anchors import Named
from indelible.ledger import checkpoint, note
from indelible.ledger.faults import LedgerFault
from indelible.ledger.note import Verifier

BEAT: Final = 1.0

log = logging.getLogger("indelible.anchors")
Tell = Callable[[Any, str, dict[str, Any]], None]
"""Writes an event into the trail: the action, its object, its detail."""


@dataclass
class Standing:
    """What this process remembers of one witness: the size it cosigned last, up to which size signatures were looked for,
    and when it was asked (seconds of the monotonic clock)."""

    size: int = 0
    looked_size: int = 0
    asked_at: float = float("-inf")


@dataclass
class Anchors:
    """Anchors one ledger. `connection` is indelible_seal's, in autocommit; `home` holds keys and the sealer's folder."""

    connection: psycopg.Connection[Any]
    home: Home
    outside: Outside
    named: Named
    tell: Tell
    clock: Callable[[], float] = time.monotonic
    ask: Callable[..., outgoing.Said] = outgoing.ask
    standing: dict[str, Standing] = field(default_factory=dict)
    stamp_tried: dict[str, float] = field(default_factory=dict)
    told_late: int = -1
    untrusted: dict[str, str] = field(default_factory=dict)
    """By host, why its certificate was refused since it was last trusted."""

    def __post_init__(self) -> None:
        self.told_untrusted: set[str] = set()
        self.own_key: Verifier = seal.signer(self.home).verifier
        self.log_key: Verifier = self.own_key
        try:
            self._head()
        except LedgerFault:
            log.error("the newest checkpoint cannot be used")
        self.tree = LeafHashes(self.connection)
        self.standing = {
            one.name: Standing(size=self._remembered(one.name)) for one in self.outside.witnesses
        }

    def beat(self, *, now: bool = False, stamp: bool = False) -> list[Asked]:
        """Asks whoever is due, keeps what they said, raises what must be raised. `now` and `stamp`: whether due or not."""
        try:
            head = self._head()
        except LedgerFault as fault:  # a checkpoint that was altered anchors nothing; `verify` names it
            log.error("the newest checkpoint cannot be used: %s", fault)
            return []
        if head is None:
            return []
        due = [one for one in self.outside.witnesses if now or self._is_due(self.standing[one.name], head)]
        answers = self._ask_all(due, head)
        for answer in answers:
            self._take(answer, head)
        self._tell_late(head)
        for authority in self.outside.authorities:
            if stamp or self._stamp_is_due(authority):
                self._stamp(authority, head)
        self._tell_untrusted()
        return answers

    def _ask_all(self, due: Sequence[WitnessAddress], head: Head) -> list[Asked]:
        """All at once: a slow witness does not keep the others waiting."""
        if not due:
            return []
        asked_at = self.clock()
        for one in due:
            self.standing[one.name].asked_at = asked_at
            self.standing[one.name].looked_size = head.checkpoint.size
        with ThreadPoolExecutor(max_workers=len(due)) as pool:
            return list(pool.map(lambda one: self._ask(one, head), due))

    def _ask(self, address: WitnessAddress, head: Head) -> Asked:
        asking = Asking(address, self.named.witnesses[address.name], self.log_key, self.tree, self._heard)
        return asking.cosignature(head, self.standing[address.name].size)

    def _take(self, answer: Asked, head: Head) -> None:
        if answer.outcome is Outcome.SILENT:
            log.warning("no cosignature: %s", answer.sentence)
        elif answer.cosignature is None:
            self._alarm(answer)
        else:
            standing = self.standing[answer.witness]
            anchors.keep_cosigned(self.home.sealer, answer.witness, head.note, answer.cosignature.line)
            self._testify(anchors.cosignature_receipt(answer.size, answer.cosignature))
            standing.size = answer.size

    def _heard(self, method: str, url: str, *given: Any, **more: Any) -> outgoing.Said:
        """What was answered; a certificate that is refused is kept to be told (URS-OPN-02)."""
        host = urlsplit(url).netloc
        try:
            said = self.ask(method, url, *given, **more)
        except Untrusted as doubt:
            self.untrusted.setdefault(host, str(doubt))
            raise
        self.untrusted.pop(host, None)
        self.told_untrusted.discard(host)
        return said

    def _tell_untrusted(self) -> None:
        """Once for each host until it is trusted again."""
        for host in sorted(set(self.untrusted) - self.told_untrusted):
            self.tell(events.UNTRUSTED, host, {"says": self.untrusted[host]})
            self.told_untrusted.add(host)

    def _alarm(self, answer: Asked) -> None:
        """An event in the trail, once for the same state, and an end to signing where our own key proves the other history."""
        log.error("%s", answer.sentence)
        if answer.proof and self._is_of_this_epoch(answer.proof):
            seal.halt(
                self.home.sealer, f"{answer.sentence} Nothing is signed until this is settled.", answer.proof
            )
        behind = answer.outcome is Outcome.BEHIND
        detail = {"says": answer.sentence, "size": answer.size, "shown": answer.proof.decode()}
        self.tell(events.LEDGER_BEHIND if behind else events.LEDGER_FORKED, answer.witness, detail)

    def _is_of_this_epoch(self, proof: bytes) -> bool:
        """Whether what a witness showed speaks of the log that is signed now, and not of one that two people have ended."""
        try:
            state = seal.read_state(self.home.sealer, self.own_key)
            return state is None or seal.opened(proof, self.own_key).origin == state.checkpoint.origin
        except LedgerFault:
            return True

    def _tell_late(self, head: Head) -> None:
        """Once for each size the quorum stands at: entries older than ten minutes that it does not vouch for."""
        if not self.outside.witnesses:
            return
        sizes = [self.standing[name].size for name in self.named.witnesses]
        vouched = anchors.quorum_size(sizes, self.named.quorum)
        if self.told_late == vouched or not self._one(_UNVOUCHED, [anchors.COSIGNED_WITHIN, vouched]):
            return
        self.told_late = vouched
        log.error("the witnesses have not cosigned in time: %s of %s entries", vouched, head.checkpoint.size)
        detail = {"vouched": vouched, "size": head.checkpoint.size, "quorum": self.named.quorum}
        self.tell(events.WITNESSES_LATE, "witnesses", detail)

    def _is_due(self, standing: Standing, head: Head) -> bool:
        waited = self.clock() - standing.asked_at
        size = head.checkpoint.size
        since, standing.looked_size = standing.looked_size, size
        if size > since and self._one(_HAS_SIGNATURE, [since, size]):
            return True
        if waited < anchors.ASK_EVERY:
            return False
        return waited >= anchors.HEARTBEAT or (
            size != standing.size and bool(self._one(_HAS_SUBSTANCE, [standing.size, size]))
        )

    def _stamp_is_due(self, authority: AuthorityAddress) -> bool:
        if self.clock() - self.stamp_tried.get(authority.name, float("-inf")) < anchors.HEARTBEAT / 6:
            return False
        return bool(self._one(_STAMP_DUE, [authority.name, anchors.STAMP_EVERY]))

    def _stamp(self, authority: AuthorityAddress, head: Head) -> None:
        """A time stamp over the newest checkpoint, checked before it is kept; a failure is told in the log and tried again."""
        self.stamp_tried[authority.name] = self.clock()
        try:
            token = self._token(authority, head.note)
        except (NoAnswer, LedgerFault) as problem:
            log.warning("no time stamp: %s: %s", authority.name, problem)
            return
        self._testify(anchors.stamp_receipt(head.checkpoint.size, authority.name, token))

    def _token(self, authority: AuthorityAddress, text: bytes) -> bytes:
        wanted = stamps.request(text)
        said = self._heard(
            "POST",
            authority.url,
            wanted.as_bytes(),
            kind=stamps.REQUEST_TYPE,
            private=authority.private,
            plain=authority.plain,
            most=stamps.MOST_ANSWER,
        )
        if said.status != 200:
            raise NoAnswer(f"it answered with HTTP {said.status}.")
        stamps.check(said.body, text, authority.certificate, nonce=wanted.nonce)
        return said.body

    def _head(self) -> Head | None:
        row = self.connection.execute(
            "select note from audit.checkpoint order by size desc limit 1"
        ).fetchone()
        if row is None:
            return None
        signed = row[0].encode()
        head = seal.opened(signed, self.own_key)
        if head.origin != self.log_key.name:  # another epoch: to its witnesses it is a new log
            self.log_key = seal.of_epoch(self.own_key, head.origin)
            self.standing = {name: Standing() for name in self.standing}
        return Head(head, signed)

    def _remembered(self, name: str) -> int:
        """The size this witness cosigned last, from the file outside the database; 0 where it is not known or spoiled."""
        try:
            kept = anchors.read_cosigned(self.home.sealer, name)
            opened = note.open_note(kept, [*seal.every_key(self.log_key), self.named.witnesses[name]])
            return checkpoint.parse(opened.text).size
        except LedgerFault:
            return 0

    def _testify(self, image: dict[str, Any]) -> None:
        self.connection.execute("select audit.testify('receipt', %s)", [Jsonb(image)])

    def _one(self, sql: str, values: Sequence[Any]) -> Any:
        row = self.connection.execute(sql, values).fetchone()
        return None if row is None else row[0]


_HAS_SUBSTANCE: Final = """
    select exists(select from audit.leaf as l left join audit.event as e on e.id = l.entry
                   where l.seq >= %s and l.seq < %s and e.kind is distinct from 'receipt')
"""
_HAS_SIGNATURE: Final = """
    select exists(select from audit.leaf as l join audit.event as e on e.id = l.entry
                   where l.seq >= %s and l.seq < %s and e.kind = 'esign')
"""
_UNVOUCHED: Final = """
    select at < clock_timestamp() - make_interval(secs => %s)
      from (select coalesce(a.at, e.at) as at
              from audit.leaf as l left join audit.event as e on e.id = l.entry left join audit.act as a on a.id = l.entry
             where l.seq >= %s and e.kind is distinct from 'receipt' order by l.seq limit 1) as first
"""
_STAMP_DUE: Final = """
    select not exists(select from audit.event where kind = 'receipt' and new ->> 'receipt' = 'timestamp'
                         and new ->> 'authority' = %s and at > clock_timestamp() - make_interval(secs => %s))
"""


def named_by(given: Outside) -> Named:
    """The configuration with its keys and certificates read; raises HomeProblem naming what cannot be used."""
    try:
        for one in given.authorities:
            stamps.root_certificates(one.certificate)
        return anchors.named(
            [(one.name, one.vkey) for one in given.witnesses],
            given.quorum,
            [(one.name, one.certificate) for one in given.authorities],
        )
    except LedgerFault as fault:
        raise HomeProblem(str(fault)) from None


def tell_in_trail(action: Any, named_object: str, detail: dict[str, Any]) -> None:
    """An event of the closed list by the job of the anchors; the same detail as the last one of its kind is not told again."""
    from django.db import connections

    from indelible.kernel.audit import actions, queries
    from indelible.kernel.audit.types import job

    try:
        if queries.last_detail(action, named_object) != detail:
            actor = job("anchors", 1, on_behalf_of="installation")
            actions.note(actor, action, object=named_object, detail=detail)
    finally:
        connections.close_all()


def tell_named(given: Outside) -> None:
    """Tells the trail who is named to vouch for the ledger, where that is not what it was told last (D8)."""
    from indelible.kernel.audit import queries

    named = named_by(given)
    told = queries.last_detail(events.WITNESSES_NAMED, "witnesses")
    if (told or anchors.NOBODY.as_detail()) != named.as_detail():
        tell_in_trail(events.WITNESSES_NAMED, "witnesses", named.as_detail())


def serve(connect: Callable[[], psycopg.Connection[Any]], home: Home, stop: threading.Event) -> None:
    """Anchors until `stop` is set, reconnecting when a database goes away."""
    given = outside.load(home)
    named = named_by(given)
    pause = 0.5
    while not stop.is_set():
        try:
            with connect() as connection:
                tell_named(given)
                connection.execute(f"listen {anchors.WAKE_CHANNEL}")
                run(Anchors(connection, home, given, named, tell_in_trail), stop)
        except Exception as error:
            if not _is_absence(error):
                raise
            log.warning("the database is not there (%s); trying again", type(error).__name__)
            stop.wait(pause)
            pause = min(pause * 2, 5.0)


def run(working: Anchors, stop: threading.Event) -> None:
    """Beats each second, and at once when its channel is notified, until `stop` is set."""
    while not stop.is_set():
        called = [one.payload for one in working.connection.notifies(timeout=BEAT, stop_after=1)]
        working.beat(now=any(one != "time stamp" for one in called), stamp="time stamp" in called)


def _is_absence(error: Exception) -> bool:
    """Whether the database, as the sealer's side or as the service sees it, was away; anything else is ours to hear of."""
    from django.db import OperationalError

    from indelible.kernel.audit.types import Refusal

    if isinstance(error, Refusal):
        return error.rule is events.STORAGE_FAILED or error.rule is events.OUTCOME_UNKNOWN
    return isinstance(error, psycopg.OperationalError | OperationalError)


def main() -> int:
    """Anchors the ledger of INDELIBLE_HOME until SIGTERM or SIGINT. Needs django.setup() before."""
    stop = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda _number, _frame: stop.set())
    home = find_home()
    try:
        url = database_address(home, "seal")
        serve(lambda: psycopg.connect(url, autocommit=True), home, stop)
    except HomeProblem as problem:
        log.error("%s", problem)
        return 1
    return 0


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "indelible.config.settings")
    django.setup()
    sys.exit(main())

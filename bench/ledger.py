"""What the ledger does in a second: sealing, lag under load, state check, offline check beside a peer and the hash's own limit."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from bench import capture, scratch

if TYPE_CHECKING:
    from indelible.home.postgres import Server

ENTRY: Final = 1_600
"""Bytes of an entry in the offline check: what an event with old and new value of an ordinary record takes."""
OFFLINE: Final = 100_000
EVENTS: Final = 30_000
TOUCHES: Final = 20
LOAD: Final = 250
"""Updates each of eight writers makes while the lag of the seal is measured."""
CHECKER: Final = scratch.ROOT / ".venv" / "checker"


def measure(server: Server, repeats: int) -> list[str]:
    """The lines of the report."""
    return [*_sealing(server, repeats), *_offline(repeats)]


# ----------------------------------------------------------------- in the database


def _sealing(server: Server, repeats: int) -> list[str]:
    from indelible.jobs.sealer import seal_once
    from indelible.kernel.audit import seal

    key, folder = seal.signer(server.home), Path(tempfile.mkdtemp(prefix="ind-bench-seal-"))
    rates, lines = [], []
    with capture._process(server, "indelible") as process:
        name = "bench_indelible"
        capture._ask(process, None)
        seal_once(server.url("seal", name), folder, key)
        for repeat in range(repeats):
            _tell(f"sealing, repeat {repeat + 1} of {repeats}")
            for _ in range(EVENTS // repeats // 1_000):
                capture._ask(process, {"what": "bulk", "n": 1_000, "sync": "off"})
            began = time.perf_counter()
            done = seal_once(server.url("seal", name), folder, key)
            rates.append(done.added / (time.perf_counter() - began))
        lines.append(
            f"- sealing (leaves made, read back, hashed, signed), median of {repeats}: {median(rates):,.0f} entries a second, "
            f"target 20,000: {'kept' if median(rates) >= 20_000 else 'MISSED'}"
        )
        lines.append(_lag(server, name, folder, process))
    lines.append(_touched(server, name, folder))
    lines += _state(server, name, folder)
    shutil.rmtree(folder, ignore_errors=True)
    return lines


def _lag(server: Server, name: str, folder: Path, process: subprocess.Popen[str]) -> str:
    """p99 of the time from an act's opening to the checkpoint over it, eight writers at full speed beside the sealer."""
    import psycopg

    _tell("lag of the seal under load")
    with (
        _sealing_beside(server, name, folder),
        psycopg.connect(server.url("verify", name), autocommit=True) as reading,
    ):
        last = reading.execute("select max(id) from audit.act").fetchone()
        asked = capture._ask(process, {"what": "writers", "n": LOAD, "count": 8, "sync": "on"})
        time.sleep(3)
        row = reading.execute(_LAG, [last[0] if last else 0]).fetchone()
    rate = 8 * LOAD / asked["seconds"]
    lag = float(row[0]) if row else float("nan")
    return (
        f"- lag of the seal at {rate:,.0f} changes a second: p99 {lag:.2f} s over {row[1] if row else 0:,} acts, target 3 s: "
        f"{'kept' if lag < 3 else 'MISSED'}"
    )


@contextmanager
def _sealing_beside(server: Server, name: str, folder: Path) -> Iterator[None]:
    """A sealer in a process of its own, at its ordinary beat."""
    sealer = subprocess.Popen(
        [sys.executable, "-c", _SEALER, server.url("seal", name), str(folder)], env=scratch.environment({}),
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert sealer.stdout is not None
    sealer.stdout.readline()
    try:
        yield
    finally:
        sealer.terminate()
        sealer.wait(20)


def _touched(server: Server, name: str, folder: Path) -> str:
    """From the commit that put a protection back to the signed entry that tells of it."""
    import psycopg

    _tell("how soon a touched protection is in the ledger")
    took = []
    with (
        _sealing_beside(server, name, folder),
        psycopg.connect(server.url("superuser", name), autocommit=True) as superuser,
    ):
        for _ in range(TOUCHES):
            row = superuser.execute("select max(id) from audit.event").fetchone()
            superuser.execute(_TOUCH)
            began = time.perf_counter()
            while not superuser.execute(_TOLD_OF, row).fetchone():
                time.sleep(0.01)
            took.append(time.perf_counter() - began)
    return f"- a protection switched off and on again in one transaction: in the signed ledger after {median(took):.2f} s, at most {max(took):.2f} s of {TOUCHES}"


def _state(server: Server, name: str, folder: Path) -> list[str]:
    import django
    import psycopg

    django.setup()
    from indelible.jobs.verification import ROOMS, examine
    from indelible.kernel.audit.verification import rows

    _tell("state check")
    wanted = {check.name for check in rows.CHECKS}
    others = {check.name for room in ROOMS for check in room.CHECKS} - wanted
    url = server.url("verify", name)
    report = examine(url, server.home, sealer_folder=folder, without=others)
    quick, whole = (
        examine(url, server.home, sealer_folder=folder, quick=one).seconds for one in (True, False)
    )
    with psycopg.connect(url, autocommit=True) as reading:
        found = reading.execute(_SIZES).fetchone()
    events, size = (int(found[0]), int(found[1])) if found else (0, 0)
    rate = events / report.seconds
    return [
        f"- rows against events and continuity ({', '.join(sorted(wanted))}): {rate:,.0f} events a second, target 200,000: "
        f"{'kept' if rate >= 200_000 else 'MISSED'}",
        f"- every check over {events:,} events: {whole:.1f} s; those of each quarter of an hour: {quick:.1f} s",
        f"- storage: {size / events:,.0f} bytes an event, indexes included (event, act and leaf)",
    ]


_SEALER: Final = """
import sys, threading, psycopg, signal
from pathlib import Path
from indelible.home.layout import find_home
from indelible.jobs.sealer import Sealer
from indelible.kernel.audit import seal
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    sealer = Sealer(connection, Path(sys.argv[2]), seal.signer(find_home()))
    sealer.start()
    print("sealing", flush=True)
    sealer.run(stop)
"""
_TOUCH: Final = """
    begin; alter table audit.leaf disable trigger indelible_no_truncate;
    alter table audit.leaf enable always trigger indelible_no_truncate; commit
"""
_TOLD_OF: Final = """
    select 1 from audit.event as e join audit.leaf as l on l.entry = e.id
     where e.kind = 'attest' and e.id > %s and l.seq < (select max(size) from audit.checkpoint)
"""
_LAG: Final = """
    select percentile_cont(0.99) within group (order by extract(epoch from c.at - a.at)), count(*)
      from audit.act as a join audit.leaf as l on l.entry = a.id
      join lateral (select at from audit.checkpoint where size > l.seq order by size limit 1) as c on true
     where a.id > %s
"""
_SIZES: Final = """
    select (select count(*) from audit.event), pg_total_relation_size('audit.event')
           + pg_total_relation_size('audit.act') + pg_total_relation_size('audit.leaf')
"""


# ----------------------------------------------------------------- offline


def _offline(repeats: int) -> list[str]:
    with _bundle() as (folder, vkey):
        ways: dict[str, Callable[[], object]] = {
            "limit": lambda: _limit(OFFLINE),
            "hashes": lambda: _hashes(folder),
            "verify.py": lambda: _ran([sys.executable, "-I", "-S", str(folder / "verify.py"), str(folder)]),
            "check_log": lambda: _fsck(folder / "ledger", vkey),
        }
        if CHECKER.exists():
            ways["Go"] = lambda: _ran([str(CHECKER), "log", str(folder / "ledger"), vkey])
        ways["pymerkle"] = _pymerkle
        took: dict[str, list[float]] = {name: [] for name in ways}
        for repeat in range(repeats):
            _tell(f"offline, repeat {repeat + 1} of {repeats}")
            for name, way in ways.items():
                began = time.perf_counter()
                way()
                took[name].append(time.perf_counter() - began)
    rate = {name: OFFLINE / median(each) for name, each in took.items()}
    return _told(rate)


def _told(rate: dict[str, float]) -> list[str]:
    words = {
        "limit": "SHA-256 alone, a leaf and a node an entry, bytes in memory",
        "hashes": "the hash check of the offline program (tiles and every entry, from files)",
        "verify.py": "the whole of `python3 verify.py`, one process, every entry read as JSON too",
        "check_log": "the product's own check of a log's folder",
        "pymerkle": "pymerkle, a tree of the same entries made in memory and its root",
        "Go": "the independent program in Go (its library keeps every stored hash)",
    }
    lines = [
        f"- {words[name]}: {each:,.0f} entries a second, {each / rate['limit']:.0%} of the limit"
        for name, each in rate.items()
    ]
    kept = rate["hashes"] >= 250_000 and rate["hashes"] > max(rate.get("Go", 0), rate["pymerkle"])
    return [
        *lines,
        f"- offline check of hashes, target 250,000 a second and ahead of Go and pymerkle: {'kept' if kept else 'MISSED'}",
    ]


@contextmanager
def _bundle() -> Iterator[tuple[Path, str]]:
    """A whole log of OFFLINE entries as an inspection bundle without records; folder and the log's key line."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from indelible.ledger.note import Signer

    folder = Path(tempfile.mkdtemp(prefix="ind-bench-bundle-"))
    log = Signer("ledger.indelible/bench", Ed25519PrivateKey.generate())
    service = Signer("ledger.indelible/bench/service", Ed25519PrivateKey.generate())
    try:
        _write_log(folder / "ledger", log)
        _write_rest(folder, log, service)
        yield folder, log.verifier.vkey()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _entry(number: int) -> bytes:
    """An event as the product seals one: old and new value of an ordinary row, ENTRY bytes."""
    head = f'{{"v":1,"kind":"row","id":{number + 1},"act":{number},"at":"2026-11-26T10:00:00.000000Z","xid":"{number + 700}",'
    image = json.dumps(
        {"title": f"Entry {number}", "lot": "L-204", "content": "x" * 520}, separators=(",", ":")
    )
    row = f'"table":"toy_record","layout":1,"pk":"{number % 997}","op":"U","db":"indelible_app","old":{image},"new":{image}}}'
    return (head + row).encode().ljust(ENTRY)


def _write_log(folder: Path, log: Any) -> None:
    from indelible.ledger import checkpoint, tile
    from indelible.ledger.checkpoint import Checkpoint
    from indelible.ledger.leaf import leaf_hash
    from indelible.ledger.tree import root_of

    levels: list[list[bytes]] = [[leaf_hash(_entry(number)) for number in range(OFFLINE)]]
    while len(levels[-1]) >= tile.WIDTH:
        below = levels[-1]
        levels.append([root_of(below[at : at + 256]) for at in range(0, len(below) - 255, 256)])
    for one in tile.tiles_of(OFFLINE):
        path = folder / one.path()
        path.parent.mkdir(parents=True, exist_ok=True)
        numbers = range(one.first(), one.first() + one.width)
        is_entries = one.level == tile.ENTRIES
        path.write_bytes(
            tile.entries([_entry(n) for n in numbers])
            if is_entries
            else b"".join(levels[one.level][n] for n in numbers)
        )
    head = Checkpoint(log.name, OFFLINE, root_of(levels[0]))
    (folder / "checkpoint").write_bytes(checkpoint.signed(head, [log]))


def _write_rest(folder: Path, log: Any, service: Any) -> None:
    from indelible.ledger import note

    kit = scratch.ROOT / "src" / "indelible" / "exports" / "bundle" / "offline"
    shutil.copy(kit / "verify.py", folder)
    shutil.copytree(kit / "verify", folder / "verify", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "keys.json").write_text(
        json.dumps({"log": log.verifier.vkey(), "service": service.verifier.vkey()})
    )
    (folder / "policy").write_text(f"log {log.verifier.vkey()}\nquorum none\n")
    (folder / "signatures.json").write_text("[]")
    files = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in folder.rglob("*") if path.is_file()
    }  # fmt: skip
    stated = {"origin": log.name, "size": OFFLINE, "root": ""}
    manifest = {
        "format": "indelible-bundle/1",
        "scope": "whole",
        "records": [],
        "ledger": stated,
        "files": files,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    digest = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    (folder / "manifest.seal").write_bytes(note.sign(f"indelible-bundle/1\n{digest}\n", [service]).to_bytes())


def _limit(entries: int) -> None:
    leaf, node, digest = bytes(ENTRY + 1), bytes(65), hashlib.sha256
    for _ in range(entries):
        digest(leaf).digest()
        digest(node).digest()


def _hashes(folder: Path) -> None:
    """The offline program's own functions, in a process of their own so that its modules stay out of ours."""
    _ran([sys.executable, "-I", "-S", "-c", _HASHES, str(folder)])


def _pymerkle() -> None:
    from pymerkle import InmemoryTree

    tree = InmemoryTree(algorithm="sha256")
    for number in range(OFFLINE):
        tree.append_entry(_entry(number))
    tree.get_root()


def _fsck(folder: Path, vkey: str) -> None:
    from indelible.ledger import fsck, note

    key = note.parse_vkey(vkey)
    if wrong := fsck.check_log(folder, key.name, [key]):
        raise RuntimeError(wrong[0].sentence)


def _ran(words: Sequence[str]) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout[-500:] + done.stderr[-500:])


_HASHES: Final = """
import sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
from verify import ledger
from verify.container import Container
box = Container(sys.argv[1])
size = ledger.checkpoint(ledger.Note(box.text("ledger/checkpoint"), "checkpoint"))[1]
leaves, _ = ledger.read_leaves(box, size)
for path, first, width in ledger.tiles("entries", size):
    for at, raw in enumerate(ledger.entries_of_tile(box.read(path), width, path), first):
        assert ledger.leaf_hash(raw) == leaves[at * 32 : at * 32 + 32]
ledger.root_of(leaves)
"""


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)

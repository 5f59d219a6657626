"""The Go team's library, which shares no code with us, accepts our log, proofs and growth, and rejects what was altered."""

from __future__ import annotations

import subprocess
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from indelible.cli.ledger import written
from indelible.ledger import checkpoint, proof, proof_file, tile
from indelible.ledger.checkpoint import Checkpoint
from indelible.ledger.leaf import leaf_hash
from indelible.ledger.tree import root_of, subtree_of
from tests import people
from tests.api.calling import Caller
from tests.exports.bundles import filled
from tests.ledger.growing import Log

PROGRAM = Path(__file__).parents[2] / ".venv" / "checker"
pytestmark = [
    pytest.mark.urs("URS-AUD-03", "URS-CPY-03"),
    pytest.mark.skipif(
        not PROGRAM.exists(),
        reason="no Go here to build the independent check with (scripts/checker says what to install)",
    ),
]
SIZE = 70_000
LOG = Log()


def check(*arguments: object) -> tuple[int, str]:
    """Exit code and line of the checker."""
    done = subprocess.run(
        [PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout.strip()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of three levels of tiles, written as we export one."""
    root = tmp_path_factory.mktemp("log")
    entries = [b"entry %d" % number for number in range(SIZE)]
    hashes = [leaf_hash(one) for one in entries]
    levels = [hashes]
    while len(levels[-1]) >= tile.WIDTH:
        last = levels[-1]
        levels.append([root_of(last[at : at + 256]) for at in range(0, len(last) - 255, 256)])
    for one in tile.tiles_of(SIZE):
        source: Any = entries if one.level == tile.ENTRIES else levels[one.level]
        part = source[one.first() : one.first() + one.width]
        path = root / one.path()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tile.entries(part) if one.level == tile.ENTRIES else b"".join(part))
    head = Checkpoint(LOG.signer.name, SIZE, root_of(hashes))
    (root / "checkpoint").write_bytes(checkpoint.signed(head, [LOG.signer]))
    return root


def test_it_accepts_a_log_of_seventy_thousand_entries(folder: Path) -> None:
    assert check("log", folder, LOG.signer.verifier.vkey()) == (0, f"{SIZE} entries")


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


ALTERED: dict[str, Callable[[bytes], bytes]] = {
    "checkpoint": lambda data: flipped(data, 30),
    "tile/0/000": lambda data: flipped(data, 5),
    "tile/1/000": lambda data: flipped(data, 40),
    "tile/2/000.p/1": lambda data: flipped(data, 0),
    "tile/entries/017": lambda data: flipped(data, 9),
    "tile/entries/273.p/112": lambda data: data[:-1],
}


@pytest.mark.parametrize("path", ALTERED)
def test_it_rejects_each_altered_file_of_it(folder: Path, path: str) -> None:
    kept = (folder / path).read_bytes()
    try:
        (folder / path).write_bytes(ALTERED[path](kept))
        assert check("log", folder, LOG.signer.verifier.vkey())[0] == 1
    finally:
        (folder / path).write_bytes(kept)


def test_it_accepts_growth_and_rejects_a_fork(tmp_path: Path) -> None:
    grown, forked = Log(300), Log(300, fork=90)
    for name, log, size in (("old", grown, 100), ("new", grown, 300), ("fork", forked, 300)):
        (tmp_path / name).write_bytes(log.signed(size))
    for name, log in (("proof", grown), ("forked", forked)):
        lines = [b64encode(one) for one in proof.consistency(100, 300, subtree_of(log.leaves))]
        (tmp_path / name).write_bytes(b"\n".join(lines))
    key = grown.signer.verifier.vkey()
    old = tmp_path / "old"
    assert check("extends", old, tmp_path / "new", tmp_path / "proof", key) == (0, "100 grew to 300")
    assert check("extends", old, tmp_path / "fork", tmp_path / "forked", key)[0] == 1
    assert check("extends", old, tmp_path / "new", tmp_path / "forked", key)[0] == 1


def test_it_accepts_what_an_installation_exports_and_proves(stocked: Any, tmp_path: Path) -> None:
    """The folder of the command line and the proof of the API, of a real database; both rejected once altered."""
    filled(stocked, tmp_path / "sealer")
    tom = people.inspector_everywhere()
    done = written(people.signed_in(tom), tmp_path / "log")
    assert check("log", tmp_path / "log", done.vkey) == (0, f"{done.size} entries")
    proved, raw = tmp_path / "proof", tmp_path / "entry"
    proved.write_bytes(Caller(tom).get("/ledger/proof/7").content)
    raw.write_bytes(bytes(stocked.rows("select bytes from audit.leaf where seq = 7")[0][0]))
    size = proof_file.parse(proved.read_bytes()).checkpoint().size
    assert check("proof", proved, raw, done.vkey) == (0, f"entry 7 of {size}")
    raw.write_bytes(flipped(raw.read_bytes(), 20))
    assert check("proof", proved, raw, done.vkey)[0] == 1

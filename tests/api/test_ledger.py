"""The ledger over the API: C2SP's bytes, headers and paths; entries only for whom the whole trail is to read."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from indelible.kernel.audit import anchors, events, seal
from indelible.kernel.audit.actions import note
from indelible.ledger import checkpoint, cosignature, proof_file, tile
from indelible.ledger.leaf import leaf_hash
from indelible.ledger.policy import Witness, of_count
from indelible.ledger.tile import Tile
from indelible.ledger.tree import root_of
from tests import people
from tests.api.calling import Caller
from tests.api.deviations import opened
from tests.conftest import seal_all
from tests.exports.bundles import altered, filled
from tests.ledger.test_policy import SIGNERS
from tests.people import ANA, INES, LIN

pytestmark = pytest.mark.urs("URS-AUD-03", "URS-CPY-03")


def leaves(stocked: Any) -> list[bytes]:
    return [bytes(raw) for (raw,) in stocked.rows("select bytes from audit.leaf order by seq")]


def test_a_stranger_tool_reads_the_log_over_http(stocked: Any, tmp_path: Path) -> None:
    """Checkpoint, then every tile it calls for: together they give the signed root."""
    filled(stocked, tmp_path)
    tom = Caller(people.inspector_everywhere())
    key = seal.signer(stocked.home).verifier
    told = tom.get("/ledger/checkpoint")
    assert told.status == 200 and told.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert told.headers["Cache-Control"] == "no-store"
    head = checkpoint.open_checkpoint(told.content, key.name, [key])
    assert head.size > 256
    raw = leaves(stocked)[: head.size]
    hashes = [leaf_hash(one) for one in raw]
    for one in tile.tiles_of(head.size):
        got = tom.get(f"/ledger/{one.path()}")
        assert got.status == 200 and got.headers["Content-Type"] == "application/octet-stream", one
        if one.level == tile.ENTRIES:
            assert got.content == tile.entries(raw[one.first() : one.first() + one.width])
            assert got.headers["Cache-Control"] == "no-store"
        else:
            assert "immutable" in got.headers["Cache-Control"] and "private" in got.headers["Cache-Control"]
        if one.level == 0:
            assert got.content == b"".join(hashes[one.first() : one.first() + one.width])
        if one.level == 1:
            assert got.content == root_of(hashes[:256])
    assert root_of(hashes) == head.root


def test_partial_tiles_are_there_for_every_checkpoint_that_was_published(
    stocked: Any, tmp_path: Path
) -> None:
    for _ in range(4):
        opened(Caller(ANA))
        seal_all(stocked, tmp_path)
    ana = Caller(ANA)
    sizes = [size for (size,) in stocked.rows("select size from audit.checkpoint order by size")]
    assert len(sizes) >= 3
    hashes = [leaf_hash(raw) for raw in leaves(stocked)]
    for size in sizes:
        for one in tile.tiles_of(size):
            if one.level == 0 and one.width < tile.WIDTH:
                assert ana.get(f"/ledger/{one.path()}").content == b"".join(hashes[one.first() : size])


def test_what_is_no_tile_of_this_log_is_not_there(stocked: Any, tmp_path: Path) -> None:
    tom = Caller(people.inspector_everywhere())
    opened(Caller(ANA))
    seal_all(stocked, tmp_path)
    size = stocked.rows("select max(size) from audit.checkpoint")[0][0]
    opened(Caller(ANA))  # sealed by nobody yet
    last = Tile(0, size // 256, size % 256)
    assert tom.get(f"/ledger/{last.path()}").status == 200
    beyond = Tile(0, size // 256, size % 256 + 1).path()
    for path in (
        beyond,
        beyond.replace("tile/0", "tile/entries"),
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/0",
        "tile/0/x000/000",
        "tile/00/000",
        "tile/-1/000",
        "tile/64/000",
        "tile/9/000",
        "tile/0/999",
        "tile/0/" + "x999/" * 40 + "999",
        "tile/entries/999",
        "tile/entries/../checkpoint",
        "tile/entries/000.p/1/2",
        "proof/" + str(size),
        "proof/-1",
        "proof/" + "9" * 30,
        "nothing",
    ):
        assert tom.get(f"/ledger/{path}").is_problem(404), path
    assert tom.get("/ledger/proof/x").is_problem(400)


def test_before_the_first_seal_there_is_nothing(stocked: Any) -> None:
    altered(stocked, "audit.checkpoint", "delete from audit.checkpoint")
    tom = Caller(people.inspector_everywhere())
    for path in ("checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1", "proof/0"):
        assert tom.get(f"/ledger/{path}").is_problem(404), path


@pytest.mark.urs("URS-AUT-06", "URS-AUD-09")
def test_entries_are_for_whom_the_whole_trail_is_to_read(stocked: Any, tmp_path: Path) -> None:
    filled(stocked, tmp_path)
    for person in (ANA, LIN, INES):
        caller = Caller(person)
        assert caller.get("/ledger/tile/entries/000").is_problem(403, "URS-AUT-06")
        assert caller.get("/ledger/tile/0/000").status == 200
        assert caller.get("/ledger/proof/0").status == 200
    content = Caller(people.inspector_everywhere()).get("/ledger/tile/entries/000").content
    rows = stocked.rows("select user_id, object, outcome from audit.act where action = 'ledger.copy'")
    assert [row[0] for row in rows if row[2] == "denied"] == ["ana", "lin", "ines"]
    told = f"tile/entries/000, SHA-256 {sha256(content).hexdigest()}"
    assert [row for row in rows if row[2] == "done"] == [("tom", told, "done")]


def test_nobody_reads_hashes_without_sign_in(stocked: Any) -> None:
    for path in ("checkpoint", "tile/0/000", "tile/entries/000", "proof/0"):
        assert Caller().get(f"/ledger/{path}").is_problem(401)


def test_each_entry_has_its_proof(stocked: Any, tmp_path: Path) -> None:
    filled(stocked, tmp_path)
    key, ana = seal.signer(stocked.home).verifier, Caller(ANA)
    raw = leaves(stocked)
    for index in (0, 1, 255, 256, len(raw) - 1):
        got = ana.get(f"/ledger/proof/{index}")
        assert got.headers["Content-Type"] == "text/plain; charset=utf-8"
        read = proof_file.parse(got.content)
        assert read.index == index and read.check(raw[index], key.name, [key]).size > index
        assert len(got.content) < 2_000


def test_a_proof_stands_under_what_witnesses_vouch_for(stocked: Any, tmp_path: Path) -> None:
    """Under the newest checkpoint with a quorum, its cosignatures in it; a false receipt is left out of the note."""
    opened(Caller(ANA))
    seal_all(stocked, tmp_path)
    size, text = stocked.rows("select size, note from audit.checkpoint order by size desc limit 1")[0]
    keys = {name: SIGNERS[name].verifier for name in ("X1", "X2")}
    named = anchors.Named(keys, 1, {})
    note(people.signed_in(INES), events.WITNESSES_NAMED, object="witnesses", detail=named.as_detail())
    signed = text.partition("\n\n")[0] + "\n"
    good = cosignature.cosign(signed, SIGNERS["X1"], 1_790_000_000)
    other = signed.replace(f"\n{size}\n", f"\n{size + 1}\n")
    false = cosignature.cosign(other, SIGNERS["X2"], 1_790_000_000)
    put_receipts(stocked, size, [false, good])
    opened(Caller(ANA))
    seal_all(stocked, tmp_path)
    witnesses = [Witness(name, key) for name, key in keys.items()]
    trust = of_count(seal.signer(stocked.home).verifier, witnesses, 1)
    read = proof_file.parse(Caller(ANA).get("/ledger/proof/7").content)
    vouched = read.check_under(trust, leaves(stocked)[7])
    assert vouched.checkpoint.size == size and vouched.witnesses == {"X1": 1_790_000_000}
    newest = proof_file.parse(Caller(ANA).get(f"/ledger/proof/{size}").content)
    assert newest.checkpoint().size > size


def put_receipts(stocked: Any, size: int, made: list[cosignature.Cosignature]) -> None:
    """Receipts as the anchors put them into the trail."""
    with psycopg.connect(stocked.url("seal"), autocommit=True) as connection:
        for one in made:
            receipt = Jsonb(anchors.cosignature_receipt(size, one))
            connection.execute("select audit.testify('receipt', %s)", [receipt])


def test_an_address_with_a_line_break_in_it_is_answered_like_any_other(stocked: Any) -> None:
    for path in ("/ledger/tile/0/000%0A", "/ledger/tile/0%0A/%0A", "/nowhere%0A"):
        Caller(ANA).get(path).is_problem(404)
        Caller().get(path).is_problem(401)

"""Attacks on what outsiders said of the ledger: receipts forged, the tail cut off under a cosignature, the clock set back."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg.types.json import Jsonb

from indelible.jobs.sealer import NotSealed
from indelible.kernel.audit import actions as audit
from indelible.kernel.audit import anchors, events, seal
from indelible.kernel.audit.types import job
from indelible.ledger import checkpoint, cosignature
from indelible.ledger.checkpoint import Checkpoint
from indelible.ledger.note import Signer, Verifier
from tests.attacks.scene import Scene

WITNESS = cosignature.witness_signer("w.example/qa", Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))
FORGER = cosignature.witness_signer("w.example/qa", Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))


def name_witness(
    scene: Scene, *, quorum: int = 1, authorities: dict[str, str] | None = None, key: Verifier | None = None
) -> None:
    """The trail says who vouches for the ledger, as the anchors' process tells it; sealed."""
    chosen = anchors.Named({"qa": key or WITNESS.verifier}, quorum, authorities or {})
    audit.note(
        job("anchors", 1, on_behalf_of="installation"),
        events.WITNESSES_NAMED,
        object="witnesses",
        detail=chosen.as_detail(),
    )
    scene.seal()


def head(scene: Scene) -> tuple[int, str]:
    """Size and note of the newest checkpoint."""
    size, note = scene.database.rows("select size, note from audit.checkpoint order by size desc limit 1")[0]
    return size, note


def testify(scene: Scene, image: dict[str, Any]) -> None:
    """A receipt, by whoever has the sealer's login; sealed."""
    with psycopg.connect(scene.database.url("seal"), autocommit=True) as connection:
        connection.execute("select audit.testify('receipt', %s)", [Jsonb(image)])
    scene.seal()


def cosign(scene: Scene, signer: Signer = WITNESS, *, at: int = 0, size: int = 0) -> None:
    """A cosignature of the newest checkpoint, kept as the anchors keep it; `size` claims another one."""
    now, note = head(scene)
    text = note.split("\n\n")[0] + "\n"
    made = cosignature.cosign(text, signer, at or int(time.time()))
    testify(scene, anchors.cosignature_receipt(size or now, made))


def forge_cosignature(scene: Scene) -> None:
    name_witness(scene)
    cosign(scene, FORGER)


def move_cosignature(scene: Scene) -> None:
    """A true cosignature, of another checkpoint."""
    name_witness(scene)
    earlier = scene.database.rows("select min(size) from audit.checkpoint")[0][0]
    scene.create("Door of the cold room left open")
    scene.seal()
    cosign(scene, size=earlier)


def cosign_without_being_named(scene: Scene) -> None:
    cosign(scene)


def forge_time_stamp(scene: Scene) -> None:
    name_witness(scene, authorities={"authority": "no certificate"})
    size, _ = head(scene)
    testify(scene, anchors.stamp_receipt(size, "authority", b"0\x03\x02\x01\x00"))


def cut_off_under_a_cosignature(scene: Scene) -> None:
    """Database and sealer's state were put back together; the cosigned checkpoint lies beside them."""
    name_witness(scene)
    cosign(scene)
    key = seal.signer(scene.database.home)
    size, _ = head(scene)
    later = Checkpoint(key.name, size + 7, b"\x11" * 32)
    note = checkpoint.signed(later, [key])
    line = cosignature.cosign(later.text(), WITNESS, int(time.time())).line
    anchors.keep_cosigned(scene.sealer_folder, "qa", note, line)


def fork_under_a_cosignature(scene: Scene) -> None:
    name_witness(scene)
    cosign(scene)
    key = seal.signer(scene.database.home)
    size, _ = head(scene)
    other = Checkpoint(key.name, size, b"\x11" * 32)
    line = cosignature.cosign(other.text(), WITNESS, int(time.time())).line
    anchors.keep_cosigned(scene.sealer_folder, "qa", checkpoint.signed(other, [key]), line)


def silence_the_witnesses(scene: Scene) -> None:
    """Nobody vouches for entries that are older than ten minutes."""
    name_witness(scene)
    cosign(scene)
    scene.create("Door of the cold room left open")
    scene.sql(
        "alter table audit.act disable trigger all",
        "update audit.act set at = at - interval '11 minutes' where id = (select max(id) from audit.act)",
        "alter table audit.act enable trigger all",
    )
    scene.seal()


def set_clock_back(scene: Scene) -> None:
    """The database's clock was an hour ahead when the witness saw the ledger, or is an hour behind since."""
    name_witness(scene)
    cosign(scene, at=int(time.time()) + 3600)
    scene.create("Door of the cold room left open")
    scene.seal()


def set_clock_forward(scene: Scene) -> None:
    name_witness(scene)
    scene.create("Door of the cold room left open")
    scene.seal()
    cosign(scene, at=int(time.time()) - 3600)


def leave_a_halt_unsettled(scene: Scene) -> None:
    """A witness's evidence stopped the sealer; the file about it was taken away, nobody has settled it."""
    seal.halt(scene.sealer_folder, "A witness holds another history.")
    with contextlib.suppress(NotSealed):
        scene.seal()
    (scene.sealer_folder / seal.HALT_FILE).unlink()


def sign_under_a_new_name(scene: Scene) -> None:
    """Whoever has the sealer's key signs on under a name of their own."""
    key = seal.signer(scene.database.home)
    size, root = scene.database.rows("select size, root from audit.checkpoint order by size desc limit 1")[0]
    own = Signer(f"{key.name}/20260101T000000Z", key.key)
    note = checkpoint.signed(Checkpoint(own.name, size, bytes(root)), [own]).decode()
    scene.past_triggers(
        "audit.checkpoint", f"update audit.checkpoint set note = '{note}' where size = {size}"
    )

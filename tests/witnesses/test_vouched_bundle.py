"""A bundle carries what outsiders said of the ledger: cosignatures that meet the quorum, a time stamp; or says that none did."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indelible.exports.bundle import held
from indelible.home.outside import AuthorityAddress, Outside
from indelible.jobs.anchors import Anchors, run, tell_named
from indelible.kernel.audit.anchors import WAKE_CHANNEL
from indelible.ledger import policy, proof_file
from tests import people
from tests.conftest import Database
from tests.exports.bundles import checked, made, repacked, signed_capa, unpacked
from tests.people import ANA, INES
from tests.witnesses.conftest import Authority, Place, Witnessing, placed

pytestmark = pytest.mark.urs("URS-CPY-03", "URS-AUD-03")
Start = Callable[..., Witnessing]


@pytest.fixture
def place(stocked: Database, tmp_path: Path) -> Place:
    """A company with people and processes."""
    return placed(stocked, tmp_path)


@pytest.fixture
def qa(witness: Start, place: Place) -> Witnessing:
    place.seal()
    return witness()


@pytest.fixture
def outside(qa: Witnessing, serving_authority: AuthorityAddress) -> Outside:
    given = Outside((qa.address(),), 1, (serving_authority,))
    tell_named(given)
    return given


@pytest.fixture
def at_work(place: Place, outside: Outside) -> Iterator[Anchors]:
    """The anchors' process, which has asked everybody a moment ago and asks again only when it is woken."""
    place.seal()
    working = place.anchors(outside)
    working.beat(now=True, stamp=True)
    working.connection.execute(f"listen {WAKE_CHANNEL}")
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(working, stop))
    thread.start()
    yield working
    stop.set()
    thread.join(20)


def test_a_bundle_is_cosigned_and_stamped_and_holds_offline(
    at_work: Anchors, place: Place, qa: Witnessing, authority: Authority, tmp_path: Path
) -> None:
    """The newest entries had no cosignature yet: the export asks for it and waits."""
    number = signed_capa(people.signed_in(ANA))
    ines = people.signed_in(INES)
    place.seal()
    path = made(ines, tmp_path / "b.zip", numbers=[number])
    code, words = checked(path)
    assert code == 0, words
    assert "Witness w.example/qa cosigned it" in words and "is time-stamped" in words
    folder = unpacked(path, tmp_path / "open")
    trust = policy.parse((folder / "policy").read_bytes())
    assert trust.quorum != policy.NONE and trust.opened((folder / "ledger/checkpoint").read_bytes()).witnesses
    proved = proof_file.parse((folder / f"ledger/proofs/{number}.tlog-proof").read_bytes())
    assert trust.opened(proved.signed).witnesses.keys() == {"qa"}
    (stamp,) = (folder / "ledger/stamps").glob("*.tsr")
    said = subprocess.run(
        ["openssl", "ts", "-verify", "-data", str(stamp.with_suffix(".checkpoint")), "-in", str(stamp),
         "-CAfile", str(authority.folder / "root.pem")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr


def test_a_stamped_checkpoint_of_another_log_and_a_lost_cosignature_are_named(
    at_work: Anchors, place: Place, qa: Witnessing, tmp_path: Path
) -> None:
    number = signed_capa(people.signed_in(ANA))
    ines = people.signed_in(INES)
    place.seal()
    path = made(ines, tmp_path / "b.zip", numbers=[number])
    folder = unpacked(path, tmp_path / "open")
    (stamped,) = (folder / "ledger/stamps").glob("*.checkpoint")
    name = f"ledger/stamps/{stamped.name}"
    size = stamped.stem
    other = stamped.read_text().replace(f"\n{size}\n", f"\n{int(size) - 1}\n").encode()
    code, words = checked(repacked(path, tmp_path / "s.zip", {name: other}))
    assert code == 1 and f"{name}" in words
    code, words = checked(repacked(path, tmp_path / "g.zip", {name: None}))
    assert code == 1 and "the checkpoint it is over is not in the bundle" in words
    signed = (folder / "ledger/checkpoint").read_text().splitlines(keepends=True)
    bare = "".join(signed[:5]).encode()
    code, words = checked(repacked(path, tmp_path / "c.zip", {"ledger/checkpoint": bare}))
    assert code == 1 and "lacks cosignatures" in words


def test_without_its_witness_a_bundle_says_that_nobody_vouches(
    place: Place, outside: Outside, qa: Witnessing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "COSIGNED_WITHIN", 0.3)
    number = signed_capa(people.signed_in(ANA))
    ines = people.signed_in(INES)
    place.seal()
    path = made(ines, tmp_path / "b.zip", numbers=[number])
    code, words = checked(path)
    assert code == 0 and "No witness cosigned it" in words
    trusted = unpacked(path, tmp_path / "open") / "policy"
    assert "quorum none" in trusted.read_text() and qa.vkey in trusted.read_text()
    log = trusted.read_text().splitlines()[0]
    (tmp_path / "mine").write_text(f"{log}\nwitness qa {qa.vkey}\nquorum qa\n")
    code, words = checked(path, "--policy", tmp_path / "mine")
    assert code == 1 and "lacks cosignatures" in words

"""Another maker's witness (aics-witness, Apache-2.0) cosigns our ledger, refuses its fork and keeps the evidence."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from indelible.home.outside import Outside, WitnessAddress
from indelible.jobs.witnessing import Outcome
from indelible.kernel.audit import seal
from indelible.ledger import cosignature, note
from tests.cli.test_witness import free_port
from tests.witnesses.conftest import Place, place
from tests.witnesses.test_cosigning import rewrite

assert place  # a fixture of the tests of witnesses

PROGRAM = Path(__file__).parents[2] / ".venv" / "witness" / "bin" / "aics-witness"
pytestmark = [
    pytest.mark.urs("URS-AUD-03"),
    pytest.mark.slow,
    pytest.mark.skipif(
        not PROGRAM.exists(),
        reason="another maker's witness is not here (scripts/witness says why)",
    ),
]


@dataclass
class Foreign:
    """The other maker's witness in its process."""

    folder: Path
    url: str
    vkey: str

    def run(self, *words: str) -> str:
        return command(self.folder, *words)

    def only(self) -> Outside:
        return Outside((WitnessAddress("foreign", self.url, self.vkey, private=True),), 1)


def command(folder: Path, *words: str) -> str:
    config = ["--config", str(folder / "witness.json")]
    done = subprocess.run(
        [str(PROGRAM), words[0], *config, *words[1:]], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def foreign(place: Place, tmp_path: Path) -> Iterator[Foreign]:
    folder, port = tmp_path / "foreign", free_port()
    folder.mkdir()
    said = command(folder, "init", "--name", "foreign.example/w1", "--listen", f"127.0.0.1:{port}")
    vkey = next(word for word in said.split() if word.count("+") >= 2)
    command(folder, "add-log", "--origin", seal.origin(place.home), "--vkey", place.vkey)
    process = subprocess.Popen(
        [str(PROGRAM), "serve", "--config", str(folder / "witness.json")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield Foreign(folder, f"http://127.0.0.1:{port}", vkey)
    finally:
        process.terminate()
        process.wait(20)


def asked(place: Place, foreign: Foreign) -> Outcome:
    """The outcome once the witness is up."""
    end = time.monotonic() + 20
    while True:
        (answer,) = place.anchors(foreign.only()).beat(now=True)
        if "Connection refused" not in answer.sentence or time.monotonic() > end:
            return answer.outcome
        time.sleep(0.2)


def test_it_cosigns_our_growing_ledger(place: Place, foreign: Foreign) -> None:
    for titles in (("C",), ("D", "E"), tuple(f"S{number}" for number in range(300))):
        assert asked(place, foreign) is Outcome.COSIGNED
        place.write(*titles)
    receipt = place.receipts()[-1]
    text = place.database.rows("select note from audit.checkpoint where size = %s", [receipt["size"]])[0][0]
    head = note.parse(text.encode()).text
    made = cosignature.check(receipt["line"], head, [cosignature.witness_verifier(foreign.vkey)])
    assert made.witness == "foreign.example/w1"


def test_what_we_forgot_it_tells(place: Place, foreign: Foreign) -> None:
    asked(place, foreign)
    shutil.rmtree(place.home.sealer / "witnesses")
    place.write("C")
    assert asked(place, foreign) is Outcome.COSIGNED


def test_it_refuses_a_rewritten_ledger_and_keeps_the_evidence(place: Place, foreign: Foreign) -> None:
    asked(place, foreign)
    rewrite(place, 2)
    place.write("C", "D")
    assert asked(place, foreign) is Outcome.FORKED
    assert len(place.told("security.ledger_forked")) == 1
    assert json.loads(foreign.run("evidence"))

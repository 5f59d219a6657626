"""The log as a folder: whole, written down, taken up again, refused where it would cover another history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from indelible.cli.answers import Problem
from indelible.cli.ledger import written
from indelible.cli.main import app
from indelible.exports import ledger, published
from indelible.kernel.audit import seal
from indelible.kernel.audit.queries import last_checkpoint
from indelible.kernel.workflow.actions import create_record
from indelible.ledger import fsck, tile
from indelible.ledger.tree import root_of
from tests import people
from tests.api.calling import Caller
from tests.api.deviations import FIRST
from tests.conftest import Database
from tests.exports.bundles import altered, filled, sealed
from tests.people import ANA, INES, LIN

pytestmark = pytest.mark.urs("URS-AUD-03", "URS-AUD-09", "URS-AUD-12")


def grown(database: Database, folder: Path, *, records: int = 1) -> Path:
    """The sealer's folder after some more acts were sealed; over a full tile of them."""
    filled(database, folder)
    for _ in range(records):
        create_record(people.signed_in(ANA), "deviation", FIRST)
    sealed(database, folder)
    return folder


def problems(database: Database, folder: Path) -> list[fsck.Problem]:
    key = seal.signer(database.home).verifier
    return fsck.check_log(folder, key.name, [key])


def content_of(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_whole_log_is_written_checked_and_written_down(stocked: Database, tmp_path: Path) -> None:
    grown(stocked, tmp_path / "s")
    tom = people.signed_in(people.inspector_everywhere())
    done = written(tom, tmp_path / "log", purpose="inspection of line 3")
    head = stocked.rows("select size, root from audit.checkpoint order by size desc limit 1")[0]
    assert (done.size, done.root) == (head[0], bytes(head[1])) and done.size > 256
    assert done.vkey == seal.signer(stocked.home).verifier.vkey()
    assert problems(stocked, tmp_path / "log") == []
    files = {path.relative_to(tmp_path / "log").as_posix() for path in content_of(tmp_path / "log")}
    assert files == {"checkpoint", *(one.path() for one in tile.tiles_of(done.size))}
    raw = [bytes(one) for (one,) in stocked.rows("select bytes from audit.leaf order by seq limit 256")]
    assert tile.parse_entries((tmp_path / "log/tile/entries/000").read_bytes(), 256) == raw
    rows = stocked.rows(
        "select user_id, reason, detail from audit.act where action = 'ledger.copy' and outcome = 'done'"
    )
    assert [(row[0], row[1], row[2]["count"]) for row in rows] == [("tom", "inspection of line 3", done.size)]


def test_a_second_export_adds_what_is_new_and_keeps_what_was_published(
    stocked: Database, tmp_path: Path
) -> None:
    grown(stocked, tmp_path / "s")
    tom = people.signed_in(people.inspector_everywhere())
    first = written(tom, tmp_path / "log")
    kept = content_of(tmp_path / "log/tile")
    grown(stocked, tmp_path / "s", records=3)
    (tmp_path / "log" / ".staged.new").write_bytes(b"left by a stop")
    second = written(tom, tmp_path / "log")
    assert second.size > first.size
    assert content_of(tmp_path / "log/tile").items() >= kept.items()
    assert problems(stocked, tmp_path / "log") == []


def test_a_stop_in_the_middle_leaves_the_old_log_and_can_be_gone_on_from(
    stocked: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown(stocked, tmp_path / "s")
    tom = people.signed_in(people.inspector_everywhere())
    written(tom, tmp_path / "log")
    old = (tmp_path / "log/checkpoint").read_bytes()
    grown(stocked, tmp_path / "s", records=3)

    def full(*_: object) -> None:
        raise OSError(28, "No space left")

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "replace_durably", full)
        with pytest.raises(Problem, match="No space left"):
            written(tom, tmp_path / "log")
    assert (tmp_path / "log/checkpoint").read_bytes() == old
    written(tom, tmp_path / "log")
    assert problems(stocked, tmp_path / "log") == []


def test_another_history_is_never_covered(stocked: Database, tmp_path: Path, refused: Any) -> None:
    """The folder keeps what was signed before somebody rewrote the ledger: that is the evidence, and the trail says so."""
    grown(stocked, tmp_path / "s")
    tom = people.signed_in(people.inspector_everywhere())
    written(tom, tmp_path / "log")
    before = content_of(tmp_path / "log")
    newest = "(select max(size) from audit.checkpoint)"
    altered(stocked, "audit.checkpoint", f"delete from audit.checkpoint where size = {newest}")
    with refused("ledger_unsound") as caught:
        written(tom, tmp_path / "log")
    assert "it is evidence" in str(caught.value)
    assert content_of(tmp_path / "log") == before


@pytest.mark.parametrize("name", ["notes.txt", "checkpoint"])
def test_a_folder_of_other_things_is_left_alone(stocked: Database, tmp_path: Path, name: str) -> None:
    grown(stocked, tmp_path / "s")
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / name).write_text("somebody's")
    with pytest.raises(Problem):
        written(people.signed_in(people.inspector_everywhere()), tmp_path / "log")
    assert content_of(tmp_path / "log") == {tmp_path / "log" / name: b"somebody's"}


@pytest.mark.urs("URS-AUT-06")
@pytest.mark.parametrize("person", [ANA, LIN, INES], ids=lambda one: one.user_id)
def test_who_does_not_read_the_whole_trail_takes_nothing(
    stocked: Database, tmp_path: Path, refused: Any, person: Any
) -> None:
    actor = people.signed_in(person)
    with refused("bundle_whole_log"):
        written(actor, tmp_path / "log")
    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize(
    "harm",
    [
        "update audit.leaf set bytes = bytes || ' ' where seq = 5",
        "update audit.leaf set hash = sha256('x') where seq = 5",
        "delete from audit.leaf where seq = 5",
    ],
)
def test_what_was_altered_is_not_handed_out(
    stocked: Database, tmp_path: Path, refused: Any, harm: str
) -> None:
    grown(stocked, tmp_path / "s")
    caller = Caller(people.inspector_everywhere())
    assert caller.get("/ledger/tile/entries/000").status == 200
    altered(stocked, "audit.leaf", harm)
    assert caller.get("/ledger/tile/entries/000").is_problem(503, "URS-AUD-03")
    actor = people.signed_in(people.TOM)
    with refused("ledger_unsound"):
        ledger.write_folder(actor, tmp_path / "log", seal.signer(stocked.home).verifier)
    assert not (tmp_path / "log" / "checkpoint").exists()


def test_the_command_is_there_and_wants_a_folder() -> None:
    told = CliRunner().invoke(app, ["ledger", "export", "--help"])
    assert told.exit_code == 0 and "--out" in told.output
    assert CliRunner().invoke(app, ["ledger", "export"]).exit_code == 2


def test_tiles_remembered_of_one_database_never_answer_for_another(stocked: Database, tmp_path: Path) -> None:
    """Restored or replaced under a running process: what it remembers is led to the root that is signed now."""
    grown(stocked, tmp_path / "s")
    published._full._levels = [[b"\0" * 32] * 3]
    head = last_checkpoint()
    assert head is not None
    hashes = published.Tiles(head).hashes(tile.Tile(0, 0))
    assert published.Tiles(head).hashes(tile.Tile(1, 0, 1)) == [root_of(hashes)]

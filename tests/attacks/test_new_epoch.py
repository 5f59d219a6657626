"""What begins when two people have settled a restore: another name, no number twice, bundles that hold, and later findings."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from indelible.cli import epoch
from indelible.cli.ledger import written
from indelible.cli.person import TOKEN
from indelible.exports.bundle.actions import bundle
from indelible.exports.bundle.held import Order
from indelible.jobs.sealer import NotSealed
from indelible.kernel.audit import queries, seal
from indelible.kernel.audit.epochs import LOST_IDS
from indelible.kernel.identity import actions
from tests import people
from tests.attacks.restoring import (
    WHY,
    Restored,
    folder,
    put_back,
    refusing,
    restored,
    sentences,
    size_of,
)
from tests.attacks.scene import Scene, set_scene
from tests.conftest import Database
from tests.exports.bundles import checked

assert restored  # a fixture
pytestmark = pytest.mark.urs("URS-BCK-02")


# ---------------------------------------------------------------- what then begins


def test_two_people_settle_it_and_the_ledger_goes_on_under_a_new_name(restored: Restored) -> None:
    scene = restored.scene
    refusing(scene)
    old = (scene.sealer_folder / seal.STATE_FILE).read_bytes()
    restored.settle()
    key = seal.signer(scene.database.home).verifier
    state = seal.read_state(scene.sealer_folder, key)
    assert state is not None and state.checkpoint.origin.startswith(f"{key.name}/2") and state.opening is None
    (place,) = (scene.sealer_folder / seal.EPOCHS_FOLDER).iterdir()
    assert (place / seal.STATE_FILE).read_bytes() == old, "what was signed before is kept"
    (told,) = scene.database.rows(
        "select new from audit.events where kind = 'epoch' and new ->> 'epoch' = 'begun'"
    )[0]
    assert told["reason"] == WHY and told["note"] == json.loads(old)["note"]
    assert (told["proposed_by"]["user_id"], told["approved_by"]["user_id"]) == ("sam", "petra")
    assert queries.broken() is None
    report = scene.examine()
    assert report.findings == (), sentences(report)
    (notice,) = [one for one in report.notices if WHY in one]
    assert f"Lost: ledger entries {restored.kept} to {restored.size - 1} (20)" in notice
    assert "Sam Okafor" in notice and "Petra Novak" in notice and restored.number in notice


def test_no_number_that_was_lost_is_ever_given_again(restored: Restored) -> None:
    scene = restored.scene
    restored_number = restored.number
    refusing(scene)
    restored.settle()
    assert scene.create("First record of the new epoch") > restored_number
    scene.seal()
    rows = scene.database.rows(
        "select l.seq, e.id from audit.leaf as l left join audit.event as e on e.id = l.entry and e.kind = 'epoch'"
        " and e.new ->> 'epoch' = 'lost' order by l.seq"
    )
    stand = {seq for seq, event in rows if event is not None}
    assert stand == set(range(restored.kept, restored.size))
    assert all(event == LOST_IDS + seq for seq, event in rows if event is not None)
    sizes = [size for (size,) in scene.database.rows("select size from audit.checkpoint order by size")]
    assert not [size for size in sizes if restored.kept < size <= restored.size], (
        "nor the size of a checkpoint"
    )
    assert scene.examine().findings == ()


def test_a_second_restore_across_the_epoch_is_settled_too(restored: Restored) -> None:
    scene = restored.scene
    refusing(scene)
    restored.settle()
    first = scene.create("A record of the first new epoch")
    scene.seal()
    size = size_of(scene)
    put_back(scene.database, restored.backup)
    said = refusing(scene)
    assert f"ledger entries {restored.kept} to {size - 1} ({size - restored.kept})" in said and first in said
    restored.settle()
    assert scene.create("A record of the second new epoch") > first
    scene.seal()
    report = scene.examine()
    assert report.findings == (), sentences(report)
    assert len(list((scene.sealer_folder / seal.EPOCHS_FOLDER).iterdir())) == 2


@pytest.mark.parametrize("killed", ["audit.lose", "put_aside", "_sign"])
def test_a_kill_in_the_middle_is_finished_at_the_next_start(
    restored: Restored, monkeypatch: pytest.MonkeyPatch, killed: str
) -> None:
    from indelible.jobs import epochs
    from indelible.jobs.sealer import Sealer

    def gone(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    refusing(restored.scene)
    actions.propose_epoch(people.signed_in(people.SAM), reason=WHY)
    actions.approve_epoch(people.signed_in(people.UMA))
    with monkeypatch.context() as patch:
        owner, name = {
            "audit.lose": (epochs, "begin"),
            "put_aside": (seal, "put_aside"),
            "_sign": (Sealer, "_sign"),
        }[killed]
        patch.setattr(owner, name, gone)
        with pytest.raises(KeyboardInterrupt):
            restored.scene.seal()
    restored.scene.seal()
    report = restored.scene.examine()
    assert report.findings == (), sentences(report)
    assert restored.scene.database.rows(
        "select count(*) from audit.events where new ->> 'epoch' = 'begun'"
    ) == [(1,)]


@pytest.mark.parametrize("whole", [True, False])
def test_a_bundle_and_a_folder_made_after_the_epoch_verify_offline_and_against_an_older_checkpoint(
    restored: Restored, tmp_path: Path, whole: bool
) -> None:
    scene = restored.scene
    (before,) = scene.database.rows("select note from audit.checkpoint order by size desc limit 1")[0]
    lost = seal.read_state(scene.sealer_folder, seal.signer(scene.database.home).verifier)
    refusing(scene)
    restored.settle()
    inspector = people.signed_in(people.inspector_everywhere())
    scene.seal()
    with sealing(scene), bundle(inspector, Order(numbers=[scene.signed], whole=whole)).content as content:
        (tmp_path / "b.zip").write_bytes(content.read())
    assert lost is not None
    (tmp_path / "before").write_text(before)
    (tmp_path / "lost").write_bytes(lost.note)
    code, words = checked(tmp_path / "b.zip", "--checkpoint", tmp_path / "before")
    assert code == 0, words
    code, words = checked(tmp_path / "b.zip", "--checkpoint", tmp_path / "lost")
    assert code == 1 and "lost when the database was put back" in words
    with sealing(scene):
        done = written(inspector, tmp_path / "log")
    assert done.vkey.startswith(f"{seal.origin(scene.database.home)}/2")


@contextmanager
def sealing(scene: Scene) -> Iterator[None]:
    """A sealer beside, every tenth of a second."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.1):
            scene.seal()

    beside = threading.Thread(target=work)
    beside.start()
    try:
        yield
    finally:
        stop.set()
        beside.join(20)


def test_the_command_does_it_for_two_people(restored: Restored, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(person: people.TestPerson | None, *words: str) -> Any:
        monkeypatch.setenv(TOKEN, people.session(person, channel="cli")[0] if person else "")
        return CliRunner().invoke(epoch.commands, [*words, "--json"])

    monkeypatch.setattr(epoch, "opened", lambda _home: nullcontext(restored.scene.database.home))
    monkeypatch.setattr(epoch, "left_sealed", lambda _home: nullcontext())
    assert json.loads(run(None, "show").stdout) is None
    refusing(restored.scene)
    assert json.loads(run(None, "show").stdout)["lost"] == 20
    assert json.loads(run(people.SAM, "propose", "--reason", WHY).stdout)["proposed_by"] == "sam"
    shown = json.loads(run(None, "show").stdout)
    assert (shown["proposed_by"], shown["reason"]) == ("sam", WHY)
    assert json.loads(run(people.UMA, "approve").stdout)["reason"] == WHY
    restored.scene.seal()
    assert restored.scene.examine().findings == ()


# ---------------------------------------------------------------- what verify finds afterwards


def test_an_epoch_without_its_two_people_is_a_finding(restored: Restored) -> None:
    refusing(restored.scene)
    restored.settle()
    restored.scene.past_triggers("audit.act", "delete from audit.act where action = 'epoch.approve'")
    report = restored.scene.examine()
    assert "begun without the acts of two people" in sentences(report)
    assert "begun without" not in sentences(restored.scene.examine(without=["epochs"]))


def test_a_halt_is_let_go_by_two_people_and_not_by_removing_a_file(stocked: Database, tmp_path: Path) -> None:
    scene = set_scene(stocked, folder(tmp_path))
    seal.halt(scene.sealer_folder, "A witness holds another history.")
    assert "A witness holds another history." in refusing(scene)
    (scene.sealer_folder / seal.HALT_FILE).unlink()
    assert "A witness holds another history." in refusing(scene)
    actions.propose_epoch(people.signed_in(people.UMA), reason="Test copy had the real keys, change 4712")
    refusing(scene)
    actions.approve_epoch(people.signed_in(people.PETRA))
    scene.seal()
    report = scene.examine()
    assert report.findings == (), sentences(report)
    assert any("No ledger entry is missing here" in one for one in report.notices)


def test_a_copy_of_the_folder_taken_before_the_epoch_does_not_sign_the_old_name_again(
    restored: Restored, tmp_path: Path
) -> None:
    refusing(restored.scene)
    shutil.copytree(restored.scene.sealer_folder, tmp_path / "before")
    restored.settle()
    shutil.rmtree(restored.scene.sealer_folder)
    shutil.copytree(tmp_path / "before", restored.scene.sealer_folder)
    with pytest.raises(NotSealed, match="are not those this sealer has signed"):
        restored.scene.seal()

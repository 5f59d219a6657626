"""Somebody restores yesterday: it is named what was lost, nothing is signed, and two people let a new epoch begin."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from typer.testing import CliRunner

from indelible.cli import epoch
from indelible.cli import sealing as command_sealing
from indelible.cli.ledger import written
from indelible.cli.person import TOKEN
from indelible.exports.bundle.actions import Order, bundle
from indelible.home.layout import Home
from indelible.home.roles import clone_database, drop_database
from indelible.jobs.sealer import LedgerBroken, NotSealed
from indelible.jobs.verification import Report
from indelible.kernel.audit import actions as audit
from indelible.kernel.audit import queries, seal
from indelible.kernel.audit.epochs import LOST_IDS
from indelible.kernel.identity import actions
from indelible.kernel.identity.events import SESSION_LOCK
from tests import people
from tests.attacks.scene import Scene, set_scene
from tests.conftest import Database
from tests.web.conftest import Visitor

pytestmark = pytest.mark.urs("URS-BCK-02")
WHY = "Disk of the database server failed at 21:40, backup of 21:00 put back, ticket 4711"
Refused = Callable[..., Any]


@dataclass
class Restored:
    """A database put back to before its last 20 entries: from which ledger entry on, up to which, and the last number."""

    scene: Scene
    backup: str
    kept: int
    size: int
    number: str

    def settle(self) -> None:
        """What two people do, and the sealer after them."""
        actions.propose_epoch(people.signed_in(people.SAM), reason=WHY)
        actions.approve_epoch(people.signed_in(people.PETRA))
        self.scene.seal()


def back_up(database: Database, name: str) -> str:
    connections.close_all()
    clone_database(database.server.url("superuser", "postgres"), database.name, name)
    return name


def put_back(database: Database, name: str) -> None:
    connections.close_all()
    drop_database(database.server.url("superuser", "postgres"), database.name)
    clone_database(database.server.url("superuser", "postgres"), name, database.name)


def size_of(scene: Scene) -> int:
    return int(scene.database.rows("select count(*) from audit.leaf")[0][0])


def twenty_entries(scene: Scene) -> str:
    """Two records and as much else as makes exactly 20 entries, sealed; the number of the second record."""
    start = size_of(scene)
    scene.create("Door of cold room 3 left open over night")
    number = scene.create("Label printer 2 prints the wrong lot")
    (entries,) = scene.database.rows(
        "select (select count(*) from audit.act) + (select count(*) from audit.event)"
    )[0]
    for _ in range(start + 20 - entries):
        audit.note(scene.author, SESSION_LOCK, object="session")
    scene.seal()
    assert size_of(scene) == start + 20
    return number


@pytest.fixture
def restored(stocked: Database, tmp_path: Path) -> Iterator[Restored]:
    scene = set_scene(stocked, folder(tmp_path))
    kept, name = size_of(scene), back_up(stocked, f"{stocked.name}_backup")
    number = twenty_entries(scene)
    put_back(stocked, name)
    try:
        yield Restored(scene, name, kept, kept + 20, number)
    finally:
        drop_database(stocked.server.url("superuser", "postgres"), name)


def folder(tmp_path: Path) -> Path:
    made = tmp_path / "sealer"
    made.mkdir()
    return made


def refusing(scene: Scene) -> str:
    """The sealer signs nothing, and says why; no leaf, checkpoint or state of its own changes."""
    file = scene.sealer_folder / seal.STATE_FILE
    asked = "select count(*) from audit.leaf union all select count(*) from audit.checkpoint"
    before = scene.database.rows(asked), file.read_bytes()
    with pytest.raises(LedgerBroken) as caught:
        scene.seal()
    assert (scene.database.rows(asked), file.read_bytes()) == before
    return str(caught.value)


def sentences(report: Report) -> str:
    return "\n".join(f"{one.object}: {one.sentence}" for one in report.findings)


# ---------------------------------------------------------------- what is found


def test_the_sealer_names_the_interval_and_the_twenty_entries_and_signs_nothing(restored: Restored) -> None:
    said = refusing(restored.scene)
    assert "was put back to an earlier time, or entries were deleted" in said
    assert f"ledger entries {restored.kept} to {restored.size - 1} (20)" in said
    assert "Record numbers go on above" in said and restored.number in said
    found = queries.broken()
    assert found is not None and found["lost"] == 20
    since, until = (datetime.fromisoformat(found[key]) for key in ("since", "until"))
    assert since < until and since.utcoffset() is not None and f"{since:%Y-%m-%d %H:%M:%S} UTC" in said
    refusing(restored.scene)
    told = restored.scene.database.rows("select count(*) from audit.event where kind = 'epoch'")
    assert told == [(1,)], "the same break is told once"


def test_verify_names_it_before_the_sealer_has_looked_and_after(restored: Restored) -> None:
    report = restored.scene.examine()
    assert report.open and f"Lost: ledger entries {restored.kept} to {restored.size - 1} (20)" in sentences(
        report
    )
    refusing(restored.scene)
    report = restored.scene.examine()
    assert "epoch due" in {one.check for one in report.open} and restored.number in sentences(report)
    assert "epoch due" not in {one.check for one in restored.scene.examine(without=["epoch due"]).open}


def test_a_page_says_why_nothing_is_sealed(restored: Restored) -> None:
    refusing(restored.scene)
    visitor = Visitor()
    visitor.sign_in(people.ANA)
    page = visitor.text(visitor.get("/trail-state"))
    assert "is not the one that was signed last" in page and restored.number in page
    restored.settle()
    assert "is not the one that was signed last" not in visitor.text(visitor.get("/trail-state"))


def test_a_record_number_that_was_lost_is_not_given_again_even_before_anybody_decides(
    restored: Restored,
) -> None:
    refusing(restored.scene)
    assert restored.scene.create("First record after the restore") > restored.number


def test_the_service_looks_before_it_takes_a_request(
    restored: Restored, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = restored.scene
    monkeypatch.setattr(command_sealing, "database_address", lambda _home, role: scene.database.url(role))
    monkeypatch.setattr(Home, "sealer", property(lambda _home: scene.sealer_folder))
    command_sealing.recognise(scene.database.home)
    assert "Nothing is signed" in capsys.readouterr().err and queries.broken() is not None
    assert scene.create("First record after the restore") > restored.number


def test_ids_of_entries_go_on_above_the_lost_ones(restored: Restored) -> None:
    state = seal.read_state(restored.scene.sealer_folder, seal.signer(restored.scene.database.home).verifier)
    assert state is not None
    refusing(restored.scene)
    restored.scene.create("First record after the restore")
    (newest,) = restored.scene.database.rows("select max(id) from audit.act")[0]
    assert newest > state.known.entry


def test_a_state_from_before_this_version_still_finds_what_was_lost(restored: Restored) -> None:
    file = restored.scene.sealer_folder / seal.STATE_FILE
    old = json.loads(file.read_text())
    file.write_text(json.dumps({key: old[key] for key in ("note", "size", "edge", "last")}))
    said = refusing(restored.scene)
    assert f"ledger entries {restored.kept} to {restored.size - 1} (20)" in said
    assert "a time nobody kept" in said and "does not know them" in said


def test_a_ledger_that_was_rewritten_is_settled_by_nobody(restored: Restored, refused: Refused) -> None:
    restored.scene.past_triggers("audit.leaf", "update audit.leaf set hash = sha256('x') where seq = 3")
    with pytest.raises(NotSealed) as caught:
        restored.scene.seal()
    assert not isinstance(caught.value, LedgerBroken)
    sam = people.signed_in(people.SAM)
    with refused("epoch_not_due", urs="URS-BCK-02"):
        actions.propose_epoch(sam, reason=WHY)


# ---------------------------------------------------------------- who may settle it


def test_where_nothing_is_to_settle_nobody_settles(
    stocked: Database, tmp_path: Path, refused: Refused
) -> None:
    set_scene(stocked, folder(tmp_path))
    sam, uma = people.signed_in(people.SAM), people.signed_in(people.UMA)
    with refused("epoch_not_due", urs="URS-BCK-02"):
        actions.propose_epoch(sam, reason=WHY)
    with refused("epoch_not_due"):
        actions.approve_epoch(uma)


@pytest.mark.parametrize("reason", ["", "   ", "n/a", "restored"[:2]])
def test_without_a_reason_nobody_proposes(restored: Restored, refused: Refused, reason: str) -> None:
    refusing(restored.scene)
    sam = people.signed_in(people.SAM)
    with refused("reason_filler" if reason.strip() else "reason_missing", urs="URS-AUD-05"):
        actions.propose_epoch(sam, reason=reason)
    refusing(restored.scene)


def test_only_who_administers_proposes_and_only_security_or_quality_approves(
    restored: Restored, refused: Refused
) -> None:
    refusing(restored.scene)
    for person in (people.ANA, people.PETRA, people.INES):
        actor = people.signed_in(person)
        with refused("not_authorised", urs="URS-AUT-01"):
            actions.propose_epoch(actor, reason=WHY)
    uma = people.signed_in(people.UMA)
    with refused("epoch_not_proposed", urs="URS-BCK-02"):
        actions.approve_epoch(uma)
    actions.propose_epoch(uma, reason=WHY)
    for person in (people.SAM, people.RAJ, people.INES):
        actor = people.signed_in(person)
        with refused("not_authorised"):
            actions.approve_epoch(actor)
    refusing(restored.scene)


def test_one_person_does_not_do_both(restored: Restored, refused: Refused) -> None:
    refusing(restored.scene)
    uma = people.signed_in(people.UMA)
    actions.propose_epoch(uma, reason=WHY)
    with refused("second_person", urs="URS-AUT-04"):
        actions.approve_epoch(uma)
    other_session = people.signed_in(people.UMA)
    with refused("second_person"):
        actions.approve_epoch(other_session)
    refusing(restored.scene)


def test_acts_that_no_person_stands_behind_let_nothing_begin(restored: Restored) -> None:
    """A database administrator writes both acts by hand, with copied tokens."""
    refusing(restored.scene)
    actions.propose_epoch(people.signed_in(people.SAM), reason=WHY)
    restored.scene.sql(
        "insert into audit.act (id, xid, at, db, token, action, reason, user_id, name, role, object, outcome)"
        " select nextval('audit.entry_id_seq'), pg_current_xact_id(), now(), 'indelible_app',"
        " replace(replace(token, '|sam|', '|uma|'), split_part(token, '|', 4), repeat('0', 32)), 'epoch.approve', '',"
        " 'uma', 'Uma Lindqvist', 'security_unit', object || '/' || id, 'done' from audit.act where action = 'epoch.propose'"
    )
    refusing(restored.scene)


def test_an_approval_of_another_break_lets_nothing_begin(restored: Restored) -> None:
    """Approved, and then another backup is put back before the sealer looks."""
    refusing(restored.scene)
    actions.propose_epoch(people.signed_in(people.SAM), reason=WHY)
    actions.approve_epoch(people.signed_in(people.UMA))
    restored.scene.past_triggers("audit.leaf", f"delete from audit.leaf where seq = {restored.kept - 1}")
    assert f"ledger entries {restored.kept - 1} to" in refusing(restored.scene)


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
    assert offline(tmp_path, before).returncode == 0, offline(tmp_path, before).stdout
    assert lost is not None
    against = offline(tmp_path, lost.note.decode())
    assert against.returncode == 1 and "lost when the database was put back" in against.stdout
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


def offline(folder: Path, known: str) -> subprocess.CompletedProcess[str]:
    (folder / "known").write_text(known)
    program = files("indelible.exports.bundle") / "offline" / "verify.py"
    return subprocess.run(
        [sys.executable, "-I", str(program), str(folder / "b.zip"), "--checkpoint", str(folder / "known")],
        capture_output=True,
        text=True,
        check=False,
    )


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

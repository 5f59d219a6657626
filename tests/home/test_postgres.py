"""The embedded server's life: first start, crash, second start, long paths, damage."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from indelible.home import keys, sockets
from indelible.home.account import server_account
from indelible.home.layout import Home, HomeProblem
from indelible.home.lock import InUse
from indelible.home.postgres import Server
from tests.home.conftest import FAST, ask, process_of, remove

DURABLE = {"max_connections": "20"}


def test_start_before_init_says_what_to_do(open_home: Home) -> None:
    with pytest.raises(HomeProblem, match="indelible init"):
        Server(open_home).start()
    assert not open_home.root.exists()


def test_a_new_server_is_as_strict_as_a_companys_own(open_home: Home) -> None:
    with Server(open_home, FAST) as server:
        url = server.url("superuser")
        assert ask(url, "SHOW listen_addresses") == ""
        assert ask(url, "SHOW data_checksums") == "on"
        assert ask(url, "SHOW password_encryption") == "scram-sha-256"
        assert ask(url, "SHOW server_encoding") == "UTF8"
        assert (
            ask(url, "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname='indelible'")
            == "bC.UTF-8"
        )
        assert ask(url, "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'") == 0
        assert ask(url, "SHOW timezone") == "UTC"
        folder = sockets.recorded(open_home)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert not server.is_running()


def test_lower_case_and_order_do_not_depend_on_the_machine(open_home: Home) -> None:
    with Server(open_home, FAST) as server:
        assert ask(server.url("app"), "SELECT lower('ÄÖÜ ÇŁ ΔΣ')") == "äöü çł δσ"


def test_the_log_keeps_out_what_people_typed(open_home: Home) -> None:
    with (
        Server(open_home, FAST) as server,
        psycopg.connect(server.url("owner"), autocommit=True) as connection,
    ):
        connection.execute("CREATE TABLE kept (words text UNIQUE CHECK (length(words) > 3))")
        connection.execute("INSERT INTO kept VALUES ('canary-5417')")
        for statement in ("INSERT INTO kept VALUES ('canary-5417')", "SELECT 'canary-5417' FROM nowhere"):
            with pytest.raises(psycopg.Error):
                connection.execute(statement)
        log = (open_home.logs / "postgresql.log").read_text()
        assert "duplicate key" in log
        assert "canary-5417" not in log
        for role in keys.DATABASE_ROLES:
            assert keys.database_secret(open_home, role) not in log


def test_a_killed_server_comes_back_with_everything_committed(open_home: Home) -> None:
    with Server(open_home, DURABLE) as server:
        with psycopg.connect(server.url("owner"), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (id int)")
            connection.execute("INSERT INTO kept SELECT generate_series(1, 500)")
        os.kill(process_of(server), signal.SIGKILL)
        deadline = time.monotonic() + 10
        while not server.failed() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert server.failed()
        server.stop()
        assert (server.data / "postmaster.pid").exists()
        server.start()
        assert ask(server.url("owner"), "SELECT count(*) FROM kept") == 500


def test_a_server_whose_starter_was_killed_is_taken_over(open_home: Home) -> None:
    Server(open_home, DURABLE).initialise()
    script = (
        "import sys, time; from pathlib import Path; from indelible.home.layout import Home;"
        "from indelible.home.postgres import Server; Server(Home(Path(sys.argv[1]))).start();"
        "print('up', flush=True); time.sleep(600)"
    )
    starter = subprocess.Popen([sys.executable, "-c", script, str(open_home.root)], stdout=subprocess.PIPE)
    assert starter.stdout is not None
    assert starter.stdout.readline() == b"up\n"
    server = Server(open_home, DURABLE)
    orphan = process_of(server)
    starter.kill()
    starter.wait()
    assert server.is_running()
    with server:
        assert process_of(server) != orphan
        assert ask(server.url("app"), "SELECT 1") == 1


def test_a_number_that_now_belongs_to_another_process_is_not_mistaken(open_home: Home) -> None:
    """After a restart of the machine the noted process number may be anybody's, here this test's own."""
    Server(open_home, FAST).initialise()
    server = Server(open_home, FAST)
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n")
    assert not server.is_running()
    with server:
        assert ask(server.url("app"), "SELECT 1") == 1


def test_two_starts_on_one_home_give_one_clear_sentence(open_home: Home) -> None:
    with Server(open_home, FAST) as server:
        with pytest.raises(InUse) as caught:
            Server(open_home, FAST).start()
        assert str(caught.value) == (
            f"Indelible already runs on {open_home.root} (process {os.getpid()}). "
            "Stop it first, or choose another folder with --home."
        )
        with pytest.raises(InUse):
            Server(open_home, FAST).initialise()
        assert ask(server.url("app"), "SELECT 1") == 1


def test_a_break_in_the_middle_of_init_is_repaired_by_init(open_home: Home) -> None:
    server = Server(open_home, FAST)
    server.initialise()
    secret = keys.database_secret(open_home, "indelible_app")
    (open_home.database / "initialised").unlink()
    (open_home.database / "data.new").mkdir()
    with Server(open_home, FAST) as again:
        assert ask(again.url("app"), "SELECT 1") == 1
    assert keys.database_secret(open_home, "indelible_app") == secret


def test_a_long_path_gets_a_short_closed_folder_for_the_socket(open_home: Home) -> None:
    home = Home(open_home.root.parent / ("long" * 30))
    try:
        with Server(home, FAST) as server:
            folder = sockets.recorded(home)
            assert not folder.is_relative_to(home.root)
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            assert folder.stat().st_uid == server_account().uid
            assert ask(server.url("app"), "SELECT 1") == 1
        with Server(home, FAST) as server:
            assert sockets.recorded(home) == folder
        folder.rename(f"{folder}-gone")
        folder.mkdir(mode=0o755)
        with Server(home, FAST) as server:
            assert sockets.recorded(home) != folder, "a folder squatted under the old name was used"
            assert ask(server.url("app"), "SELECT 1") == 1
        folder.rmdir()
        Path(f"{folder}-gone").rmdir()
    finally:
        remove(home)


def test_a_damaged_page_is_noticed(open_home: Home) -> None:
    with Server(open_home, DURABLE) as server:
        with psycopg.connect(server.url("owner"), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 500) AS id")
            connection.execute("SET ROLE indelible_owner")
        path = server.data / str(ask(server.url("owner"), "SELECT pg_relation_filepath('kept')"))
        server.stop()
        content = bytearray(path.read_bytes())
        content[4000] ^= 0xFF
        path.write_bytes(content)
        server.start()
        with pytest.raises(psycopg.Error, match="invalid page"):
            ask(server.url("owner"), "SELECT count(*) FROM kept")

"""The service as a whole: refused when unprotected, mended when a part crashes, ended cleanly, never twice."""

from __future__ import annotations

import os
import signal
import time

import psycopg
import pytest

from indelible.home.layout import Home
from indelible.home.lock import is_held
from indelible.home.postgres import Server
from tests.cli.conftest import Command, children_of, free_port, status, wait_until

pytestmark = pytest.mark.slow


def server_of(command: Command) -> Server:
    return Server(Home(command.home))


def started(command: Command) -> int:
    """How many starts the trail holds."""
    with psycopg.connect(server_of(command).url("verify")) as connection:
        row = connection.execute("select count(*) from audit.act where action = 'system.started'").fetchone()
        assert row is not None
        return int(row[0])


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_second_start_and_a_taken_port_are_one_sentence_each(installed: Command) -> None:
    port = free_port()
    with installed.serving(port) as process:
        second = installed("serve", "--port", str(free_port()))
        assert second.returncode == 1
        assert second.stderr == (
            f"indelible: Indelible already runs on {installed.home} (process {process.pid}). "
            "Stop it first, or choose another folder with --home.\n"
        )
        assert status(port, "/healthz") == 200
        upgrade = installed("upgrade", "--reason", "CHG-1: while it runs")
        assert upgrade.returncode == 1
        assert "Stop it before" in upgrade.stderr


def test_a_taken_port_is_told_and_nothing_stays_running(installed: Command) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = installed("serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
    assert not server_of(installed).is_running()


@pytest.mark.urs("URS-AUD-08")
def test_start_and_stop_stand_in_the_trail_and_the_end_is_clean(installed: Command) -> None:
    with installed.serving(free_port()) as process:
        before = started(installed)
        parts = children_of(process.pid)
        assert set(parts) == {"web", "worker", "sealer"}
    assert process.returncode == 0
    assert not any(alive(number) for number in parts.values())
    assert not server_of(installed).is_running()
    assert not is_held(Home(installed.home))
    with installed.serving(free_port()):
        assert started(installed) == before + 1


@pytest.mark.parametrize("part", ["web", "worker", "sealer"])
def test_a_crashed_part_is_started_again(installed: Command, part: str) -> None:
    port = free_port()
    with installed.serving(port) as process:
        wait_until(lambda: part in children_of(process.pid))
        number = children_of(process.pid)[part]
        os.kill(number, signal.SIGKILL)
        wait_until(lambda: children_of(process.pid).get(part, number) != number)
        wait_until(lambda: answers(port))


def test_a_crashed_database_is_started_again(installed: Command) -> None:
    port = free_port()
    with installed.serving(port):
        server = server_of(installed)
        before = (server.data / "postmaster.pid").read_text().splitlines()[0]
        os.kill(int(before), signal.SIGKILL)
        wait_until(
            lambda: (
                server.is_running() and (server.data / "postmaster.pid").read_text().splitlines()[0] != before
            )
        )
        wait_until(lambda: answers(port))
        assert started(installed) > 0


def test_after_a_killed_service_no_part_lives_on_and_the_next_start_is_clean(installed: Command) -> None:
    port = free_port()
    with installed.serving(port) as process:
        wait_until(lambda: len(children_of(process.pid)) == 3)
        parts = children_of(process.pid)
        process.kill()
        process.wait()
        wait_until(lambda: not any(alive(number) for number in parts.values()))
    began = time.monotonic()
    with installed.serving(port):
        assert time.monotonic() - began < 30
        assert status(port, "/healthz") == 200


@pytest.mark.urs("URS-AUD-02")
@pytest.mark.parametrize(
    ("damage", "repair"),
    [
        (
            "alter table public.identity_person disable trigger indelible_capture",
            "alter table public.identity_person enable always trigger indelible_capture",
        ),
        (
            "grant delete on public.identity_person to indelible_app",
            "revoke delete on public.identity_person from indelible_app",
        ),
        ("grant audit_owner to indelible_app", "revoke audit_owner from indelible_app"),
        ("alter role indelible_app superuser", "alter role indelible_app nosuperuser"),
    ],
)
def test_the_service_does_not_start_where_the_trail_could_be_altered(
    installed: Command, damage: str, repair: str
) -> None:
    with (
        server_of(installed) as server,
        psycopg.connect(server.url("superuser"), autocommit=True) as connection,
    ):
        connection.execute(damage)
    try:
        done = installed("serve", "--port", str(free_port()))
        assert done.returncode == 1
        assert "The service does not start: " in done.stderr
        assert installed("doctor").returncode == 1
        assert not server_of(installed).is_running()
    finally:
        with (
            server_of(installed) as server,
            psycopg.connect(server.url("superuser"), autocommit=True) as connection,
        ):
            connection.execute(repair)
    assert installed("doctor").returncode == 0


def answers(port: int) -> bool:
    try:
        return status(port, "/healthz") == 200
    except OSError:
        return False

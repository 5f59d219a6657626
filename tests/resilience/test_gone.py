"""The server goes away in the middle of a save: told truly, and all of the save is there or none of it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection

from indelible.kernel.audit import queries
from indelible.kernel.audit.types import Refusal
from tests import seen
from tests.conftest import Database
from tests.resilience.conftest import pairs, reconnect, save

ENDING = "select pg_terminate_backend(%s)"


def _refused(code: str, *args: object, **hooks: Callable[[], object]) -> None:
    with pytest.raises(Refusal) as caught:
        save(*args, **hooks)  # type: ignore[arg-type]
    assert caught.value.rule.code == code, caught.value
    assert caught.value.rule.status == 503 and caught.value.detail
    seen.rules.add(code)


def _end_ours(database: Database) -> Callable[[], object]:
    def end() -> None:
        database.superuser(ENDING, [connection.connection.info.backend_pid])
        time.sleep(0.3)

    return end


@pytest.mark.urs("URS-AUD-04", "URS-BCK-03")
def test_gone_between_two_statements_nothing_was_changed(broken: Database) -> None:
    before = pairs(broken)
    _refused("storage_failed", "BETWEEN", between=_end_ours(broken))
    assert pairs(broken) == before
    save("BETWEEN")  # the next attempt finds a new connection by itself
    assert pairs(broken) == {*before, "BETWEEN"}


@pytest.mark.urs("URS-AUD-04", "URS-BCK-03")
def test_gone_before_the_first_statement_nothing_was_changed(broken: Database) -> None:
    before = pairs(broken)
    queries.clock()
    _end_ours(broken)()
    _refused("storage_failed", "IDLE")
    assert pairs(broken) == before


@pytest.mark.urs("URS-AUD-04", "URS-BCK-03")
def test_gone_at_the_commit_is_said_to_be_unknown(broken: Database) -> None:
    before = pairs(broken)
    _refused("outcome_unknown", "COMMIT", last=_end_ours(broken))
    assert pairs(broken) in (before, {*before, "COMMIT"})


@pytest.mark.urs("URS-AUD-04", "URS-BCK-03")
def test_gone_after_the_commit_and_before_its_answer_is_said_to_be_unknown_too(broken: Database) -> None:
    """A standby that never answers holds the commit after it is durable here: the answer is lost, the save is not."""
    before = pairs(broken)
    queries.clock()
    pid = connection.connection.info.backend_pid
    broken.superuser("alter system set synchronous_standby_names = 'nobody'")
    broken.superuser("select pg_reload_conf()")
    time.sleep(0.5)
    killer = threading.Timer(1.0, broken.superuser, [ENDING, [pid]])
    killer.start()
    try:
        _refused("outcome_unknown", "ANSWER")
    finally:
        killer.join()
        broken.superuser("alter system reset synchronous_standby_names")
        broken.superuser("select pg_reload_conf()")
    assert pairs(broken) == {*before, "ANSWER"}


@pytest.mark.urs("URS-AUD-04")
def test_a_server_that_is_not_there_refuses_and_takes_the_next_save_when_it_is_back(broken: Database) -> None:
    before = pairs(broken)
    broken.server.stop()
    reconnect(broken)
    _refused("storage_failed", "STOPPED")
    broken.server.start()
    assert pairs(broken) == before
    save("STOPPED")
    assert pairs(broken) == {*before, "STOPPED"}


@pytest.mark.slow
@pytest.mark.urs("URS-BCK-03", "URS-AUD-04")
def test_killed_while_eight_write_it_comes_back_with_data_and_trail_whole(broken: Database) -> None:
    told: list[str] = []
    unknown: list[str] = []

    def write(who: int) -> None:
        try:
            for number in range(10_000):
                code = f"KILL{who}-{number}"
                try:
                    save(code)
                except Refusal as refusal:
                    if refusal.rule.code == "outcome_unknown":
                        unknown.append(code)
                    return
                told.append(code)
        finally:
            connection.close()

    before = pairs(broken)
    writers = [threading.Thread(target=write, args=(who,)) for who in range(8)]
    for writer in writers:
        writer.start()
    time.sleep(2)
    process = broken.server._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    for writer in writers:
        writer.join(60)
    process.wait()
    reconnect(broken)
    broken.server.stop()
    broken.server.start()
    there = pairs(broken) - before
    assert len(told) > 20
    assert set(told) <= there <= {*told, *unknown}
    assert queries.missing_protections() == []
    save("AFTER-KILL")
    assert "AFTER-KILL" in pairs(broken)

"""At most two password hashes at once on a machine, over all processes of one installation, whatever ends them."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import passwords

_HOLD = """
import django, sys
django.setup()
from indelible.kernel.identity import passwords
with passwords._place():
    print("in", flush=True)
    sys.stdin.read()
"""
_WORK = """
import django, time
django.setup()
from indelible.kernel.identity import passwords
passwords.WAIT_SECONDS = 60
print("ready", flush=True)
input()
for _ in range(6):
    with passwords._place():
        began = time.monotonic()
        passwords._hasher.encode("seven quiet otters", "a salt of sixteen")
        print(began, time.monotonic(), flush=True)
"""


def _start(code: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "indelible.config.settings"}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


@pytest.fixture
def holders(server):
    """As many other processes as there are places, each in one."""
    started = [_start(_HOLD) for _ in range(passwords.HASHES_AT_ONCE)]
    try:
        assert [process.stdout.readline().strip() for process in started] == ["in"] * len(started)
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


@pytest.mark.urs("URS-CRD-03")
def test_other_processes_fill_the_places_and_the_next_is_told_to_wait(holders, monkeypatch):
    monkeypatch.setattr(passwords, "WAIT_SECONDS", 0.1)
    with pytest.raises(Refusal) as caught:
        passwords.matches("seven quiet otters", None, of="ana")
    assert (caught.value.rule.code, caught.value.rule.status) == ("busy", 429)
    holders[0].communicate("")  # one leaves in order
    assert not passwords.matches("seven quiet otters", None, of="ana")


def test_a_killed_process_leaves_no_place_taken(holders, monkeypatch):
    monkeypatch.setattr(passwords, "WAIT_SECONDS", 0.5)
    holders[0].send_signal(signal.SIGKILL)
    holders[0].wait()
    assert not passwords.matches("seven quiet otters", None, of="ana")


def test_a_place_that_comes_free_is_taken_by_who_waits(holders, monkeypatch):
    monkeypatch.setattr(passwords, "WAIT_SECONDS", 20)
    began = time.monotonic()
    threading.Timer(0.3, holders[1].kill).start()
    assert not passwords.matches("seven quiet otters", None, of="ana")
    assert 0.3 <= time.monotonic() - began < 10


def test_five_busy_processes_never_hash_more_than_two_at_once(server):
    started = [_start(_WORK) for _ in range(5)]
    for process in started:
        assert process.stdout.readline() == "ready\n"
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    spans = [
        tuple(map(float, line.split()))
        for process in started
        for line in process.communicate(timeout=60)[0].splitlines()
    ]
    assert len(spans) == 30
    turns = sorted([(began, 1) for began, _ in spans] + [(ended, -1) for _, ended in spans])
    at_once, most = 0, 0
    for _, change in turns:
        at_once += change
        most = max(most, at_once)
    assert most == passwords.HASHES_AT_ONCE

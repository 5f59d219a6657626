"""`indelible keys change-secret`: refused while the service runs, ended by the next start after a kill, found where it is another (URS-OPN-04)."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import Any

import pytest

from tests.cli.conftest import Command, free_port

pytestmark = [pytest.mark.slow, pytest.mark.urs("URS-OPN-04")]
BEGUN = """
import os, signal, sys
from pathlib import Path
import pyotp
from indelible.cli.installation import opened
from indelible.home import keys as files
def killed(home):
    os.kill(os.getpid(), signal.SIGKILL)
place = {"source": "here", "channel": "cli"}
with opened(Path(sys.argv[1])):
    from indelible.kernel.audit.queries import clock
    from indelible.kernel.identity import actions
    from indelible.kernel.identity.queries import actor_for_session
"""
ENROLLED = f"""{BEGUN}
    _, actor = actions.sign_in(sys.argv[2], sys.argv[3], **place)
    actions.change_password(actor, sys.argv[3], "green lanterns over calm water")
    token, actor = actions.sign_in(sys.argv[2], "green lanterns over calm water", **place)
    handle, secret, _ = actions.ask_code_enrolment(actor)
    actions.enrol_code(actor, handle, password="green lanterns over calm water", code=pyotp.TOTP(secret).at(clock()))
    print(token, secret)
"""
KILLED = f"""{BEGUN}
    files.take_up_secret = killed
    actions.rotate_secret(actor_for_session(sys.argv[2], source="here", channel="cli"), reason="yearly change 9")
"""
TESTED = f"""{BEGUN}
    actor = actor_for_session(sys.argv[2], source="here", channel="cli")
    tested = actions.take_code_test(
        actor, password="green lanterns over calm water", code=pyotp.TOTP(sys.argv[3]).at(int(clock().timestamp()) + 30))
    print(tested.tested_at > tested.enrolled_at)
"""


def script(command: Command, text: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The text as a process of its own on the command's home."""
    return subprocess.run(
        [sys.executable, "-c", text, str(command.home), *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=command.environment(),
    )


def installed(command: Command) -> tuple[str, str]:
    """A new installation; token and authenticator's secret of its administrator."""
    made = command("init", "--json")
    assert made.returncode == 0, made.stderr
    admin: dict[str, Any] = json.loads(made.stdout)["people"][0]
    done = script(command, ENROLLED, admin["user_id"], admin["secret"])
    assert done.returncode == 0, done.stderr
    token, secret = done.stdout.split()[-2:]
    return token, secret


def test_a_change_that_was_killed_is_ended_by_the_next_start_and_nothing_is_lost(empty: Command) -> None:
    token, secret = installed(empty)
    file = empty.home / "keys" / "django-secret"
    old = file.read_text()
    words = ("keys", "change-secret", "--reason", "yearly change 9")
    with empty.serving(free_port()):
        running = empty(*words, INDELIBLE_TOKEN=token)
        assert running.returncode == 1 and "Stop it before" in running.stderr
    stranger = empty(*words, INDELIBLE_TOKEN="x" * 43)
    assert stranger.returncode == 1 and "URS-ACC-01" in stranger.stderr
    assert file.read_text() == old
    killed = script(empty, KILLED, token)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert file.read_text() == old and (empty.home / "keys" / "django-secret-proposed").exists()
    with empty.serving(free_port()):
        pass
    assert file.read_text() != old and not (empty.home / "keys" / "django-secret-proposed").exists()
    tested = script(empty, TESTED, token, secret)
    assert tested.stdout.split()[-1:] == ["True"], tested.stderr
    done = empty(*words, "--json", INDELIBLE_TOKEN=token)
    assert done.returncode == 0, done.stderr
    names = json.loads(done.stdout)
    assert names["old"] != names["new"] and file.read_text() not in done.stdout
    clean = empty("verify")
    assert clean.returncode == 0, clean.stdout


def test_another_secret_or_none_is_told_in_a_sentence_and_nothing_starts(empty: Command) -> None:
    token, _ = installed(empty)
    file = empty.home / "keys" / "django-secret"
    right = file.read_text()
    file.write_text("ab" * 32)
    refused = empty("serve", "--port", str(free_port()))
    assert refused.returncode == 1 and "1 authenticator cannot be opened" in refused.stderr
    assert "Put back that file" in refused.stderr and "Traceback" not in refused.stderr
    assert "cannot be opened" in empty("doctor").stdout
    change = empty("keys", "change-secret", "--reason", "yearly change 9", INDELIBLE_TOKEN=token)
    assert change.returncode == 1 and "URS-OPN-04" in change.stderr
    file.unlink()
    missing = empty("serve", "--port", str(free_port()))
    assert missing.returncode == 1 and "is missing" in missing.stderr and "Traceback" not in missing.stderr
    file.write_text(right)
    file.chmod(0o600)
    with empty.serving(free_port()):
        pass

"""`indelible keys`: shown, changed with an overlap, retired; refused in a sentence while the service runs or to who may not."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.cli.conftest import Command, free_port

pytestmark = [pytest.mark.slow, pytest.mark.urs("URS-OPN-04")]
SIGN_IN = """
import sys
from pathlib import Path
from indelible.cli.installation import opened
with opened(Path(sys.argv[1])):
    from indelible.kernel.identity import actions
    place = {"source": "here", "channel": "cli"}
    _, actor = actions.sign_in(sys.argv[2], sys.argv[3], **place)
    actions.change_password(actor, sys.argv[3], "green lanterns over calm water")
    print(actions.sign_in(sys.argv[2], "green lanterns over calm water", **place)[0])
"""


def token_of(command: Command, user_id: str, secret: str) -> str:
    """A session of a person who replaced their one-time secret."""
    words = [sys.executable, "-c", SIGN_IN, str(command.home), user_id, secret]
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=120, check=True, env=command.environment()
    )
    return done.stdout.split()[-1]


def test_a_key_is_changed_by_who_answers_for_it_with_the_service_stopped(empty: Command) -> None:
    made = empty("init", "--json")
    assert made.returncode == 0, made.stderr
    admin = json.loads(made.stdout)["people"][0]
    with empty.serving(free_port()):
        running = empty("keys", "rotate", "sealer", "--reason", "yearly change 9")
        assert running.returncode == 1 and "Stop it before" in running.stderr
    stranger = empty("keys", "rotate", "sealer", "--reason", "yearly change 9", INDELIBLE_TOKEN="x" * 43)
    assert stranger.returncode == 1 and "URS-ACC-01" in stranger.stderr
    token = token_of(empty, admin["user_id"], admin["secret"])
    early = empty("keys", "retire", "--reason", "yearly change 9", INDELIBLE_TOKEN=token)
    assert early.returncode == 1 and "URS-OPN-04" in early.stderr
    for use in ("sealer", "service"):
        done = empty("keys", "rotate", use, "--reason", "yearly change 9", "--json", INDELIBLE_TOKEN=token)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert told["old"] != told["new"]
    both = json.loads(empty("keys", "show", "--json").stdout)
    assert len(both["sealer"]) == 2 and len(both["service"]) == 2
    retired = empty("keys", "retire", "--reason", "witnesses have the line", INDELIBLE_TOKEN=token)
    assert retired.returncode == 0 and "signs alone" in retired.stdout
    assert json.loads(empty("keys", "show", "--json").stdout)["sealer"] == both["sealer"][::-1]
    with empty.serving(free_port()):
        pass
    clean = empty("verify")
    assert clean.returncode == 0, clean.stdout

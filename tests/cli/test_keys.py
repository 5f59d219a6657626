"""`indelible keys`: shown, changed with an overlap, retired; refused in a sentence while the service runs or to who may not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command, free_port

pytestmark = [pytest.mark.slow, pytest.mark.urs("URS-OPN-04")]
SIGN_IN = """
import sys
from pathlib import Path
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


def test_keys_are_put_under_a_lock_and_an_old_ledger_verifies_after_it(
    empty: Command, tmp_path: Path
) -> None:
    made = empty("init", "--json")
    assert made.returncode == 0, made.stderr
    token = token_of(empty, *[json.loads(made.stdout)["people"][0][key] for key in ("user_id", "secret")])
    lock, other = tmp_path / "lock", tmp_path / "other"
    for path, phrase in ((lock, "a phrase that lies elsewhere"), (other, "another phrase for next year")):
        path.write_text(phrase)
        path.chmod(0o600)
    named = {"INDELIBLE_KEY_LOCK_FILE": str(lock)}
    unnamed = empty("keys", "lock", "--reason", "change 11", INDELIBLE_TOKEN=token)
    assert unnamed.returncode == 1 and "INDELIBLE_KEY_LOCK_FILE" in unnamed.stderr
    clear = empty("verify", **named)
    assert clear.returncode != 0 and "indelible keys lock" in clear.stderr
    stranger = empty("keys", "lock", "--reason", "change 11", INDELIBLE_TOKEN="x" * 43, **named)
    assert stranger.returncode == 1 and "URS-ACC-01" in stranger.stderr
    assert empty("verify").returncode == 0  # nothing was changed by it
    done = empty("keys", "lock", "--reason", "change 11", INDELIBLE_TOKEN=token, **named)
    assert done.returncode == 0 and "under the lock" in done.stdout, done.stderr
    bare = empty("verify")
    assert bare.returncode != 0 and "is locked" in bare.stderr and "Traceback" not in bare.stderr
    changing = {"INDELIBLE_KEY_LOCK_FILE": str(other), "INDELIBLE_KEY_LOCK_FORMER_FILE": str(lock)}
    wrong = empty("verify", INDELIBLE_KEY_LOCK_FILE=str(other))
    assert wrong.returncode != 0 and "does not open" in wrong.stderr
    again = empty("keys", "lock", "--reason", "change 12", INDELIBLE_TOKEN=token, **changing)
    assert again.returncode == 0, again.stderr
    with empty.serving(free_port(), INDELIBLE_KEY_LOCK_FILE=str(other)):
        pass
    clean = empty("verify", INDELIBLE_KEY_LOCK_FILE=str(other))
    assert clean.returncode == 0, clean.stdout

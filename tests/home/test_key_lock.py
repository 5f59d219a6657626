"""The lock of the keys: never in the clear under a lock, never open without it, changed without loss (URS-OPN-04)."""

from __future__ import annotations

from pathlib import Path

import pytest

from indelible.home import key_lock, keys
from indelible.home.layout import Home, HomeProblem

pytestmark = pytest.mark.urs("URS-OPN-04")
LOCK = "a phrase that lies in another place"
OTHER = "quite another phrase, for the year after"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home without a lock in the environment."""
    for name in (key_lock.VARIABLE, key_lock.FORMER):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    made = Home(tmp_path / "var")
    made.create()
    return made


def secrets_of(home: Home) -> tuple[bytes, bytes, bytes, str]:
    """What the keys say."""
    return (
        keys.app_signing_key(home).private_bytes_raw(),
        keys.sealer_key(home).private_bytes_raw(),
        keys.trail_secret(home),
        keys.database_secret(home, "indelible_app"),
    )


def test_made_under_a_lock_nothing_is_ever_in_the_clear(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(key_lock.VARIABLE, LOCK)
    keys.create(home)
    keys.propose_key(home, keys.SEALER)
    made = secrets_of(home)
    for path in keys.secret_files(home):
        content = path.read_bytes()
        assert key_lock.is_locked(content) and b"PRIVATE KEY" not in content
        assert made[2].hex().encode() not in content and path.stat().st_mode & 0o777 == 0o600
    assert keys.proposed_key(home, keys.SEALER) is not None


def test_without_the_lock_or_with_another_nothing_starts_and_nothing_changes(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(key_lock.VARIABLE, LOCK)
    keys.create(home)
    before = {path: path.read_bytes() for path in keys.secret_files(home)}
    monkeypatch.delenv(key_lock.VARIABLE)
    with pytest.raises(HomeProblem, match="is locked"):
        keys.sealer_key(home)
    monkeypatch.setenv(key_lock.VARIABLE, OTHER)
    with pytest.raises(HomeProblem, match="does not open"):
        keys.django_secret(home)
    with pytest.raises(HomeProblem, match="under another lock"):
        keys.lock_all(home)
    assert {path: path.read_bytes() for path in keys.secret_files(home)} == before


def test_a_key_in_the_clear_is_refused_once_a_lock_is_named(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.create(home)
    made = secrets_of(home)
    monkeypatch.setenv(key_lock.VARIABLE, LOCK)
    with pytest.raises(HomeProblem, match="in the clear"):
        keys.trail_secret(home)
    assert not keys.is_lock_begun(home)
    with key_lock.as_before():
        assert secrets_of(home) == made
    assert keys.lock_all(home) == len(keys.secret_files(home))
    assert keys.is_lock_begun(home) and secrets_of(home) == made
    assert keys.lock_all(home) == 0


def test_the_lock_is_changed_without_loss_and_a_broken_off_change_goes_on(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(key_lock.VARIABLE, LOCK)
    keys.create(home)
    made = secrets_of(home)
    monkeypatch.setenv(key_lock.VARIABLE, OTHER)
    monkeypatch.setenv(key_lock.FORMER, LOCK)
    first = keys.secret_files(home)[0]
    changed = key_lock.relocked(home, first, first.read_bytes())
    assert changed is not None
    first.write_bytes(changed)  # killed after one file
    assert keys.lock_all(home) == len(keys.secret_files(home)) - 1
    monkeypatch.delenv(key_lock.FORMER)
    assert secrets_of(home) == made
    assert not [path for path in home.keys.iterdir() if path.name.startswith(".")]


def test_a_damaged_file_is_not_taken_for_a_secret(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(key_lock.VARIABLE, LOCK)
    keys.create(home)
    path = home.keys / keys.TRAIL_SECRET
    raw = bytearray(path.read_bytes())
    raw[-5] ^= 1
    path.write_bytes(bytes(raw))
    with pytest.raises(HomeProblem, match="does not open"):
        keys.trail_secret(home)


def test_the_lock_lies_elsewhere_closed_and_long_enough(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, outside = home.root / "lock.txt", tmp_path / "lock.txt"
    for path in (inside, outside):
        path.write_text(LOCK)
        path.chmod(0o600)
    variable = f"{key_lock.VARIABLE}_FILE"
    monkeypatch.setenv(variable, str(inside))
    with pytest.raises(HomeProblem, match="inside the home"):
        keys.create(home)
    monkeypatch.setenv(variable, str(outside))
    outside.chmod(0o644)
    with pytest.raises(HomeProblem, match="other accounts"):
        keys.create(home)
    outside.chmod(0o600)
    keys.create(home)
    made = secrets_of(home)
    outside.write_text("too short")
    with pytest.raises(HomeProblem, match="too short"):
        keys.sealer_key(home)
    outside.write_text("")
    with pytest.raises(HomeProblem, match="is empty"):
        keys.sealer_key(home)
    monkeypatch.setenv(variable, str(tmp_path / "nowhere"))
    with pytest.raises(HomeProblem, match="cannot be read"):
        keys.sealer_key(home)
    monkeypatch.delenv(variable)
    monkeypatch.setenv(key_lock.VARIABLE, LOCK)
    assert secrets_of(home) == made

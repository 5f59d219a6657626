"""Signing keys are changed with an overlap, and what old ones signed holds for ever: wrong paths first (URS-OPN-04)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from indelible.home import keys as files
from indelible.home.layout import Home, write_once
from indelible.jobs.sealer import seal_once
from indelible.jobs.verification import Report, examine
from indelible.kernel.audit import seal, tokens
from indelible.kernel.identity import actions
from indelible.kernel.identity import keys as verbs
from indelible.ledger import note
from tests import people
from tests.conftest import Database
from tests.people import ANA, SAM, UMA
from tests.signatures import signing

pytestmark = pytest.mark.urs("URS-OPN-04")
Refused = Callable[..., Any]
WHY = "yearly change of keys, change 21"


@dataclass
class Keyed:
    """A database with its own copy of the home's keys, and the sealer's folder."""

    database: Database
    folder: Path

    @property
    def home(self) -> Home:
        return self.database.home

    def seal(self) -> list[str]:
        """Seals; the key ids that signed the newest checkpoint."""
        seal_once(self.database.url("seal"), self.folder, seal.signer(self.home))
        newest = self.database.rows("select note from audit.checkpoint order by size desc limit 1")[0][0]
        return [one.key_id.hex() for one in note.parse(newest.encode()).signatures]

    def found(self) -> list[str]:
        report = self.report()
        return [f"{one.object}: {one.sentence}" for one in report.findings]

    def report(self) -> Report:
        return examine(self.database.url("verify"), self.home, sealer_folder=self.folder)

    def key_id(self, line: str) -> str:
        return note.parse_vkey(line).key_id.hex()


@pytest.fixture
def keyed(stocked: Database, tmp_path: Path) -> Iterator[Keyed]:
    """The keys are put back as they were, for the tests after this one."""
    kept = tmp_path / "kept"
    shutil.copytree(stocked.home.keys, kept)
    made = Keyed(stocked, tmp_path / "sealer")
    made.folder.mkdir()
    made.seal()
    try:
        yield made
    finally:
        for file in stocked.home.keys.iterdir():
            file.unlink()
        for file in kept.iterdir():
            shutil.copy2(file, stocked.home.keys / file.name)
        tokens.forget_key()


def test_it_is_for_who_answers_for_keys_with_a_reason_and_in_its_order(
    keyed: Keyed, refused: Refused
) -> None:
    before = seal.signer(keyed.home).verifier
    ana = people.signed_in(ANA)
    for use in verbs.USES:
        with refused("not_authorised"):
            actions.rotate_key(ana, use, reason=WHY)
    with refused("not_authorised"):
        actions.retire_key(ana, reason=WHY)
    sam = people.signed_in(SAM)
    with refused("reason_missing"):
        actions.rotate_key(sam, "sealer", reason=" ")
    with refused("key_unknown"):
        actions.rotate_key(sam, "django", reason=WHY)
    with refused("no_overlap"):
        actions.retire_key(sam, reason=WHY)
    verbs.settle()
    assert seal.signer(keyed.home).verifier == before, "a key that was only proposed counts for nothing"
    actions.rotate_key(sam, "sealer", reason=WHY)
    with refused("key_overlap"):
        actions.rotate_key(sam, "sealer", reason=WHY)


def test_a_refusal_touches_no_file_and_a_broken_off_change_is_ended_first(
    keyed: Keyed, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, sam = people.signed_in(ANA), people.signed_in(SAM)
    before = {one.name: one.read_bytes() for one in keyed.home.keys.iterdir()}
    for use in (*verbs.USES, "django"):
        with refused("not_authorised"):
            actions.rotate_key(ana, use, reason=WHY)
    assert {one.name: one.read_bytes() for one in keyed.home.keys.iterdir()} == before
    with monkeypatch.context() as killed:
        killed.setattr(verbs, "settle", lambda: None)
        _, new = actions.rotate_key(sam, "service", reason=WHY)
    with refused("not_authorised"):  # the decided key is not lost to somebody who may not even ask
        actions.rotate_key(ana, "service", reason=WHY)
    assert verbs.lines(keyed.home)["service"][0] == new
    keyed.seal()
    assert keyed.found() == []


def test_an_entry_that_nobody_attests_changes_no_key(keyed: Keyed) -> None:
    """Whoever has the database writes that the old key is retired; the overlap goes on, and the forgery is found."""
    old, new = actions.rotate_key(people.signed_in(SAM), "sealer", reason=WHY)
    keyed.database.superuser(
        "insert into audit.act (id, xid, at, db, token, action, object, user_id, name, detail) select"
        " nextval('audit.entry_id_seq'), pg_current_xact_id(), clock_timestamp(), db, regexp_replace(token, '[0-9a-f]{32}',"
        " md5('z')), 'key.retire', object, user_id, name, jsonb_build_object('use', 'sealer', 'retired', %s::text, 'stays',"
        " %s::text) from audit.act where action = 'key.rotate'",
        [old, new],
    )
    verbs.settle()
    assert keyed.seal() == [keyed.key_id(old), keyed.key_id(new)]
    assert {one.check for one in keyed.report().findings} == {"actors"}


def test_both_keys_sign_until_the_old_one_is_retired_and_all_stays_verifiable(keyed: Keyed) -> None:
    sam = people.signed_in(SAM)
    old, new = actions.rotate_key(sam, "sealer", reason=WHY)
    assert keyed.seal() == [keyed.key_id(old), keyed.key_id(new)]
    assert keyed.found() == []
    text = keyed.database.rows("select note from audit.checkpoint order by size desc limit 1")[0][0]
    for line in (old, new):  # whoever knows either key goes on verifying
        assert note.open_note(text.encode(), [note.parse_vkey(line)])
    people.signed_in(UMA)
    keyed.seal()
    assert actions.retire_key(sam, reason=WHY) == (old, new)
    people.signed_in(UMA)
    assert keyed.seal() == [keyed.key_id(new)]
    assert keyed.found() == []
    assert verbs.lines(keyed.home)["sealer"] == [new, old]
    private = [
        files._signing_key(keyed.home, one.name).public_key().public_bytes_raw()
        for one in keyed.home.keys.glob("*.pem")
    ]
    assert note.parse_vkey(old).public not in private, "its private half is destroyed"
    _, third = actions.rotate_key(sam, "sealer", reason=WHY)
    assert keyed.seal() == [keyed.key_id(new), keyed.key_id(third)]
    assert keyed.found() == []


def test_the_services_key_is_another_at_once_and_old_acts_hold(keyed: Keyed) -> None:
    sam = people.signed_in(SAM)
    old, new = actions.rotate_key(sam, "service", reason=WHY)
    signing.submit(people.signed_in(ANA), signing.capa(people.signed_in(ANA)), signing.all_of(ANA))
    keyed.seal()
    assert keyed.found() == []
    assert verbs.lines(keyed.home)["service"] == [new, old]
    actions.rotate_key(sam, "service", reason=WHY)
    keyed.seal()
    assert keyed.found() == []


@pytest.mark.parametrize("use", verbs.USES)
def test_a_kill_between_entry_and_file_is_ended_at_the_next_start(
    keyed: Keyed, use: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam = people.signed_in(SAM)
    monkeypatch.setattr(verbs, "settle", lambda: None)
    _, new = actions.rotate_key(sam, use, reason=WHY)
    keyed.seal()
    assert new not in verbs.lines(keyed.home)[use]
    assert keyed.found() == []
    monkeypatch.undo()
    verbs.settle()
    assert new in verbs.lines(keyed.home)[use]
    people.signed_in(UMA)
    keyed.seal()
    assert keyed.found() == []


def test_a_kill_in_the_retirement_is_ended_too(keyed: Keyed, monkeypatch: pytest.MonkeyPatch) -> None:
    sam = people.signed_in(SAM)
    _, new = actions.rotate_key(sam, "sealer", reason=WHY)
    keyed.seal()
    monkeypatch.setattr(verbs, "settle", lambda: None)
    actions.retire_key(sam, reason=WHY)
    keyed.seal()
    assert keyed.found() == []
    monkeypatch.undo()
    verbs.settle()
    people.signed_in(UMA)
    assert keyed.seal() == [keyed.key_id(new)]
    assert keyed.found() == []


def test_a_key_slipped_into_the_folder_is_found(keyed: Keyed) -> None:
    for use, name in (("sealer", "sealer-former"), ("service", "service-former")):
        write_once(
            keyed.home.keys / name,
            Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex().encode(),
        )
        found = [one for one in keyed.found() if "no entry of the ledger introduced it" in one]
        assert len(found) == 1 and f"key of the {use}" in found[0]
        (keyed.home.keys / name).unlink()


def test_a_retired_key_that_signs_again_is_found(keyed: Keyed) -> None:
    sam, former = people.signed_in(SAM), seal.signer(keyed.home).key
    service = files.app_signing_key(keyed.home)
    actions.rotate_key(sam, "sealer", reason=WHY)
    keyed.seal()
    actions.retire_key(sam, reason=WHY)
    people.signed_in(UMA)
    seal_once(
        keyed.database.url("seal"),
        keyed.folder,
        seal.LogSigner(
            seal.origin(keyed.home),
            former,
            former=tuple(one.public for one in seal.signer(keyed.home).verifier.every()),
        ),
    )
    assert any("a retired key was used again" in one for one in keyed.found())
    actions.rotate_key(sam, "service", reason=WHY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "app_signing_key", lambda _home: service)
        tokens.forget_key()
        people.signed_in(ANA)
    tokens.forget_key()
    assert any("a key of the service that had been changed before" in one for one in keyed.found())


@pytest.mark.urs("URS-OPN-04")
def test_who_puts_the_keys_under_a_lock_answers_for_it(stocked: Database, refused: Any) -> None:
    """The files are the command's (home.key_lock); that it is done, by whom and why, stands in the trail first."""
    sam, ana = people.signed_in(SAM), people.signed_in(ANA)
    with refused("not_authorised"):
        actions.lock_keys(ana, reason="change 11 of the platform team")
    with refused("reason_missing"):
        actions.lock_keys(sam, reason=" ")
    actions.lock_keys(sam, reason="change 11 of the platform team")
    told = stocked.rows(
        "select user_id, reason from audit.act where action = 'key.lock' and outcome = 'done'"
    )
    assert told == [("sam", "change 11 of the platform team")]

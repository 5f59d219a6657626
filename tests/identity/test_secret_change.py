"""The service's secret is changed and nothing kept under it is lost, wherever it is broken off; wrong paths first (URS-OPN-04)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from indelible.cli import preflight
from indelible.home import keys as files
from indelible.home.layout import Home, HomeProblem
from indelible.kernel.identity import actions, at_rest, keys, queries
from indelible.kernel.identity.models import OneTimeCode
from tests import people
from tests.conftest import Database
from tests.identity.test_one_time import code, come_in, enrolled
from tests.people import ANA, RAJ, SAM, UMA

pytestmark = pytest.mark.urs("URS-OPN-04")
WHY = "yearly change of keys, change 21"
ANOTHER = "ab" * 32


@pytest.fixture
def home(stocked: Database, tmp_path: Path) -> Iterator[Home]:
    """The home, whose keys are put back as they were for the tests after this one."""
    kept = tmp_path / "kept"
    shutil.copytree(stocked.home.keys, kept)
    try:
        yield stocked.home
    finally:
        shutil.rmtree(stocked.home.keys)
        shutil.copytree(kept, stocked.home.keys)


def put(home: Home, secret: str) -> None:
    """Another secret lies in the folder."""
    (home.keys / files.DJANGO_SECRET).write_text(secret)


def folder(home: Home) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in home.keys.iterdir()}


def two_authenticators() -> tuple[str, str]:
    """Secrets of one that was ended and of Ana's in force."""
    first = enrolled()
    actions.end_code(people.signed_in(SAM), "ana", cause="lost", reason="the phone was lost on a train")
    people.confirm(people.signed_in(UMA), "ana")
    return first, enrolled()


def kept_under(secret: str) -> list[str]:
    return [at_rest.opened(one.secret, under=secret) for one in OneTimeCode.objects.order_by("pk")]


def test_it_is_for_who_answers_for_keys_with_a_reason_and_touches_no_file_else(
    stocked: Database, home: Home, refused: Any
) -> None:
    ana, sam = people.signed_in(ANA), people.signed_in(SAM)
    enrolled()
    before = folder(home)
    with refused("not_authorised"):
        actions.rotate_secret(ana, reason=WHY)
    with refused("reason_missing"):
        actions.rotate_secret(sam, reason=" ")
    assert folder(home) == before


def test_every_authenticator_works_on_under_the_new_one_and_no_secret_is_in_the_trail(
    stocked: Database, home: Home
) -> None:
    secrets = two_authenticators()
    sam, old = people.signed_in(SAM), files.django_secret(home)
    names = actions.rotate_secret(sam, reason=WHY)
    new = files.django_secret(home)
    assert new != old and names == (at_rest.name_of(old), at_rest.name_of(new))
    assert tuple(kept_under(new)) == secrets
    with pytest.raises(at_rest.Unreadable):
        kept_under(old)
    assert old.encode() not in b"".join(folder(home).values()), "the old one is destroyed"
    assert files.proposed_secret(home) is None
    assert come_in(code(secrets[1])).user_id == "ana"
    told = stocked.rows(
        "select user_id, object, reason, detail ->> 'old', detail ->> 'new' from audit.act where action = 'secret.change'"
    )
    assert told == [("sam", "key:secret", WHY, *names)]
    for text in (old, new, *secrets):
        for table in ("audit.act", "audit.event"):
            assert stocked.rows(
                f"select count(*) from {table} as t where t::text like %s", [f"%{text}%"]
            ) == [(0,)]
    assert preflight.obstacles() == []


def test_an_enrolment_that_is_open_is_begun_anew(stocked: Database, home: Home, refused: Any) -> None:
    ana, sam = people.signed_in(ANA), people.signed_in(SAM)
    handle, secret, _ = actions.ask_code_enrolment(ana)
    actions.rotate_secret(sam, reason=WHY)
    with refused("challenge_over"):
        actions.enrol_code(ana, handle, password=ANA.password, code=code(secret))
    handle, secret, _ = actions.ask_code_enrolment(ana)
    put(home, ANOTHER)
    assert actions.asked_again(ana, handle) is None
    with refused("challenge_over"):
        actions.enrol_code(ana, handle, password=ANA.password, code=code(secret))


def test_broken_off_within_the_act_nothing_happened_and_it_is_begun_anew(
    stocked: Database, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = two_authenticators()
    sam, old, done = people.signed_in(SAM), files.django_secret(home), []

    def sealed(text: str, *, under: str = "") -> str:
        if done:
            raise KeyboardInterrupt
        done.append(text)
        return whole(text, under=under)

    whole = at_rest.sealed
    monkeypatch.setattr(at_rest, "sealed", sealed)
    with pytest.raises(KeyboardInterrupt):
        actions.rotate_secret(sam, reason=WHY)
    monkeypatch.undo()
    assert done and tuple(kept_under(old)) == secrets
    keys.settle()
    assert files.django_secret(home) == old, "what was only proposed counts for nothing"
    assert preflight.obstacles() == []
    abandoned = files.proposed_secret(home)
    actions.rotate_secret(sam, reason=WHY)
    assert files.django_secret(home) not in (old, abandoned)
    assert tuple(kept_under(files.django_secret(home))) == secrets


def test_broken_off_between_act_and_file_the_next_start_ends_it(
    stocked: Database, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = two_authenticators()
    sam, old = people.signed_in(SAM), files.django_secret(home)
    monkeypatch.setattr(keys, "settle", lambda: None)
    _, name = actions.rotate_secret(sam, reason=WHY)
    monkeypatch.undo()
    assert files.django_secret(home) == old
    assert preflight.obstacles() == [], "it is ended by the start itself"
    keys.settle()
    keys.settle()
    assert at_rest.name_of(files.django_secret(home)) == name
    assert tuple(kept_under(files.django_secret(home))) == secrets
    assert come_in(code(secrets[1])).user_id == "ana"


def test_an_act_that_nobody_attests_takes_up_no_secret(stocked: Database, home: Home) -> None:
    """Whoever has the database and can put a file writes that their secret is the one to come."""
    actions.rotate_secret(people.signed_in(SAM), reason=WHY)
    before = files.django_secret(home)
    forged = at_rest.name_of(files.propose_secret(home))
    stocked.superuser(
        "insert into audit.act (id, xid, at, db, token, action, object, user_id, name, detail) select"
        " nextval('audit.entry_id_seq'), pg_current_xact_id(), clock_timestamp(), db, regexp_replace(token, '[0-9a-f]{32}',"
        " md5('z')), action, object, user_id, name, jsonb_build_object('new', %s::text) from audit.act"
        " where action = 'secret.change'",
        [forged],
    )
    keys.settle()
    assert files.django_secret(home) == before


def test_with_another_secret_nothing_starts_and_nothing_is_changed(
    stocked: Database, home: Home, refused: Any
) -> None:
    secret = enrolled()
    sam, right = people.signed_in(SAM), files.django_secret(home)
    put(home, ANOTHER)
    [told] = preflight.obstacles()
    assert "1 authenticator cannot be opened" in told and "django-secret" in told and "Put back" in told
    before = folder(home)
    with refused("secret_unreadable"):
        actions.rotate_secret(sam, reason=WHY)
    assert folder(home) == before
    (home.keys / files.DJANGO_SECRET).unlink()
    with pytest.raises(HomeProblem, match="Put back the file"):
        preflight.obstacles()
    files._keep(home, files.DJANGO_SECRET, right.encode())
    assert preflight.obstacles() == [] and come_in(code(secret)).user_id == "ana"


def test_a_secret_that_is_lost_for_good_takes_what_it_kept_along_and_the_rest_goes_on(
    stocked: Database, home: Home, refused: Any
) -> None:
    _, hers = two_authenticators()
    came = come_in(code(hers))
    sam, raj = people.signed_in(SAM), people.signed_in(RAJ)
    put(home, ANOTHER)
    handle, secret, _ = actions.ask_code_enrolment(raj)
    actions.enrol_code(raj, handle, password=RAJ.password, code=code(secret))
    with refused("secret_unreadable"):
        actions.rotate_secret(sam, reason=WHY)
    actions.rotate_secret(sam, reason=WHY, end_unreadable=True)
    gone, lost, stays = OneTimeCode.objects.order_by("pk")
    assert gone.ended_by == lost.ended_by == "sam" and stays.ended_at is None
    assert at_rest.opened(stays.secret) == secret
    ana = queries.person_of("ana")
    assert came.session not in {one.public_id for one in queries.open_sessions(ana)}
    assert not queries.is_identity_verified(ana)
    assert preflight.obstacles() == [] and come_in(None).user_id == "ana"

"""The demonstration company: made by the product's verbs in a shifted time that ends, says what it is, verifies clean."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from django.db import connections

from indelible.cli import preflight
from indelible.cli.installing import as_owner, install_at, migrate_at
from indelible.demonstration import cast
from indelible.demonstration.company import make_company
from indelible.home.postgres import Server
from indelible.home.roles import create_roles_and_database, secrets_of
from indelible.kernel.audit import installation, queries
from tests import seen
from tests.conftest import Database, drop, point_django_at

pytestmark = pytest.mark.slow


def _empty(server: Server, name: str) -> Database:
    made = Database(name, server.home, server)
    create_roles_and_database(server.url("superuser", "postgres"), name, secrets_of(server.home))
    point_django_at(made)
    return made


@pytest.fixture(scope="module")
def company(server: Server) -> Iterator[tuple[Database, list[dict[str, str]]]]:
    made = _empty(server, "demonstration")
    migrate_at(made.url("owner"))
    with as_owner(made.url("owner")):
        installation.begin_demonstration(shift_days=365)
    install_at(
        made.url("owner"),
        reason="Demonstration in the tests",
        keep_clock=True,
        superuser_url=made.url("superuser"),
    )
    assert any("clock" in line for line in preflight.obstacles())
    people = make_company(scale=0.12, tell=lambda share: None)
    with as_owner(made.url("owner")):
        installation.end_demonstration(version="0.0.0")
    seen.collect(made.rows(seen.QUERY))
    yield made, people
    connections.close_all()
    drop(made)


@pytest.mark.urs("URS-TIM-01")
def test_the_first_entry_says_what_it_is_and_the_clock_is_plain_at_the_end(
    company: tuple[Database, list[dict[str, str]]],
) -> None:
    database, _ = company
    point_django_at(database)
    kind, says = database.rows("select kind, new ->> 'says' from audit.event order by id limit 1")[0]
    assert kind == "demo" and "not for regulated use" in says
    assert (
        database.rows("select min(id) from audit.act")[0][0]
        > database.rows("select min(id) from audit.event")[0][0]
    )
    assert queries.clock_is_plain() and queries.is_demonstration() and preflight.obstacles() == []
    with pytest.raises(psycopg.errors.UndefinedFunction):
        database.connect(autocommit=True).execute("select audit.demo_advance(interval '1 day')")


def test_a_year_passes_in_order_and_never_beyond_now(company: tuple[Database, list[dict[str, str]]]) -> None:
    database, _ = company
    first, last, inverted = database.rows(
        "select min(at), max(at), count(*) filter (where at < before) from"
        " (select at, lag(at) over (order by id) as before from audit.act) as x"
    )[0]
    assert last - first > timedelta(days=355)
    assert last <= database.rows("select clock_timestamp()")[0][0]
    assert inverted == 0


def test_every_event_has_a_person_and_the_services_login(
    company: tuple[Database, list[dict[str, str]]],
) -> None:
    database, _ = company
    logins = database.rows(
        "select distinct db from audit.event where kind not in ('baseline', 'demo', 'ddl')"
    )
    assert logins == [("indelible_app",)]
    assert (
        database.rows("select count(*) from audit.event where act is null and kind not in ('demo', 'ddl')")[
            0
        ][0]
        == 0
    )


def test_the_people_can_sign_in_and_cover_the_roles(company: tuple[Database, list[dict[str, str]]]) -> None:
    from indelible.kernel.identity.actions import sign_in

    database, people = company
    point_django_at(database)
    assert {"user_id", "name", "role", "password", "site"} <= set(people[0])
    roles = {role for p in people for role in p["role"].split(", ")}
    assert {
        "Author",
        "Reviewer",
        "QA approver",
        "Operator",
        "Verifier",
        "System administrator",
        "Security unit",
        "Inspector",
    } <= roles
    assert {p["site"] for p in people} == {"GAL", "RAL"}
    _, actor = sign_in(
        "petra",
        next(p["password"] for p in people if p["user_id"] == "petra"),
        source="127.0.0.1",
        channel="api",
    )
    assert actor.holds("qa_approver")


def test_a_database_with_a_history_becomes_no_demonstration(database: Database) -> None:
    with as_owner(database.url("owner")), pytest.raises(LookupError, match="history"):
        installation.begin_demonstration(shift_days=365)


def test_a_passphrase_that_spells_its_owner_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter([["kelp", "cedar", "harbor", "basin"], ["kelp", "cedar", "harbor", "amber"]])
    monkeypatch.setattr(cast.secrets.SystemRandom, "sample", lambda self, words, count: next(draws))
    monkeypatch.setattr(cast.secrets, "randbelow", lambda below: 25)
    assert cast.passphrase(own=("ines", "Inês Duarte", "ines@lumen.example")) == "kelp-cedar-harbor-amber-35"

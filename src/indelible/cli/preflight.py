"""What must hold before the service may start: migrated, protected, and a login that cannot alter the trail."""

from __future__ import annotations

from typing import Final

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from indelible.home import keys
from indelible.home.layout import find_home
from indelible.kernel.audit import queries
from indelible.kernel.identity import at_rest

LOGIN: Final = "indelible_app"


def obstacles() -> list[str]:
    """Why the service must not start, a sentence each; empty when it may. Django's connection is the service's."""
    login = _asked("SELECT session_user")
    if login != LOGIN:
        return [f"the service logs in as {login}, not as {LOGIN}"]
    pending = _pending_migrations()
    if pending:
        return [f"{pending} migrations are not applied yet; run `indelible upgrade --reason ...`"]
    if not queries.clock_is_plain():
        return [
            "the database's clock is not its own: a demonstration's filling did not come to its end (URS-TIM-01)"
        ]
    return [*queries.may_alter_trail(), *queries.missing_protections(), *_unreadable()]


def _unreadable() -> list[str]:
    """That the service's secret is not the one under which authenticators are kept (URS-OPN-04)."""
    count = len(at_rest.unreadable())
    if not count:
        return []
    path = find_home().keys / keys.DJANGO_SECRET
    return [
        f"{count} authenticator{'s' if count > 1 else ''} cannot be opened with {path}: it is another secret than they are kept under. "
        "Put back that file from the copy of the home that belongs to this database; where there is none, run "
        "`indelible keys change-secret --end-unreadable --reason ...`"
    ]


def server_version() -> str:
    """The database server's version, such as 18.4."""
    return _asked("SHOW server_version").split()[0]


def _asked(question: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return str(cursor.fetchone()[0])


def _pending_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))

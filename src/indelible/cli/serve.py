"""`indelible serve`: the whole service under one process, refused where the trail could be altered."""

from __future__ import annotations

import logging
import os
import socket
from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Final

import typer

from indelible.cli.answers import HomeOption, Problem
from indelible.cli.installation import django_ready, existing_home, reachable
from indelible.cli.sealing import recognise, seal_now
from indelible.cli.supervisor import GaveUp, Supervisor
from indelible.home import configuration, outside
from indelible.home.addresses import database_address
from indelible.home.layout import Home
from indelible.home.postgres import Server

if TYPE_CHECKING:
    from indelible.kernel.audit.types import Actor

log = logging.getLogger("indelible.serve")

PARTS: Final = ("web", "worker", "sealer")
ANCHORS: Final = "anchors"
"""The part that runs where somebody outside is named to vouch for the ledger."""

PortOption = Annotated[
    int | None,
    typer.Option("--port", min=1, max=65535, help="Port to serve on; also PORT.", show_default="8000"),
]


def serve(
    port: PortOption = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Web processes.", show_default="2")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Serve: web, background work, sealer and, unless you have your own, the database; until Ctrl-C."""
    found = existing_home(home)
    if port is not None:
        os.environ["INDELIBLE_PORT"] = str(port)
    if workers is not None:
        os.environ["INDELIBLE_WORKERS"] = str(workers)
    run_service(found, [])


def run_service(home: Home, announcement: list[str]) -> None:
    """Serve until told to stop; prints the address, then `announcement`, once pages answer.

    Raises Problem where the port is taken or the service must not start, InUse where it runs already.
    """
    given = configuration.load(home)
    vouching = _vouching(home)
    server = Server(home) if given.embedded else None
    try:
        if server is not None:
            server.start()
        _check_port(given)
        reachable(database_address(home, "app"))
        _refuse_unprotected()
        _settle_keys()
        recognise(home)
        _note(started=True)
        _note_named(vouching)
        _supervise(
            given,
            server,
            (*PARTS, ANCHORS) if vouching else PARTS,
            [f"Indelible serves {given.address}", *announcement],
        )
        _note(started=False)
        seal_now(home, "The service has ended")
    finally:
        if server is not None:
            server.stop()


def _supervise(
    given: configuration.Configuration, server: Server | None, parts: tuple[str, ...], announcement: list[str]
) -> None:
    environment = {**os.environ, "INDELIBLE_LOG_TO": "file and stderr"}
    supervisor = Supervisor(parts, server, environment, _note_restart)
    try:
        supervisor.run(lambda: _answers(given), lambda: typer.echo("\n".join(announcement)))
    except GaveUp as failure:
        raise Problem(str(failure)) from None


def _settle_keys() -> None:
    """Ends a change of a signing key that a kill broke off, before anything is signed."""
    from django.db import connections

    from indelible.kernel.identity.keys import settle

    try:
        settle()
    finally:
        connections.close_all()


def _refuse_unprotected() -> None:
    """The service does not start where its login could alter the trail or a protection is missing (URS-AUD-02)."""
    django_ready()
    from django.db import connections

    from indelible.cli.preflight import obstacles

    try:
        found = obstacles()
    finally:
        connections.close_all()
    if found:
        more = f" (and {len(found) - 1} more; see `indelible doctor`)" if len(found) > 1 else ""
        raise Problem(f"The service does not start: {found[0]}{more}.")


def _note(*, started: bool) -> None:
    """Write the start or the end of the service into the trail (URS-AUD-08), and with a start that no orderly end came before
    it: since when the service was not there."""
    from django.db import connections

    from indelible import __version__
    from indelible.kernel.audit import actions, events, queries

    action = events.STARTED if started else events.STOPPED
    detail = {"version": __version__}
    try:
        if started and (last := queries.last_sign_of_life()):
            detail["ended_without_stop_after"] = last.astimezone(UTC).isoformat()
        actions.note(_service(), action, object="service", detail=detail)
    finally:
        connections.close_all()


def _note_restart(part: str, seen: str) -> bool:
    """Write into the trail that a part was put back; False, told in the log, where that cannot be written now."""
    from django.db import DatabaseError, connections

    from indelible.kernel.audit import actions, events
    from indelible.kernel.audit.types import Refusal

    try:
        actions.note(_service(), events.RESTARTED, object=part, detail={"seen": seen})
    except (DatabaseError, Refusal) as problem:
        log.warning(
            "the restart of a part is not in the trail yet", extra={"part": part, "why": str(problem)}
        )
        return False
    finally:
        connections.close_all()
    return True


def _service() -> Actor:
    from indelible.kernel.audit.types import Actor

    return Actor(user_id="service", name="The service of this installation", channel="cli")


def _vouching(home: Home) -> outside.Outside:
    """Who outside vouches for the ledger, with keys and certificates read; raises HomeProblem for one that is none."""
    from indelible.jobs.anchors import named_by

    given = outside.load(home)
    named_by(given)
    return given


def _note_named(vouching: outside.Outside) -> None:
    """Write into the trail who vouches for the ledger, where that changed."""
    from django.db import connections

    from indelible.jobs.anchors import tell_named

    try:
        tell_named(vouching)
    finally:
        connections.close_all()


def _check_port(given: configuration.Configuration) -> None:
    family = socket.AF_INET6 if ":" in given.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((given.host, given.port))
        except OSError as error:
            raise Problem(
                f"Port {given.port} on {given.host} cannot be used: {error.strerror}. "
                "Choose another with --port or PORT."
            ) from None


def _answers(given: configuration.Configuration) -> bool:
    try:
        socket.create_connection((given.host, given.port), timeout=1).close()
    except OSError:
        return False
    return True

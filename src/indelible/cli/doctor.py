"""`indelible doctor`: what this installation lacks to serve, each as a line with what to do; changes nothing."""

from __future__ import annotations

import platform
import shutil
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import typer
from psycopg.conninfo import conninfo_to_dict

from indelible import __version__
from indelible.cli.answers import FINDING, HomeOption, JsonOption, Problem, answer
from indelible.cli.installation import choose_home, database_up, django_ready
from indelible.home import configuration, key_lock, keys, outside
from indelible.home.layout import Home, HomeProblem
from indelible.jobs.anchors import named_by
from indelible.kernel.audit import seal

LEAST_FREE = 1_000_000_000
"""Bytes free below which the doctor warns: an audit trail only grows."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is well, and in words what was seen or what to do."""

    what: str
    well: bool
    words: str


def doctor(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Look at home, keys, database, protections and port; exit 1 when something needs doing."""
    findings = list(examine(choose_home(home)))
    words = "\n".join(f"{'well ' if f.well else 'LACKS'}  {f.what}: {f.words}" for f in findings)
    answer([asdict(f) for f in findings], words, as_json=as_json)
    if not all(f.well for f in findings):
        raise typer.Exit(FINDING)


def examine(home: Home) -> Iterator[Finding]:
    """Each finding in the order in which a start would meet it; ends at the first that hides the rest."""
    yield Finding("software", True, f"Indelible {__version__} on Python {platform.python_version()}")
    if not home.exists():
        yield Finding("home", False, f"{home.root} holds no installation; run `indelible init`")
        return
    try:
        given = configuration.load(home)
        _read_keys(home)
        vouching = outside.load(home)
        named_by(vouching)
    except HomeProblem as problem:
        yield Finding("home", False, str(problem))
        return
    locked = (
        "under a lock"
        if key_lock.is_named()
        else f"in the clear, mode 0600; {key_lock.VARIABLE}_FILE names a lock"
    )
    yield Finding("home", True, f"{home.root}, keys closed, {locked}")
    yield Finding("ledger", True, f"the key line for its witnesses is {seal.current_key(home).vkey()}")
    yield Finding("witnesses", True, _vouching(vouching))
    yield _space(home)
    yield _port(given.host, given.port)
    yield _transport(given)
    yield _messages(given)
    if not given.embedded:
        yield _channel(given.database_url)
    yield from _database(home)


def _read_keys(home: Home) -> None:
    keys.app_signing_key(home)
    keys.sealer_key(home)
    keys.trail_secret(home)
    keys.django_secret(home)


def _vouching(given: outside.Outside) -> str:
    if not given:
        return "nobody outside is named to vouch for the ledger (docs/witness.md)"
    names = ", ".join(one.name for one in given.witnesses) or "none"
    stamping = ", ".join(one.name for one in given.authorities) or "none"
    return f"{names}; quorum {given.quorum}; time-stamp authorities: {stamping}"


def _space(home: Home) -> Finding:
    folder: Path = home.database if home.database.exists() else home.root
    free = shutil.disk_usage(folder).free
    return Finding("space", free >= LEAST_FREE, f"{free / 1e9:.1f} GB free at {folder}")


def _port(host: str, port: int) -> Finding:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        used = probe.connect_ex((host, port)) == 0
    return Finding("port", True, f"{port} is {'in use, by this service if it runs' if used else 'free'}")


def _transport(given: configuration.Configuration) -> Finding:
    """Whether what leaves this machine is encrypted (URS-OPN-02)."""
    if given.tls_certificate:
        return Finding("transport", True, f"encrypted here, with {given.tls_certificate}")
    if given.encrypted and given.trusted_proxies:
        return Finding("transport", True, f"encrypted by {given.trusted_proxies} in front of it")
    if given.encrypted:
        told = "https is promised and nobody encrypts: name INDELIBLE_TLS_CERTIFICATE and _KEY, or count the proxies in INDELIBLE_TRUSTED_PROXIES"
        return Finding("transport", False, told)
    if given.host in {"127.0.0.1", "::1", "localhost"}:
        return Finding("transport", True, "in the clear, to this machine alone")
    told = "other machines reach it in the clear: give INDELIBLE_PUBLIC_URL an https:// address (docs/credentials.md)"
    return Finding("transport", False, told)


def _messages(given: configuration.Configuration) -> Finding:
    """Whether urgent notices leave the product, and by how many ways (URS-CRD-05); well in any case: who is told is your decision."""
    ways = [
        *([f"mail by {given.smtp_host}"] if given.smtp_host else []),
        *([f"webhook at {urlsplit(given.notice_webhook).hostname}"] if given.notice_webhook else []),
    ]
    if len(ways) == 2:
        return Finding("notices", True, f"go out by {' and '.join(ways)}")
    if ways:
        told = f"go out by {ways[0]} alone: while that fails, nobody outside is told. Name a second way (docs/credentials.md)"
        return Finding("notices", True, told)
    told = "GO NOWHERE: neither INDELIBLE_SMTP_HOST nor INDELIBLE_NOTICE_WEBHOOK is named, so misuse stands on the page Security and nobody is called (docs/credentials.md)"
    return Finding("notices", True, told)


def _channel(address: str) -> Finding:
    """Whether what goes to a database elsewhere is encrypted, and to whom it goes is proven (URS-OPN-02)."""
    given = conninfo_to_dict(address)
    host = str(given.get("host") or given.get("hostaddr") or "")
    if host.startswith("/") or host in {"", "localhost", "127.0.0.1", "::1"}:
        return Finding("database channel", True, "within this machine")
    if given.get("sslmode") == "verify-full":
        return Finding("database channel", True, f"encrypted to {host}, whose certificate is asked for")
    told = f"what goes to {host} may be read or answered by others: add sslmode=verify-full to each database address"
    return Finding("database channel", False, told)


def _database(home: Home) -> Iterator[Finding]:
    try:
        with database_up(home):
            django_ready()
            yield from _inside()
    except (HomeProblem, Problem, psycopg.OperationalError) as problem:
        yield Finding("database", False, str(problem).strip().splitlines()[0])


def _inside() -> Iterator[Finding]:
    from indelible.cli.preflight import obstacles, server_version

    yield Finding("database", True, f"PostgreSQL {server_version()}")
    found = obstacles()
    for obstacle in found:
        yield Finding("protection", False, obstacle)
    if not found:
        yield Finding("protection", True, "every table captured, the service's login cannot alter the trail")

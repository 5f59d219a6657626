"""A small company's bundle for the tests, and the offline check run as a stranger runs it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from indelible.exports.bundle.actions import bundle
from indelible.exports.bundle.held import Order
from indelible.exports.events import COPY
from indelible.jobs.sealer import seal_once
from indelible.kernel.audit import seal
from indelible.kernel.audit.actions import note
from indelible.kernel.audit.types import Actor
from tests import people
from tests.conftest import Database
from tests.signatures import signing

OFFLINE = Path(__file__).parents[2] / "src" / "indelible" / "exports" / "bundle" / "offline"


def sealed(database: Database, folder: Path) -> None:
    """What the sealer does every second."""
    folder.mkdir(exist_ok=True)
    seal_once(database.url("seal"), folder, seal.signer(database.home))


def filled(database: Database, folder: Path, size: int = 300) -> None:
    """Acts, sealed, until the ledger has at least so many entries."""
    actor = people.signed_in(people.ANA)
    sealed(database, folder)
    for _ in range(size - database.rows("select count(*) from audit.leaf")[0][0]):
        note(actor, COPY, object="one of many")
    sealed(database, folder)


def altered(database: Database, table: str, statement: str) -> None:
    """What a superuser does: triggers off, the statement, triggers on again."""
    for sql in (f"alter table {table} disable trigger all", statement):
        database.superuser(sql)
    database.superuser(f"alter table {table} enable always trigger indelible_append_only")
    database.superuser(f"alter table {table} enable always trigger indelible_no_truncate")


def signed_capa(author: Actor) -> str:
    """A CAPA of the author's with a signature on it."""
    made = signing.capa(author)
    signing.submit(author, made, signing.all_of(people.ANA))
    return str(made.number)


def made(actor: Actor, path: Path, **order: object) -> Path:
    """The bundle on disk."""
    with bundle(actor, Order(**order)).content as content:  # type: ignore[arg-type]
        path.write_bytes(content.read())
    return path


def unpacked(path: Path, into: Path) -> Path:
    """The bundle's files in a folder."""
    with zipfile.ZipFile(path) as zipped:
        zipped.extractall(into)
    return into


def checked(
    *arguments: str | Path, program: Path = OFFLINE / "verify.py", cwd: Path | None = None
) -> tuple[int, str]:
    """Exit code and words of verify.py in an interpreter that knows no package and no folder of ours."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(program), *map(str, arguments)],
        capture_output=True, text=True, timeout=120, cwd=cwd, check=False,
    )  # fmt: skip
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


def repacked(path: Path, target: Path, change: dict[str, bytes | None]) -> Path:
    """The bundle with files changed, put in (bytes) or left out (None)."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = change.get(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
        for name in change.keys() - set(old.namelist()):
            content = change[name]
            assert content is not None
            new.writestr(name, content)
    return target

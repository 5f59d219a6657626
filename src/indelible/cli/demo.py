"""`indelible demo`: a demonstration company with a year of made-up data, clearly marked, then served."""

from __future__ import annotations

import json
import os
import shutil
from typing import Annotated, Final

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from indelible import __version__
from indelible.cli import serve as serving
from indelible.cli.answers import HomeOption, JsonOption, Problem, answer, tell
from indelible.cli.installation import choose_home, database_up, django_ready, owner_url, superuser_url
from indelible.cli.installing import as_owner, install_at, migrate_at
from indelible.home import configuration
from indelible.home.addresses import database_address
from indelible.home.layout import Home, write_once
from indelible.home.lock import is_held
from indelible.home.postgres import Server

PEOPLE_FILE: Final = "demo-people.json"
UNFINISHED_FILE: Final = "demo-unfinished"
"""Stands in the home while the year is being made; what is found with it was broken off."""
_SHIFT_DAYS: Final = 365


def demo(
    port: serving.PortOption = None,
    scale: Annotated[
        float, typer.Option(help="How much data: 1 is a year of a small company.", min=0.05, max=50)
    ] = 1.0,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Only make the company.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a demonstration company (not for regulated use) and serve it; an existing one is only served."""
    found = choose_home(home)
    if not (found.root / PEOPLE_FILE).exists() or (found.root / UNFINISHED_FILE).exists():
        _make(found, scale)
    people = json.loads((found.root / PEOPLE_FILE).read_text(encoding="utf-8"))
    listed = "\n".join(
        f"  {p['user_id']:<8} {p['password']:<34} {p['name']}, {p['role']}, {p['site']}" for p in people
    )
    words = f"Demonstration company, not for regulated use. Sign in as (user id, password):\n{listed}"
    if no_serve:
        answer(people, words, as_json=as_json)
        return
    if port is not None:
        os.environ["INDELIBLE_PORT"] = str(port)
    serving.run_service(found, [words])


def _make(home: Home, scale: float) -> None:
    if (home.root / UNFINISHED_FILE).exists():
        _clear(home)
    if home.exists():
        raise Problem(
            f"{home.root} holds an installation that is no demonstration. Choose another folder with --home."
        )
    if not configuration.load(home).embedded:
        raise Problem(
            "A demonstration is made in its own embedded database only; unset INDELIBLE_DATABASE_URL."
        )
    home.root.mkdir(parents=True, exist_ok=True)
    (home.root / UNFINISHED_FILE).touch(mode=0o600)
    Server(home).initialise()
    with database_up(home):
        django_ready()
        _fill(home, scale)
    (home.root / UNFINISHED_FILE).unlink()


def _clear(home: Home) -> None:
    """Takes away what a broken-off demonstration left: nothing in it was ever anybody's record."""
    if is_held(home):
        raise Problem(f"A demonstration is being made in {home.root} at this moment.")
    tell("indelible: an unfinished demonstration is made anew.")
    if Server(home).is_initialised():
        with Server(home):  # an orphan of the broken-off run is taken over and stopped
            pass
    for folder in (home.database, home.keys, home.files, home.sealer):
        shutil.rmtree(folder, ignore_errors=True)
    for file in (home.pointer, home.socket_record, home.root / "id", home.root / PEOPLE_FILE):
        file.unlink(missing_ok=True)


def _fill(home: Home, scale: float) -> None:
    from indelible.demonstration.company import make_company
    from indelible.jobs.sealer import seal_once
    from indelible.kernel.audit import installation, seal

    owner = owner_url(home)
    migrate_at(owner)
    with as_owner(owner):
        installation.begin_demonstration(shift_days=_SHIFT_DAYS)
    install_at(owner, reason="Demonstration company made", keep_clock=True, superuser_url=superuser_url(home))
    columns = (TextColumn("Making a year of a demonstration company"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("year", total=1.0)
        people = make_company(scale=scale, tell=lambda share: bar.update(task, completed=share))
    with as_owner(owner):
        installation.end_demonstration(version=__version__)
    seal_once(database_address(home, "seal"), home.sealer, seal.signer(home))
    write_once(home.root / PEOPLE_FILE, json.dumps(people, ensure_ascii=False, indent=2).encode())
    tell(f"indelible: the people and their passwords stand in {home.root / PEOPLE_FILE}")

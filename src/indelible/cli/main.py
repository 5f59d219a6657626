"""The command `indelible`: all commands in one list, and every problem told in a sentence instead of a traceback."""

from __future__ import annotations

import sys
import traceback
from datetime import UTC, datetime
from typing import NoReturn

import psycopg
import typer
from django.db import DatabaseError

from indelible import __version__
from indelible.cli import (
    database,
    demo,
    doctor,
    epoch,
    export,
    init,
    keys,
    ledger,
    serve,
    step,
    unlock,
    upgrade,
    verify,
    witness,
)
from indelible.cli.answers import FINDING, Problem, tell
from indelible.home.layout import HomeProblem, find_home
from indelible.kernel.audit.types import Refusal

app = typer.Typer(
    name="indelible",
    help="Indelible: a quality management system for FDA-regulated companies.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command, name in (
    (init.init, "init"),
    (demo.demo, "demo"),
    (serve.serve, "serve"),
    (verify.verify, "verify"),
    (step.step, "step"),
    (unlock.unlock, "unlock"),
    (export.export, "export"),
    (database.database_url, "database-url"),
    (doctor.doctor, "doctor"),
    (upgrade.upgrade, "upgrade"),
    (witness.witness, "witness"),
):
    app.command(name)(command)
app.add_typer(ledger.commands, name="ledger")
app.add_typer(epoch.commands, name="epoch")
app.add_typer(keys.commands, name="keys")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"indelible {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(
        False, "--version", help="Print the version and end.", callback=_print_version, is_eager=True
    ),
) -> None:
    """Indelible: a quality management system for FDA-regulated companies."""


def main() -> NoReturn:
    """Run one command; exit 0 done, 1 a finding or refusal, 2 wrong use (interface.md section 2)."""
    try:
        app()
    except (Problem, HomeProblem) as problem:
        tell(f"indelible: {problem}")
    except Refusal as refusal:
        tell(f"indelible: {refusal.detail} ({refusal.rule.urs}, {refusal.rule.clause})")
    except (psycopg.Error, DatabaseError) as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[0]
        tell(f"indelible: The database failed: {reason}{_kept()}")
    except KeyboardInterrupt:
        tell("indelible: stopped.")
    except BrokenPipeError:
        sys.stderr.close()
    except Exception as error:
        tell(f"indelible: This is an error of the product itself ({type(error).__name__}: {error}).{_kept()}")
    sys.exit(FINDING)


def _kept() -> str:
    """Write the traceback being handled to the home's log, where it helps and does not frighten; says where."""
    try:
        path = find_home().logs / "commands.log"
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now(UTC).isoformat()}\n{traceback.format_exc()}\n")
    except OSError:
        return ""
    return f" More stands in {path}."

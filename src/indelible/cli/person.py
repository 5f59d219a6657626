"""A person at the command line: signs in by id and password or INDELIBLE_TOKEN; a shell account is never the actor."""

from __future__ import annotations

import getpass
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

import typer

from indelible.cli.answers import Problem

if TYPE_CHECKING:
    from indelible.kernel.audit.types import Actor

TOKEN: Final = "INDELIBLE_TOKEN"  # noqa: S105  (the variable's name)
SOURCE: Final = "command line"


class Asking(Protocol):
    """How a person is asked: in tests by a script of answers, else at the terminal."""

    def line(self, question: str) -> str:
        """A line typed in sight."""

    def secret(self, question: str) -> str:
        """A line typed out of sight."""

    def agrees(self, question: str) -> bool:
        """Yes or no; no unless yes is typed."""


class Terminal:
    """The person at this terminal; without one nobody is there to ask."""

    def line(self, question: str) -> str:
        """A line typed in sight."""
        self._require(question)
        return str(typer.prompt(question, err=True, default="", show_default=False))

    def secret(self, question: str) -> str:
        """A line typed out of sight."""
        self._require(question)
        return str(typer.prompt(question, err=True, hide_input=True, default="", show_default=False))

    def agrees(self, question: str) -> bool:
        """Yes or no; no unless yes is typed."""
        self._require(question)
        return bool(typer.confirm(question, default=False, err=True))

    def _require(self, question: str) -> None:
        if not sys.stdin.isatty():
            raise Problem(
                f"“{question}” has to be answered by a person at a terminal. Signing in, but never signing, "
                f"can be done beforehand: set {TOKEN} to the token of a session."
            )


@contextmanager
def signed_in(asking: Asking, *, purpose: str) -> Iterator[Actor]:
    """The person, for as long as the block lasts; a session begun here ends with it. Raises Refusal, Problem.

    `purpose` stands in the trail where entering is refused.
    """
    from indelible.kernel.identity import actions

    token = os.environ.get(TOKEN, "")
    if token:
        yield actions.enter(token, source=SOURCE, channel="cli", object=purpose[:200])
        return
    user_id, password = asking.line("User id"), asking.secret("Password")
    _, actor = actions.sign_in(user_id, password, source=SOURCE, channel="cli", device=this_command())
    try:
        yield actor
    finally:
        actions.sign_out(actor)


def this_command() -> str:
    """Where the command runs, as evidence beside the person and never instead of one."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):
        account = str(os.getuid())
    return f"indelible command, account {account} on {socket.gethostname()}"

"""Processes as they stand in the database: in force for new records, pinned for those already begun."""

from __future__ import annotations

import rfc8785

from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.records.models import Record
from indelible.kernel.records.types import STEP_PATH
from indelible.kernel.workflow import events
from indelible.kernel.workflow.authority import is_allowed
from indelible.kernel.workflow.declaration import Declaration, fingerprint_of, is_withdrawal, stored
from indelible.kernel.workflow.fields import humanised
from indelible.kernel.workflow.models import Process

Running = Process
"""One version of a process in force, as doors and upper rooms read it."""

_BY_FINGERPRINT: dict[str, Declaration] = {}
"""Declarations already read and found to match: a fingerprint names exactly one content, for ever."""


def in_force() -> list[Process]:
    """The newest version of each process, by title."""
    newest = Process.objects.order_by("code", "-version").distinct("code")
    return sorted(newest, key=lambda process: process.title)


def of_code(code: str) -> Process:
    """The version of a process in force; Refusal where there is none of this code."""
    found = Process.objects.filter(code=code[:40].replace("\x00", "")).order_by("-version").first()
    if found is None:
        raise Refusal(events.UNKNOWN_PROCESS, "Choose one of the processes in force.")
    return found


def declared(process: Process) -> Declaration:
    """The declaration of one stored version; Refusal (503) where it no longer has its fingerprint."""
    return _declaration(process.code, process.version, process.fingerprint)


def pinned(record: Record) -> Declaration:
    """The declaration the record began with, for its whole life; Refusal (503) where it was changed underneath."""
    return _declaration(record.process, record.process_version, record.fingerprint)


def stored_form(record: Record) -> bytes:
    """The bytes of the declaration the record is pinned to, canonical (RFC 8785): their SHA-256 is its fingerprint. Refusal as `pinned`."""
    pinned(record)
    row = Process.objects.get(code=record.process, version=record.process_version)
    return rfc8785.dumps(dict(row.declaration))


def known() -> dict[str, Declaration]:
    """The declarations in force by code."""
    return {process.code: declared(process) for process in in_force()}


def disposing(actor: Actor) -> Declaration | None:
    """The process in force whose records settle findings of the verification, where this person may open one of them."""
    found = (one for one in known().values() if one.disposes is not None)
    return next((one for one in found if is_allowed(actor, one.create.by, None)), None)


def label(process: str, fingerprint: str, path: str) -> str:
    """What readers of this process version call a declared path, or a step after STEP_PATH; the path where it is not known."""
    found = _BY_FINGERPRINT.get(fingerprint)
    if found is None:
        row = Process.objects.filter(code=process, fingerprint=fingerprint).first()
        found = declared(row) if row else None
    step = path.removeprefix(STEP_PATH)
    if found and step != path:
        return found.step_title(step) if step in found.steps or is_withdrawal(step) else humanised(step)
    return found.label(path) if found else path


def _declaration(code: str, version: int, fingerprint: str) -> Declaration:
    if fingerprint not in _BY_FINGERPRINT:
        row = Process.objects.filter(code=code, version=version).first()
        if row is None or fingerprint_of(row.declaration) != fingerprint:
            raise Refusal(
                events.PROCESS_DAMAGED,
                f"Version {version} of process {code!r} is not what it was when the record began. Nothing is done "
                "under it until the security unit and QA have found out why.",
            )
        _BY_FINGERPRINT[fingerprint] = stored(row.declaration)
    return _BY_FINGERPRINT[fingerprint]

"""Putting a process in force: the next version of its declaration, by QA and by the installation itself (URS-AUD-08)."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection

from indelible.kernel.audit.actions import Act, act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal, check_reason
from indelible.kernel.identity.held import hold_rights
from indelible.kernel.workflow import events
from indelible.kernel.workflow.checks import check
from indelible.kernel.workflow.declaration import Declaration
from indelible.kernel.workflow.entries import plain_reason
from indelible.kernel.workflow.models import Process
from indelible.kernel.workflow.processes import known


def publish_process(
    actor: Actor, declaration: Declaration, *, reason: str, beside: Mapping[str, Declaration] | None = None
) -> Process:
    """Puts a declaration in force as the next version of its process; an unchanged fingerprint changes nothing.

    For QA and for the installation itself (URS-AUD-08). `beside` are declarations that are published with it.
    Raises Refusal, or Faulty where it is not sound beside the others.
    """
    check(declaration, {**known(), **(beside or {})})
    if (found := _unchanged(declaration)) is not None:
        return found
    with act(actor, events.PUBLISH, object=declaration.process, reason=plain_reason(reason)) as opened:
        if not (hold_rights(actor).holds("qa_approver") or actor.channel in ("init", "demo")):
            raise Refusal(events.NOT_ALLOWED, "A process is put in force by QA.")
        check_reason(reason)
        return _publish(opened, actor, declaration)


def _unchanged(declaration: Declaration) -> Process | None:
    newest = Process.objects.filter(code=declaration.process).order_by("-version").first()
    return newest if newest is not None and newest.fingerprint == declaration.fingerprint else None


def _publish(opened: Act, actor: Actor, declaration: Declaration) -> Process:
    with (
        connection.cursor() as cursor
    ):  # two who publish at once take turns, so that each gets a version of its own
        cursor.execute("select pg_advisory_xact_lock(hashtext('workflow_process'))")
    newest = Process.objects.filter(code=declaration.process).order_by("-version").first()
    return Process.objects.create(
        code=declaration.process,
        version=newest.version + 1 if newest else 1,
        title=declaration.title,
        prefix=declaration.prefix,
        fingerprint=declaration.fingerprint,
        declaration=declaration.document(),
        published_by=actor.user_id,
        published_at=clock(),
        act=opened.id,
    )

"""Changing the service's secret: every authenticator's secret is encrypted anew in one act, which tells both by name (URS-OPN-04).

First the file, then the act, then the file counts (decision 0015): the new secret lies beside the old one and counts for nothing
until the act is committed that encrypted everything under it; what a kill broke off after that, keys.settle ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from indelible.home import keys as files
from indelible.home.layout import find_home
from indelible.kernel.audit.actions import Act, act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import at_rest, keys, verified
from indelible.kernel.identity.authority import keepable, written_down
from indelible.kernel.identity.endings import end_sessions
from indelible.kernel.identity.events import SECRET_CHANGE, SECRET_UNREADABLE
from indelible.kernel.identity.held import hold_rights
from indelible.kernel.identity.models import Challenge, OneTimeCode
from indelible.kernel.identity.one_time import BEGINS, ENROL
from indelible.kernel.identity.queries import open_sessions

_OBJECT: Final = "key:secret"


def rotate_secret(actor: Actor, *, reason: str, end_unreadable: bool = False) -> tuple[str, str]:
    """Names (at_rest.name_of) of the old secret and of the new one, under which every authenticator's secret lies from now on.

    `end_unreadable` ends the authenticators that the old secret does not open, for a home whose secret is lost; else they refuse
    the change. Refusals: NOT_AUTHORISED (403), SECRET_UNREADABLE (409), a reason's (422); none touches the file that counts.
    """
    keys.settle()
    home = find_home()
    with written_down(actor, SECRET_CHANGE, object=_OBJECT):
        keys.allowed(actor, reason)
        if not end_unreadable:
            _refuse_unreadable(at_rest.unreadable())
    old, new = files.django_secret(home), files.propose_secret(home)
    names = {"old": at_rest.name_of(old), "new": at_rest.name_of(new)}
    with act(actor, SECRET_CHANGE, object=_OBJECT, reason=keepable(reason), detail=names) as opened:
        keys.allowed(hold_rights(actor), reason)
        at_rest.hold(alone=True)  # an enrolment under the old secret is kept before, or refused after
        Challenge.objects.filter(purpose=ENROL).delete()  # asked and not answered, under the old one
        lost = _encrypt_anew(old, new)
        if not end_unreadable:
            _refuse_unreadable(lost)
        _end(opened, lost)
    keys.settle()
    return names["old"], names["new"]


def _encrypt_anew(old: str, new: str) -> list[OneTimeCode]:
    """Every authenticator's secret, of ended ones too, under the new one; those in force that the old one does not open.

    An ended one that it does not open stays as it is: nobody will ever open it.
    """
    lost = []
    for code in OneTimeCode.objects.select_for_update(of=("self",)).select_related("person").order_by("pk"):
        try:
            code.secret = at_rest.sealed(at_rest.opened(code.secret, under=old), under=new)
        except at_rest.Unreadable:
            lost += [code] if code.ended_at is None else []
            continue
        code.save(update_fields=["secret"])
    return lost


def _end(opened: Act, lost: Iterable[OneTimeCode]) -> None:
    """As one_time.end_code does it for another: with the sessions it began and what was confirmed about its person."""
    now = clock()
    for code in lost:
        code.ended_at, code.ended_by = now, opened.actor.user_id
        code.save(update_fields=["ended_at", "ended_by"])
        end_sessions(list(open_sessions(code.person).filter(begun_by=BEGINS)), "one-time codes ended", now)
        if code.confirmed_at is not None:
            verified.end(opened, code.person, verified.CODE_ENDED, now)


def _refuse_unreadable(lost: list[OneTimeCode]) -> None:
    if lost:
        whose = ", ".join(code.person.user_id for code in lost[:10])
        raise Refusal(
            SECRET_UNREADABLE,
            f"{len(lost)} authenticators are kept under another secret than this home's ({whose}). Put back its file from a "
            "copy of this home; where there is none, let the change end them with --end-unreadable.",
        )

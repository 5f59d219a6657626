"""What in the trail looks like misuse of an identity: each rule reads acts of a span and says what it noticed, and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from indelible.kernel.audit.types import NOBODY_SIGNS
from indelible.kernel.identity import authenticators, losses
from indelible.kernel.identity.models import Passkey, Session
from indelible.kernel.notices.types import Noticed
from indelible.kernel.signatures.models import Period

_FAILED: Final = ("sign_in_failed", "signing_failed", "proof_failed")
_TOGETHER: Final = timedelta(hours=1)
_KNOWN_FOR: Final = timedelta(days=90)
_OFTEN: Final = 3


@dataclass(frozen=True, slots=True)
class Told:
    """One act as the rules read it; `at` aware, `rule` the code alone."""

    id: int
    at: datetime
    action: str
    outcome: str
    rule: str
    user_id: str
    object: str
    record: str
    source: str
    detail: dict[str, Any]

    @property
    def subject(self) -> str:
        """Whose credentials were used: the actor, or the person an anonymous try named."""
        named = self.object.removeprefix("person:") if self.object.startswith("person:") else ""
        return named if self.user_id == "nobody" or named else self.user_id

    @property
    def is_failed_proof(self) -> bool:
        """Whether somebody did not prove who they are, or had to wait before they could try."""
        about_rights = self.action.startswith("role.") or self.rule == "last_administrators"
        return self.outcome == "denied" and not about_rights


def acts_since(since: datetime) -> list[Told]:
    """The acts after an instant (database time) that any rule is about, in order."""
    with connection.cursor() as cursor:
        cursor.execute(_ACTS, {"since": since, "actions": list(_ACTIONS)})
        return [_told(row) for row in cursor.fetchall()]


def _told(row: Sequence[Any]) -> Told:
    number, at, action, outcome, rule, user_id, named, record, source, detail = row
    code = rule.partition(" ")[2]
    return Told(number, at, action, outcome, code, user_id, named, record, source, _detail(detail))


def _detail(said: Any) -> dict[str, Any]:
    said = json.loads(said) if isinstance(said, str) else said
    return said if isinstance(said, dict) else {}


def noticed(since: datetime) -> Iterator[Noticed]:
    """Everything that any rule notices in what happened after an instant; the same is noticed again, with the same mark."""
    acts = acts_since(since)
    for rule in RULES:
        yield from rule(acts)
    yield from session_moved(since)


def guessing(acts: Sequence[Told]) -> Iterator[Noticed]:
    """Three failed proofs as one person within an hour, from a place where they never were in ninety days."""
    for place, act in enumerate(acts):
        if act.rule not in _FAILED or not act.subject or act.subject.startswith("unknown:"):
            continue
        before = [
            one
            for one in acts[: place + 1]
            if one.rule in _FAILED and one.subject == act.subject and one.source == act.source
            and act.at - one.at <= _TOGETHER
        ]  # fmt: skip
        if len(before) == _OFTEN and not _was_there(act.subject, act.source, before[0].at):
            where = (
                " at a record" if act.record else ""
            )  # its number is not for everybody who is told (AUT-06)
            told = f"{_OFTEN} failed proofs as {act.subject} from {act.source}{where}, a place they were not seen at for 90 days."
            yield _of(act, "guessing", told)


def _was_there(user_id: str, source: str, before: datetime) -> bool:
    seen = Session.objects.filter(person__user_id=user_id, source=source, began_at__lt=before)
    return seen.filter(began_at__gt=before - _KNOWN_FOR).exists()


def deactivated(acts: Sequence[Told]) -> Iterator[Noticed]:
    """One try is enough: nobody who left has a reason."""
    for act in acts:
        if act.rule in _FAILED and act.detail.get("cause") == "account not active":
            yield _of(
                act, "deactivated", f"Somebody tried the deactivated account {act.subject} from {act.source}."
            )


def locked(acts: Sequence[Told]) -> Iterator[Noticed]:
    """An account locked by failed proofs, or as often tried and not locked; nobody's id alarms nobody by itself."""
    for act in acts:
        if act.action == "account.lock":
            yield _of(
                act, "locked", f"The account {act.subject} was locked by failed proofs from {act.source}."
            )
        elif act.action == "account.spared" and act.subject:
            why = act.detail.get("why", "")
            told = (
                f"Five attempts failed as {act.subject} from {act.source}; the account is not locked: {why}."
            )
            yield _of(act, "spared", told)


def source_waits(acts: Sequence[Told]) -> Iterator[Noticed]:
    """A source that has to wait, once an hour: by the failure that made it wait, or the first try after it."""
    for act in acts:
        if act.rule == "source_waits" or act.detail.get("source") == "waits from now on":
            told = f"{act.source} failed on several accounts, or many times on one, and has to wait."
            mark = f"{act.source}@{act.at:%Y-%m-%dT%H}"
            yield Noticed("source_waits", mark, act.id, told, source=act.source)


def credentials(acts: Sequence[Told]) -> Iterator[Noticed]:
    """What is done to somebody's credentials: the owner hears of it whoever did it (URS-SIG-06)."""
    for act in acts:
        by = f"by {act.user_id} from {act.source}"
        if act.outcome == "done" and act.action == "password.issue" and _came_in(act.subject, act.at):
            yield _of(act, "secret_issued", f"A one-time secret was issued for {act.subject} {by}.")
        elif act.outcome == "done" and (what := _ENROLLED.get(act.action)):
            yield _of(act, "credential_new", f"A new {what} was enrolled for {act.subject} {by}.")
        elif act.outcome == "done" and (what := _LOST.get(act.action)):
            yield _of(act, "credential_lost", f"A {what} of {act.subject} was ended {by}.")
        elif "was copied" in str(act.detail.get("cause", "")):
            told = f"Two devices use one passkey ({act.detail.get('passkey', '')}), tried from {act.source}. It is ended."
            yield _of(act, "credential_copied", told)


def no_longer_good(acts: Sequence[Told]) -> Iterator[Noticed]:
    """What was right once and is no longer: an ended passkey, an old temporary secret, a used code, a device whose test is
    overdue; found by somebody or forgotten (URS-CRD-04, -06). Once an hour for each person and cause."""
    for act in acts:
        cause = str(act.detail.get("cause", ""))
        if act.rule not in _FAILED or cause not in _NO_LONGER:
            continue
        kind, what = _NO_LONGER[cause]
        whose = _whose(act)
        told = f"{what} of {whose or 'somebody'} was used from {act.source}, and refused: {cause}."
        mark = f"{whose} {cause}@{act.at:%Y-%m-%dT%H}"
        yield Noticed(kind, mark[-100:], act.id, told, whose, act.source, act.record)


def _whose(act: Told) -> str:
    """The user id; at a sign-in by a passkey nobody names one, and the key does."""
    key = str(act.detail.get("passkey", ""))
    if act.subject or not key.isdecimal():
        return act.subject
    return Passkey.objects.filter(pk=int(key)).values_list("person__user_id", flat=True).first() or ""


def own_rights(acts: Sequence[Told]) -> Iterator[Noticed]:
    """Somebody who reached for rights of their own, refused (URS-AUT-04)."""
    for act in acts:
        own = act.rule == "own_rights" or act.object == f"person:{act.user_id}"
        if own and act.outcome == "denied" and act.action.startswith("role."):
            told = f"{act.user_id} tried to change their own rights from {act.source} ({act.action}), and was refused."
            yield Noticed("rights_tried", str(act.id), act.id, told, act.user_id, act.source)


def last_standing(acts: Sequence[Told]) -> Iterator[Noticed]:
    """Something refused because it would have left fewer than two of administration: a leaver to be replaced first, or somebody
    who would be alone (URS-AUT-04, URS-ACC-03); once a day for whom tries it at whom."""
    for act in acts:
        if act.rule == "last_administrators":
            whose = act.object.removeprefix("person:") or "somebody"
            told = (
                f"{act.user_id} tried {act.action} of {whose}, and was refused: fewer than two of administration would be left. "
                "Let a third person have a role of administration if this has to be."
            )
            mark = f"{act.user_id} {act.object}@{act.at:%Y-%m-%d}"
            yield Noticed("last_standing", mark[-100:], act.id, told, act.subject, act.source)


def programs(acts: Sequence[Told]) -> Iterator[Noticed]:
    """A program that goes on with a credential that is over, or tries it from where it does not count: forgotten, or in other
    hands; each once a day."""
    for act in acts:
        if act.rule == "machine_refused" and act.user_id != "nobody":
            told = f"{act.user_id} is {act.detail.get('cause', 'over')} and was tried from {act.source}."
            yield Noticed("program_over", f"{act.user_id}@{act.at:%Y-%m-%d}", act.id, told, source=act.source)
        elif act.rule == "machine_elsewhere":
            told = f"{act.user_id} was tried from {act.source}: {act.detail.get('cause', 'elsewhere')}."
            key = f"{act.user_id}@{act.source}@{act.at:%Y-%m-%d}"
            yield Noticed("program_elsewhere", key, act.id, told, source=act.source)


def clock(acts: Sequence[Told]) -> Iterator[Noticed]:
    """The clock that dates everything: away from its source, set, or not to be measured (URS-TIM-02, -03); the first and
    the last once a day, and anew where the drift ends signing."""
    for act in acts:
        source = str(act.detail.get("source", ""))
        if act.action == "clock.astray":
            offset = float(act.detail["offset"])
            stops = abs(offset) > NOBODY_SIGNS
            before = act.detail.get("offset_before")
            told = (
                f"The clock is {offset:+.3f} seconds from {source}"
                f"{f', and was {float(before):+.3f} when measured before' if before else ''}."
                f"{' Nobody signs until it is right.' if stops else ''}"
            )
            mark = f"{source}@{act.at:%Y-%m-%d}{' signing off' if stops else ''}"
            yield Noticed("clock_astray", mark[-100:], act.id, told)
        elif act.action == "clock.jumped":
            before, after = act.detail.get("before", ""), act.detail.get("after", "")
            told = (
                f"The clock was set by {float(act.detail['seconds']):+.3f} seconds: from {before} to {after}."
            )
            yield Noticed("clock_jumped", str(act.id), act.id, told)
        elif act.action == "clock.silent":
            told = f"The time source {source} gave no answer. A day without one, and nobody signs."
            yield Noticed("clock_silent", f"{source}@{act.at:%Y-%m-%d}"[-100:], act.id, told)


def _came_in(user_id: str, before: datetime) -> bool:
    """Whether the person had a session before: else it is their first secret, and no reset."""
    return Session.objects.filter(person__user_id=user_id, began_at__lt=before).exists()


def _of(act: Told, kind: str, told: str) -> Noticed:
    return Noticed(kind, str(act.id), act.id, told, act.subject, act.source, act.record)


def session_moved(since: datetime) -> Iterator[Noticed]:
    """A signing period that ended because its session came from another network address or device, by the act or the
    refusal that ended it (URS-SIG-04)."""
    causes = ("network address changed", "device changed")
    ended = Period.objects.filter(ended_at__gt=since, ended_cause__in=causes).select_related(
        "session__person"
    )
    periods = {str(period.pk): period for period in ended}
    with connection.cursor() as cursor:
        cursor.execute(_ENDED, [list(periods)])
        for key, entry, source, record in cursor.fetchall():
            period = periods[key]
            person, what = period.session.person.user_id, period.ended_cause.removesuffix(" changed")
            told = (
                f"A session of {person} went on with another {what} than it had signed with, from {source}."
            )
            yield Noticed("session_moved", f"period {key}", entry, told, person, source, record)


RULES: Final[tuple[Callable[[Sequence[Told]], Iterator[Noticed]], ...]] = (
    guessing,
    deactivated,
    locked,
    source_waits,
    credentials,
    no_longer_good,
    own_rights,
    last_standing,
    programs,
    clock,
)
_NO_LONGER: Final = {
    "passkey ended": ("credential_over", "An ended passkey"),
    "temporary secret expired": ("credential_over", "A temporary secret past its end"),
    "temporary secret used before": ("credential_over", "A temporary secret that was used before"),
    losses.REPORTED_USED: ("credential_over", "A password that was reported"),
    authenticators.AGAIN: ("code_again", "A one-time code that was used before"),
    authenticators.BACK: ("code_back", "An authenticator"),
    "passkey not tested for a year": ("device_untested", "A passkey whose test is overdue"),
    authenticators.UNTESTED: ("device_untested", "An authenticator whose test is overdue"),
}
"""By the cause of the failed proof: the kind of notice, and what was used."""
_LOST: Final = {"passkey.end": "passkey", "one_time_code.end": "authenticator", "password.report": "password"}
_ENROLLED: Final = {
    "passkey.enrol": "passkey",
    "one_time_code.enrol": "authenticator",
    "provider_account.enter": "account at the identity provider",
}
_ACTIONS: Final = (
    "account.lock",
    "account.spared",
    "password.issue",
    "clock.astray",
    "clock.jumped",
    "clock.silent",
    *_LOST,
    *_ENROLLED,
)
_ACTS: Final = """
    select id, at, action, outcome, rule, user_id, object, record, source, detail
      from audit.acts
     where at > %(since)s
       and (outcome = 'denied' and split_part(rule, ' ', 2) in
              ('sign_in_failed', 'signing_failed', 'proof_failed', 'source_waits', 'passkey_refused', 'machine_refused',
              'machine_elsewhere')
             or outcome = 'denied' and split_part(rule, ' ', 2) = 'last_administrators'
            or outcome = 'denied' and action like 'role.%%' and split_part(rule, ' ', 2) in ('own_rights', 'not_authorised')
            or outcome = 'done' and action = any(%(actions)s))
     order by id
"""
_ENDED: Final = """
    select e.pk, a.id, a.source, a.record from audit.events as e join audit.acts as a on a.id = e.act
     where e.tbl = 'signatures_period' and e.pk = any(%s) and e.old ->> 'ended_at' is null
       and e.new ->> 'ended_at' is not null
     order by a.id
"""

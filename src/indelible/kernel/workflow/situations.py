"""One record before one person at one moment: what is open, what may be taken, what is withheld and why.

Both the verbs and the record page ask here, so that a button and its refusal can never disagree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from indelible.kernel.access.reach import out_of_reach
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity.types import is_excepted
from indelible.kernel.records import queries as records
from indelible.kernel.records.models import Link, Record
from indelible.kernel.records.types import as_typed
from indelible.kernel.signatures import queries as signatures
from indelible.kernel.signatures.models import Signature
from indelible.kernel.workflow import events
from indelible.kernel.workflow.authority import Open, Standing, is_allowed, open_to, rows_of
from indelible.kernel.workflow.checks import owner_columns
from indelible.kernel.workflow.conditions import Circumstances, holds
from indelible.kernel.workflow.declaration import CONTENT_ROLES, Declaration, Step, is_withdrawal
from indelible.kernel.workflow.due_dates import due_at
from indelible.kernel.workflow.excepted import require_second
from indelible.kernel.workflow.fields import humanised
from indelible.kernel.workflow.guards import GUARDS, Situation
from indelible.kernel.workflow.history import History, history_of, worked
from indelible.kernel.workflow.mandates import Mandate, has_any, mandates_of
from indelible.kernel.workflow.processes import pinned
from indelible.kernel.workflow.values import Moment
from indelible.kernel.workflow.withdrawal import Withdrawal, withdrawal_of


@dataclass(frozen=True)
class Case:
    """A record, the declaration it is pinned to, its history, the person, and the database's time."""

    actor: Actor
    record: Record
    declaration: Declaration
    history: History
    now: datetime

    @property
    def values(self) -> Mapping[str, Any]:
        """The record's fields in stored form."""
        return dict(self.record.values)

    @property
    def zone(self) -> str:
        """The IANA zone of the record's site."""
        return str(self.record.site.zone)

    @property
    def moment(self) -> Moment:
        """The time against which values are judged."""
        return Moment(self.now, self.zone)

    @property
    def is_final(self) -> bool:
        """Whether the record has come to its end."""
        return self.record.state in self.declaration.final

    @cached_property
    def standing(self) -> Standing:
        """How the people stand to the record."""
        everything = frozenset(self.declaration.leaves)
        owners = action_owners(self.declaration, self.values)
        return Standing(self.record.owner.user_id, self.history.authors(everything), owners)

    @cached_property
    def opened(self) -> Open:
        """What this person may write now."""
        return open_to(self.actor, self.declaration, self.record.state, self.standing)

    @cached_property
    def signatures(self) -> list[Signature]:
        """The record's signatures, oldest first, with the revisions they were given on."""
        return list(signatures.signatures_of(self.record))

    @property
    def _counting_signatures(self) -> list[Signature]:
        """Those that were neither withdrawn by their signer nor are such a withdrawal."""
        counting = {passage.act for passage in self.history.counting}
        return [one for one in self.signatures if one.act in counting]

    def withdrawal(self, name: str) -> Withdrawal:
        """The withdrawal of this name, as far as it is the person's to make now. Raises its Refusal (`withdrawal_of`)."""
        return withdrawal_of(self.actor, self.history, self.signatures, name)

    def step(self, name: str) -> Step:
        """The step of this name. Refusals: UNKNOWN_STEP (404); of a withdrawal, NOT_ALLOWED, NOTHING_TO_WITHDRAW."""
        return self.withdrawal(name).step if is_withdrawal(name) else self.declared_step(name)

    def declared_step(self, name: str) -> Step:
        """The step of this name that the process declares. Raises Refusal (UNKNOWN_STEP, 404)."""
        if name not in self.declaration.steps:
            raise Refusal(events.UNKNOWN_STEP, f"“{self.declaration.title}” has no step of this name.")
        return self.declaration.steps[name]

    def governing(self, name: str) -> str:
        """The step whose rules of place hold: a withdrawal is done where the signature may be given."""
        return str(self.withdrawal(name).passage.step) if is_withdrawal(name) else name

    @cached_property
    def links(self) -> list[Link]:
        """Every standing link at either end, those to records of other sites included: a guard must not overlook one."""
        return records.links_of(self.actor.unbounded(), self.record)

    @property
    def links_shown(self) -> list[Link]:
        """Those of them whose other end the person may know of."""
        ends = [(one, one.target if one.source_id == self.record.pk else one.source) for one in self.links]
        return [one for one, other in ends if self.actor.sees(other.site.code, other.confidentiality)]

    @cached_property
    def due(self) -> datetime | None:
        """When the present state should have been left (UTC)."""
        entered = self.history.entered.get(self.record.state)
        return due_at(self.declaration, self.record.state, entered, self.values, self.zone)

    @cached_property
    def circumstances(self) -> Circumstances:
        """What conditions see besides the fields."""
        own = Counter(link.kind if link.source_id == self.record.pk else link.back for link in self.links)
        return Circumstances(
            now=self.now, entered=self.history.entered, due=self.due, linked=own, zone=self.zone
        )

    @cached_property
    def holding(self) -> tuple[Record, ...]:
        """Records that keep this one open: linked ones that have not come to their end, and where a linked one has,
        those that keep it open in its turn; the successor of a failed cure is not overlooked (URS-QDV-02)."""
        found: list[Record] = []
        seen, held, links = {self.record.pk}, [self.record], self.links
        while held:
            keepers = {k.pk: k for link in links for one in held if (k := keeper(link, one)) is not None}
            fresh = [record for pk, record in keepers.items() if pk not in seen]
            seen |= set(keepers)
            held = [record for record in fresh if record.state in pinned(record).final]
            found += [record for record in fresh if record not in held]
            links = records.links_of(self.actor.unbounded(), *held) if held else []
        return tuple(found)

    def situation(self, step: Step, writing: frozenset[str] = frozenset()) -> Situation:
        """What guards see; `writing` are the paths this call itself writes before the step."""
        judged = worked(self.declaration, step, self.record.state)
        authors = self.history.authors(judged)
        return Situation(
            actor=self.actor,
            owner=self.record.owner.user_id,
            authors=authors | ({self.actor.user_id} if writing & judged else frozenset()),
            action_owners=self.standing.action_owners,
            signers=frozenset(
                user_id for one in self._counting_signatures for user_id in signatures.people_of(one)
            ),
            holding=tuple(other.number for other in self.holding) if "link_open" in step.unless else (),
        )

    @cached_property
    def mandates(self) -> list[Mandate]:
        """Under which delegations the person may act in this process now."""
        return mandates_of(self.actor, self.record.process, self.now)

    def mandate(self, name: str) -> Mandate | None:
        """The delegation under which the person takes this step: where they may not themselves and its delegator may."""
        if name not in self.declaration.steps:
            return None  # a withdrawal is the signer's own
        step = self.declaration.steps[name]
        own = is_allowed(self.actor, step.by, self.standing)
        if own or not self.actor.holds(*CONTENT_ROLES) or is_excepted(self.actor.roles):
            return None
        for one in self.mandates:
            named = self.actor.on_behalf_of in ("", one.delegator.user_id)
            sees = one.delegator.sees(self.record.site.code, self.record.confidentiality)
            if (
                named
                and sees
                and name in one.delegation.steps
                and is_allowed(one.delegator, step.by, self.standing)
            ):
                return one
        return None

    def acting(self, name: str) -> Actor:
        """Who takes this step: the person, saying for whom where it is under a delegation."""
        found = self.mandate(name)
        return replace(self.actor, on_behalf_of=found.delegator.user_id) if found else self.actor

    # ------------------------------------------------------------- the judgements, each raising its Refusal

    def require_open(self) -> None:
        """The person may write something: in this state, or the answer says whether ever."""
        if self.opened.any:
            return
        states = self.declaration.states
        if any(open_to(self.actor, self.declaration, state, self.standing).any for state in states):
            told = "Nothing of it is yours to write in the state it is in now."
            raise Refusal(events.OUT_OF_SEQUENCE, told)
        raise Refusal(events.NOT_ALLOWED, "You may read this record; writing in it is for others.")

    def require_authority(self, name: str, step: Step) -> None:
        """The step is for roles and relations of which the person has one."""
        if step.sign is not None and self.actor.channel == "job":
            raise Refusal(events.JOB_SIGNS, "A signature is a person's own attended act.")
        if step.sign is not None and self.actor.operations is not None:
            raise out_of_reach()
        if is_withdrawal(name) and self.actor.holds(*CONTENT_ROLES):
            return  # whose signature it is was judged when it was looked up
        if not is_allowed(self.actor, step.by, self.standing) and self.mandate(name) is None:
            who = " or ".join(humanised(word).lower() for word in step.by)
            told = f"“{self.declaration.step_title(name)}” is for {who}; you are not that here."
            raise Refusal(events.NOT_ALLOWED, told)

    def require_acting(self, name: str) -> None:
        """Under whose authority the step is taken stands in its act already: what ended meanwhile is not replaced by another's."""
        found = self.mandate(name)
        if found is not None and found.delegator.user_id != self.actor.on_behalf_of:
            told = "What you may do here changed while this waited. Open the record again and take the step anew."
            raise Refusal(events.NOT_ALLOWED, told)

    def require_state(self, name: str, step: Step) -> None:
        """The step leads out of the state the record is in."""
        if self.record.state not in step.from_:
            origins = " or ".join(humanised(state) for state in step.from_)
            told = (
                f"“{self.declaration.step_title(name)}” is taken in {origins}; {self.record.number} is in "
                f"{humanised(self.record.state)}."
            )
            raise Refusal(events.OUT_OF_SEQUENCE, told)

    def require_segregation(self, step: Step, situation: Situation) -> None:
        """None of the step's guards that keep people apart refuses (URS-AUT-02)."""
        for guard in (GUARDS[name] for name in step.unless):
            if guard.segregation and guard.refuses(situation):
                raise Refusal(guard.rule, guard.why)

    def require_conditions(
        self, step: Step, situation: Situation, values: Mapping[str, Any], *, writing: frozenset[str]
    ) -> None:
        """Every condition is true, no linked record keeps this one open, no retyped value awaits verification."""
        for condition in step.when:
            if not holds(condition.check, self.declaration, values, self.circumstances):
                told = condition.otherwise or f"This must hold first: {condition.check}"
                raise Refusal(events.CONDITION_UNMET, told)
        for guard in (GUARDS[name] for name in step.unless):
            if not guard.segregation and guard.refuses(situation):
                raise Refusal(guard.rule, f"{guard.why} {self._named_holders()}".strip())
        self._require_verified(step, writing)

    def _named_holders(self) -> str:
        """The open linked records by number; one of a site the person may not see is not named."""
        shown = [
            other.number for other in self.holding if self.actor.sees(other.site.code, other.confidentiality)
        ]
        return f"Open: {', '.join(shown)}." if shown else ""

    def _require_verified(self, step: Step, writing: frozenset[str]) -> None:
        if self.declaration.is_back(step, self.record.state) or step.to == self.record.state:
            return
        waiting = [flag.field for flag in self.history.flags if not flag.verified]
        waiting += [f.field for f in self.history.flags if f.retyped is None and f.field in writing]
        if waiting:
            label = self.declaration.label(waiting[0])
            told = f"“{label}” was beyond its limits and was retyped. A second person has to verify it first."
            raise Refusal(events.RETYPED, told)

    def available(self, name: str) -> Refusal | None:
        """Why a step of this state is not the person's to take now, or None; fields, reason and signature come with
        the call and are not judged."""
        acting = self.acting(name)
        if acting != self.actor:
            return replace(self, actor=acting).available(name)
        try:
            step = self.step(name)
            self.require_authority(name, step)
            self.require_state(name, step)
            situation = self.situation(step)
            self.require_segregation(step, situation)
            require_second(self.actor, self.history.waits_by, self.declaration, step)
            self.require_conditions(step, situation, self.values, writing=frozenset())
        except Refusal as refusal:
            return refusal
        return None


def case_of(actor: Actor, record: Record) -> Case:
    """The record before this person now."""
    declaration = pinned(record)
    history = history_of(record, declaration)
    return Case(actor, record, declaration, history, history.read_at)


def acting_on(actor: Actor, number: str, step: str) -> Actor:
    """The actor as they would take this step: themselves, or for whoever delegated it to them. What else is wrong with it, the
    act says that follows."""
    if not has_any(actor):
        return actor
    record = records.visible_to(actor).filter(number=as_typed(number)).first()
    if record is None:
        return actor
    case = case_of(actor, record)
    return case.acting(step) if step in case.declaration.steps else actor


def keeper(link: Link, held: Record) -> Record | None:
    """The record at the link's other end where the link lets it keep `held` open; None for a link of other records."""
    if link.source_id == held.pk:
        kind, other, wanted = pinned(held).links.get(link.kind), link.target, "this"
    elif link.target_id == held.pk:
        kind, other, wanted = pinned(link.source).links.get(link.kind), link.source, "other"
    else:
        return None
    return other if kind is None or kind.keeps_open == wanted else None


def action_owners(declaration: Declaration, values: Mapping[str, Any]) -> frozenset[str]:
    """The people who own a row of a table, by user id."""
    return frozenset(
        row["owner"]
        for table in owner_columns(declaration)
        for row in rows_of(values.get(table))
        if "owner" in row
    )

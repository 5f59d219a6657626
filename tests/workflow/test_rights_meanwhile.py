"""A right that ends while a request waits does nothing any more: one lock is common to who acts and who ends it (URS-AUT-01)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from io import BytesIO
from threading import Thread
from typing import Any

import pytest
from django.db import connections

from indelible.kernel.access.types import OPERATIONS
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity.models import GrantDecision, Person
from indelible.kernel.records.models import Link, Record, Revision
from indelible.kernel.signatures import access_reviews
from indelible.kernel.signatures.models import AccessReview, Signature
from indelible.kernel.workflow import actions
from tests import people
from tests.access.programs import allowed
from tests.conftest import Database
from tests.people import ANA, PETRA, RAJ, SAM, UMA, TestPerson, shown
from tests.signatures.signing import DRAFT, all_of, capa
from tests.workflow.test_at_once import at_once
from tests.workflow.test_delegations import CLASS, reported, running
from tests.workflow.test_small_firm import excepted

pytestmark = pytest.mark.urs("URS-AUT-01", "URS-AUT-04", "URS-ACC-03")
WHY = "left the department"


class Waiting(Thread):
    """A call in a thread of its own: the rule it was refused by, "" where it was done, None while it waits."""

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__()
        self.call = call
        self.told: str | None = None
        self.start()

    def run(self) -> None:
        try:
            self.call()
            self.told = ""
        except Refusal as refusal:
            self.told = refusal.rule.code
        finally:
            connections.close_all()

    def outcome(self) -> str | None:
        self.join(20)
        return self.told


@contextmanager
def held(database: Database, table: str, condition: str) -> Iterator[None]:
    """Somebody else holds these rows, so that whoever wants them waits."""
    with database.connect("superuser") as other:
        other.execute("begin")
        other.execute(f"select 1 from {table} where {condition} for update")
        yield
        other.execute("rollback")


def wait_for(database: Database, waiting: int) -> None:
    """Until so many wait for a lock in this database."""
    until = time.monotonic() + 15
    asked = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    while database.superuser(asked)[0][0] < waiting:
        assert time.monotonic() < until, "nobody came to wait"
        time.sleep(0.05)


def sign(actor: Actor, record: Record, person: TestPerson = ANA) -> Record:
    return actions.take_step(
        actor, record.number, "submit", revision=record.revision, signature=all_of(person)
    )


def end_role(person: TestPerson) -> None:
    identity.end_grant(people.signed_in(SAM), people.grant_of(person), reason=WHY)


def close(person: TestPerson) -> None:
    identity.deactivate_person(people.signed_in(SAM), person.user_id, reason=WHY)


def review_away(person: TestPerson) -> None:
    """The same by a signed review of rights."""
    uma = people.signed_in(UMA)
    listed = access_reviews.rights(uma)
    [one] = [one for one in listed if one.kind == "role" and one.person.user_id == person.user_id]
    access_reviews.review(
        uma,
        all_of(UMA, meaning=None),
        digest=access_reviews.digest_of(listed),
        decisions={one.key: "remove"},
    )


@pytest.mark.parametrize(
    ("end", "rule"), [(end_role, "not_allowed"), (close, "not_signed_in"), (review_away, "not_allowed")]
)
def test_who_lost_the_role_while_the_record_was_held_does_not_sign(
    stocked: Database, end: Callable[[TestPerson], None], rule: str
) -> None:
    ana = people.signed_in(ANA)
    record = capa(ana)
    shown(ana, record.number)
    with held(stocked, "records_record", f"number = '{record.number}'"):
        waiting = Waiting(lambda: sign(ana, record))
        wait_for(stocked, 1)
        end(ANA)
    assert waiting.outcome() == rule
    assert not Signature.objects.filter(record=record).exists()
    denied = stocked.rows(
        "select rule from audit.act where record = %s and outcome = 'denied'", [record.number]
    )
    assert [row[0].partition(" ")[2] for row in denied] == [rule]


@pytest.mark.parametrize("verb", ["edit", "link", "hand on", "refuse to sign", "attach"])
def test_nothing_else_is_done_with_a_role_that_ended_meanwhile(stocked: Database, verb: str) -> None:
    ana = people.signed_in(ANA)
    record, other = capa(ana), actions.create_record(ana, "deviation", {"title": "Cold store"})
    number = record.number
    call: Callable[[], Any] = {
        "edit": lambda: actions.edit_record(ana, number, {"title": "Vial 8"}, revision=1, reason=WHY),
        "link": lambda: actions.link_records(ana, number, "raised_by", other.number, reason=WHY),
        "hand on": lambda: actions.reassign(ana, number, "raj", reason=WHY),
        "refuse to sign": lambda: actions.decline_signature(ana, number, "submit", revision=1, reason=WHY),
        "attach": lambda: actions.attach_file(ana, number, name="a.txt", content=BytesIO(b"a")),
    }[verb]
    with held(stocked, "records_record", f"number = '{number}'"):
        waiting = Waiting(call)
        wait_for(stocked, 1)
        end_role(ANA)
    assert waiting.outcome() == "not_allowed"
    assert Revision.objects.filter(record=record).count() == 1 and not Link.objects.exists()
    assert Record.objects.get(pk=record.pk).owner.user_id == "ana"


@pytest.mark.urs("URS-AUT-03")
def test_nor_under_an_exception_that_was_ended_meanwhile(stocked: Database) -> None:
    exception = excepted()
    record = actions.create_record(people.signed_in(ANA), "capa", DRAFT)
    sam = people.signed_in(SAM)
    actions.reassign(people.signed_in(PETRA), record.number, "sam", reason=WHY)
    with held(stocked, "records_record", f"number = '{record.number}'"):
        waiting = Waiting(
            lambda: actions.edit_record(sam, record.number, {"title": "x"}, revision=1, reason=WHY)
        )
        wait_for(stocked, 1)
        identity.end_exception(people.signed_in(UMA), exception.pk, reason=WHY)
    assert waiting.outcome() == "not_allowed" and Revision.objects.filter(record=record).count() == 1


def test_no_record_is_opened_with_a_role_that_ended_meanwhile(stocked: Database) -> None:
    ana = people.signed_in(ANA)
    with held(stocked, "identity_person", "user_id = 'ana'"):
        waiting = Waiting(lambda: actions.create_record(ana, "capa", DRAFT))
        wait_for(stocked, 1)
        grant = people.grant_of(ANA)
        ending = Waiting(lambda: identity.end_grant(people.signed_in(SAM), grant, reason=WHY))
        wait_for(stocked, 2)
    assert (waiting.outcome(), ending.outcome()) == ("", "")  # who came first acts first
    with pytest.raises(Refusal) as caught:
        actions.create_record(ana, "capa", DRAFT)
    assert caught.value.rule.code == "not_allowed" and Record.objects.count() == 1


def test_a_program_loses_what_its_owner_lost_meanwhile(stocked: Database) -> None:
    allowed(ANA)
    ana = people.signed_in(ANA)
    record = actions.create_record(ana, "deviation", {"title": "Cold store"})
    program = replace(
        ana, user_id="machine:1", person_id=None, session="", on_behalf_of="ana", operations=tuple(OPERATIONS)
    )
    with held(stocked, "records_record", f"number = '{record.number}'"):
        waiting = Waiting(
            lambda: actions.edit_record(program, record.number, {"title": "x"}, revision=1, reason=WHY)
        )
        wait_for(stocked, 1)
        close(ANA)
    assert waiting.outcome() == "not_signed_in" and Revision.objects.filter(record=record).count() == 1


def test_an_ending_waits_for_a_signature_that_is_being_made(stocked: Database) -> None:
    ana = people.signed_in(ANA)
    record = capa(ana)
    shown(ana, record.number)
    with held(
        stocked, "identity_lockout", "person_id in (select id from identity_person where user_id = 'ana')"
    ):
        signing = Waiting(lambda: sign(ana, record))
        wait_for(stocked, 1)
        ending = Waiting(lambda: end_role(ANA))
        closing = Waiting(lambda: close(ANA))
        wait_for(stocked, 3)
        assert not GrantDecision.objects.filter(decision="ended").exists()
    assert signing.outcome() == "" and {ending.outcome(), closing.outcome()} <= {"", "role_decided"}
    made = Signature.objects.get(record=record)
    assert made.role == "Author"
    assert made.signed_at < GrantDecision.objects.get(grant__person__user_id="ana", decision="ended").at


def test_two_who_sign_do_not_wait_for_each_other(stocked: Database) -> None:
    ana, raj = people.signed_in(ANA), people.signed_in(RAJ)
    record, other = capa(ana), reported()
    running()
    shown(ana, record.number)
    shown(raj, other.number)
    petra = people.signed_in(PETRA)
    third = reported()
    shown(petra, third.number)
    mine = "person_id in (select id from identity_person where user_id in ('ana', 'petra'))"
    with held(stocked, "identity_lockout", mine):
        slow = Waiting(lambda: sign(ana, record))
        for_herself = Waiting(lambda: classified(petra, third, PETRA))
        wait_for(stocked, 2)
        classified(raj, other)  # for Petra, whose account her own signature holds, too
        assert slow.told is None and for_herself.told is None
    assert (slow.outcome(), for_herself.outcome()) == ("", "")


@pytest.mark.urs("URS-AUT-05")
def test_a_delegate_does_not_sign_for_who_lost_the_role_meanwhile(stocked: Database) -> None:
    running()
    record, raj = reported(), people.signed_in(RAJ)
    shown(raj, record.number)
    with held(stocked, "records_record", f"number = '{record.number}'"):
        waiting = Waiting(lambda: classified(raj, record))
        wait_for(stocked, 1)
        end_role(PETRA)
    assert waiting.outcome() == "not_allowed"


@pytest.mark.urs("URS-AUT-05")
def test_an_own_role_that_ended_is_not_replaced_by_what_was_delegated(stocked: Database) -> None:
    running()
    grant = people.granted("raj", "qa_approver")
    record, raj = reported(), people.signed_in(RAJ)
    shown(raj, record.number)
    with held(stocked, "records_record", f"number = '{record.number}'"):
        waiting = Waiting(lambda: classified(raj, record))
        wait_for(stocked, 1)
        identity.end_grant(people.signed_in(SAM), grant, reason=WHY)
    assert waiting.outcome() == "not_allowed"
    assert not Signature.objects.filter(record=record, step="classify").exists()


def classified(actor: Actor, record: Record, person: TestPerson = RAJ) -> Record:
    return actions.take_step(
        actor,
        record.number,
        "classify",
        revision=record.revision,
        fields=CLASS,
        signature=all_of(person, meaning=None),
    )


def test_signing_and_ending_at_once_end_in_an_order(stocked: Database) -> None:
    ana, petra = people.signed_in(ANA), people.signed_in(PETRA)
    drafts, waiting = [capa(ana) for _ in range(3)], reported()
    for one in drafts:
        shown(ana, one.number)
    shown(petra, waiting.number)
    told = at_once(
        *(partial(sign, ana, one) for one in drafts),
        partial(classified, petra, waiting, PETRA),
        partial(end_role, ANA),
        partial(close, ANA),
        partial(close, PETRA),
    )
    assert set(told) <= {"", "not_allowed", "not_signed_in", "role_decided"}, told
    assert set(Person.objects.filter(user_id__in=("ana", "petra")).values_list("status")) == {("inactive",)}
    assert Signature.objects.filter(step="submit").count() == told[:3].count("")


@pytest.mark.urs("URS-ACC-06")
def test_two_who_review_each_other_do_not_block_each_other(stocked: Database) -> None:
    people.granted("tom", "system_administrator")  # of two, none is reviewed away
    uma, petra = people.signed_in(UMA), people.signed_in(PETRA)
    listed = access_reviews.rights(uma)
    digest = access_reviews.digest_of(listed)
    key = {one.person.user_id: one.key for one in listed if one.kind == "role"}
    told = at_once(
        lambda: access_reviews.review(
            uma, all_of(UMA, meaning=None), digest=digest, decisions={key["petra"]: "remove"}
        ),
        lambda: access_reviews.review(
            petra, all_of(PETRA, meaning=None), digest=digest, decisions={key["uma"]: "remove"}
        ),
    )
    assert "" in told and set(told) <= {"", "not_authorised", "rights_changed"}, told
    assert AccessReview.objects.count() == told.count("") == 1

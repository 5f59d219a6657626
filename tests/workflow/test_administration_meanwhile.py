"""Who administers acts with what they still hold: a role that ended while their request waited decides nothing (URS-AUT-01)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from indelible.catalogue.loading import read, shipped_files
from indelible.kernel.access import actions as access
from indelible.kernel.access.types import Scope
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity.models import Passkey, Person
from indelible.kernel.notices import actions as notices
from indelible.kernel.signatures import accountability
from indelible.kernel.signatures import actions as signatures
from indelible.kernel.workflow import actions, delegations
from indelible.kernel.workflow.checks import parse
from tests import people
from tests.access.programs import in_days
from tests.conftest import Database
from tests.people import PETRA, SAM, UMA, TestPerson
from tests.workflow.test_rights_meanwhile import WHY, Waiting, held, wait_for

pytestmark = pytest.mark.urs("URS-AUT-01", "URS-AUT-04", "URS-ACC-03")
Verb = Callable[[Actor], Any]
BY_SAM: dict[str, Verb] = {
    "propose a role": lambda sam: identity.propose_grant(sam, "eve", "operator", reason=WHY),
    "close an account": lambda sam: identity.deactivate_person(sam, "ana", reason=WHY),
    "open an account": lambda sam: identity.create_person(sam, people.newcomer(people.EVE)),
    "change a person": lambda sam: identity.change_person(sam, "ana", name="Ana Ruiz", reason=WHY),
    "issue a secret": lambda sam: identity.issue_secret(sam, "ana", reason=WHY),
    "confirm an identity": lambda sam: identity.verify_identity(
        sam, "ana", method="passport", reference="P 1234", verified_on=date(2026, 1, 5)
    ),
    "confirm a passkey": lambda sam: identity.confirm_passkey(sam, "ana", 1),
    "end a passkey": lambda sam: identity.end_passkey(sam, "ana", 1, cause="lost", reason=WHY),
    "replace a passkey": lambda sam: identity.end_passkey(sam, "ana", 1, cause="replaced", reason=WHY),
    "confirm a code": lambda sam: identity.confirm_code(sam, "ana"),
    "end a code": lambda sam: identity.end_code(sam, "ana", cause="lost", reason=WHY),
    "confirm a provider account": lambda sam: identity.confirm_account(sam, "ana"),
    "end a provider account": lambda sam: identity.end_account(sam, "ana", reason=WHY),
    "unlock": lambda sam: identity.unlock_account(sam, "ana", confirmed="seen_in_person", reason=WHY),
    "end a session": lambda sam: identity.end_session(
        sam, people.signed_in(people.ANA).session, reason="laptop was stolen"
    ),
    "declare an exception": lambda sam: identity.declare_exception(
        sam, "ana", ends_at=in_days(20), reason=WHY
    ),
    "allow a program": lambda sam: access.allow_machine(
        sam,
        "ana",
        label="Balance",
        scope=Scope(processes=("deviation",), operations=()),
        expires_at=in_days(30),
        reason=WHY,
    ),
    "register a terminal": lambda sam: access.register_terminal(
        sam, access.Place(code="T-1", name="Line 3", site="BSL"), reason=WHY
    ),
    "enrol a terminal": lambda sam: access.enrol_terminal(sam, "T-1"),
    "end a terminal": lambda sam: access.end_terminal(sam, "T-1", reason=WHY),
    "found a company": lambda sam: identity.create_legal_entity(sam, "ZET", "Zeta Ltd"),
    "lock the keys": lambda sam: identity.lock_keys(sam, reason=WHY),
    "record a certification": lambda sam: signatures.record_certification(
        sam,
        "ACME",
        signatory="Uma Lindqvist",
        route="paper",
        sent_on=date(2026, 1, 5),
        receipt="RR 1",
        reason=WHY,
    ),
    "answer a notice": lambda sam: notices.acknowledge(sam, 1, answer=WHY),
    "approve a delegation": lambda sam: delegations.approve(sam, 1),
}
BY_PETRA: dict[str, Verb] = {
    "open a class": lambda petra: identity.open_class(petra, "ana", "confidential", reason=WHY),
    "approve an exception": lambda petra: identity.approve_exception(petra, 1),
    "decide factors": lambda petra: identity.decide_factors(
        petra, administrators=False, networks=[], reason=WHY
    ),
    "decide doors": lambda petra: signatures.decide_doors(petra, machines=True, reason=WHY),
    "decide sources": lambda petra: access.decide_source(
        petra, "deviation", "edit", terminals=[], networks=["10.0.0.0/8"], reason=WHY
    ),
    "publish the statement": lambda petra: accountability.publish(
        petra, "What I sign is as binding as by hand. " * 4, grace_days=3, reason=WHY
    ),
}


def end_roles(person: TestPerson, by: TestPerson) -> None:
    identity.end_grant(people.signed_in(by), people.grant_of(person), reason=WHY)


def refused_without_it(database: Database, actor: Actor, verb: Verb) -> None:
    """Refused by the role, which stands in the trail, and nothing of it is done."""
    done = "select count(*) from audit.act where outcome = 'done' and user_id = %s"
    actor_before = database.rows(done, [actor.user_id])
    with pytest.raises(Refusal) as caught:
        verb(actor)
    assert caught.value.rule.code in {"not_authorised", "not_allowed"}
    assert caught.value.rule.urs and database.rows(done, [actor.user_id]) == actor_before
    [newest] = database.rows("select outcome, user_id, rule from audit.act order by id desc limit 1")
    assert newest[:2] == ("denied", actor.user_id) and newest[2].endswith(caught.value.rule.code)


@pytest.mark.parametrize("verb", BY_SAM)
def test_an_administrator_whose_role_ended_meanwhile_decides_nothing(stocked: Database, verb: str) -> None:
    people.granted("tom", "system_administrator")  # of two, none ends the other
    sam = people.signed_in(SAM)
    end_roles(SAM, UMA)
    refused_without_it(stocked, sam, BY_SAM[verb])


def publish(petra: Actor) -> Any:
    data = read(next(p for p in shipped_files() if p.stem == "capa").read_bytes())
    data["steps"]["submit"]["sign"]["meaning"] = "Report"
    return actions.publish_process(petra, parse(data), reason=WHY)


@pytest.mark.parametrize("verb", [*BY_PETRA, "publish a process"])
def test_nor_does_qa(stocked: Database, verb: str) -> None:
    petra = people.signed_in(PETRA)
    end_roles(PETRA, SAM)
    refused_without_it(stocked, petra, BY_PETRA.get(verb, publish))


def test_who_ends_a_role_comes_before_what_its_holder_decides_then(stocked: Database) -> None:
    people.granted("tom", "system_administrator")
    sam, uma = people.signed_in(SAM), people.signed_in(UMA)
    grant = people.grant_of(SAM)
    with held(stocked, "identity_person", "user_id = 'sam'"):
        ending = Waiting(lambda: identity.end_grant(uma, grant, reason=WHY))
        wait_for(stocked, 1)
        waiting = Waiting(lambda: identity.declare_exception(sam, "ana", ends_at=in_days(20), reason=WHY))
        wait_for(stocked, 2)
        assert waiting.told is None
    assert (ending.outcome(), waiting.outcome()) == ("", "not_authorised")


def test_two_who_close_each_other_do_not_block_each_other(stocked: Database) -> None:
    people.granted("tom", "system_administrator")
    sam, uma = people.signed_in(SAM), people.signed_in(UMA)
    calls = [
        Waiting(lambda: identity.deactivate_person(sam, "uma", reason=WHY)),
        Waiting(lambda: identity.deactivate_person(uma, "sam", reason=WHY)),
        Waiting(lambda: identity.end_passkey(uma, "sam", 1, cause="replaced", reason=WHY)),
        Waiting(lambda: identity.declare_exception(sam, "uma", ends_at=in_days(20), reason=WHY)),
    ]
    told = [one.outcome() for one in calls]
    assert told[:2].count("") == 1 and set(told) <= {
        "",
        "not_signed_in",
        "passkey_unknown",
        "person_inactive",
    }
    assert Person.objects.filter(user_id__in=("sam", "uma"), status=Person.ACTIVE).count() == 1
    assert not Passkey.objects.exists()

"""Machine credentials: a named owner, narrow, ending, and nothing by which anybody could sign (URS-ACC-09)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from indelible.api import description
from indelible.exports import actions as exports
from indelible.jobs.verification import examine
from indelible.kernel.access import actions as access
from indelible.kernel.access import machines, queries
from indelible.kernel.access.types import Scope
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, job
from indelible.kernel.identity import actions as identity
from indelible.kernel.notices import actions as notices
from indelible.kernel.records import queries as records
from indelible.kernel.records.types import RecordFilter, TrailFilter
from indelible.kernel.workflow import actions as workflow
from indelible.kernel.workflow import delegations
from tests import people
from tests.access.programs import WHY, allowed, in_days, program
from tests.api.calling import Caller
from tests.api.deviations import FIRST
from tests.api.test_records import upload
from tests.conftest import Database, seal_all
from tests.people import ANA, INES, OMAR, PETRA, RAJ, SAM, TOM, UMA, signed_in
from tests.workflow.carrying import DRAFT, PLAN, Hand

pytestmark = pytest.mark.urs("URS-ACC-09")
DEVIATIONS = Scope(processes=("deviation",), operations=("create",))


def actor_of(caller: Caller) -> Actor:
    """The actor of a program's next request."""
    return access.enter_by_machine(caller.token, source="192.0.2.10", object="test")


def test_who_may_allow_one_and_to_whom(stocked: Database, refused: Any) -> None:
    sam, petra = signed_in(SAM), signed_in(PETRA)
    with refused("not_authorised"):
        access.allow_machine(
            petra, "ana", label="Import", scope=DEVIATIONS, expires_at=in_days(9), reason=WHY
        )
    with refused("own_rights"):
        allowed(SAM, actor=sam)
    with refused("person_unknown"):
        access.allow_machine(
            sam, "ghost", label="Import", scope=DEVIATIONS, expires_at=in_days(9), reason=WHY
        )
    with refused("reason_missing"):
        allowed(ANA, actor=sam, reason=" ")
    for faulty in (
        {"label": "x"},
        {"scope": Scope(processes=())},
        {"scope": Scope(processes=("deviation; drop",))},
        {"scope": Scope(processes=("deviation",), operations=("sign",))},
        {"expires_at": in_days(366)},
        {"expires_at": in_days(-1)},
    ):
        with refused("machine_incomplete"):
            allowed(ANA, actor=sam, **faulty)
    for unfit in (TOM, RAJ, PETRA, INES, UMA):
        with refused("machine_incomplete"):
            allowed(unfit, actor=sam)
    identity.deactivate_person(sam, "ana", reason="left the company on Friday")
    with refused("person_inactive"):
        allowed(ANA, actor=sam)


def test_its_owner_alone_draws_it_once_and_the_administrator_never(stocked: Database, refused: Any) -> None:
    number = allowed(ANA)
    ana = signed_in(ANA)
    for other in (signed_in(SAM), signed_in(UMA), signed_in(OMAR)):
        with refused("machine_unknown"):
            access.draw_machine(other, number)
    with refused("machine_unknown"):
        access.draw_machine(ana, 2**70)
    token = access.draw_machine(ana, number)
    with refused("machine_drawn"):
        access.draw_machine(ana, number)
    kept = stocked.superuser("select m::text from access_machine_credential m")[0][0]
    told = stocked.superuser("select coalesce(string_agg(e::text, ' '), '') from audit.event e")[0][0]
    assert token not in kept and token[3:] not in told
    found = queries.credential_of(token)
    assert found is not None and str(found.token_digest) not in told


def test_it_opens_and_changes_records_as_itself_for_its_owner(stocked: Database, tmp_path: Path) -> None:
    caller = program(ANA)
    made = caller.post("/records", {"process": "deviation", "fields": FIRST})
    assert made.status == 201, made
    number, who = made.body["number"], f"machine:{queries.machines(signed_in(ANA)).get().pk}"
    assert made.body["owner"] == "ana"
    changed = caller.patch(
        f"/records/{number}", {"fields": {"area": "Line 9"}, "reason": "moved to line 9"}, if_match='"1"'
    )
    assert changed.status == 200, changed
    assert upload(caller, number, "weights.csv", b"9.1").status == 201
    assert caller.get(f"/records/{number}/copy?format=json").status == 200
    told = stocked.rows(
        "select distinct user_id, name, on_behalf_of, source from audit.act where record = %s", [number]
    )
    assert told == [(who, "Balance import, for Ana Alvarez", "ana", "127.0.0.1")]
    seal_all(stocked, tmp_path)
    assert examine(stocked.url("verify"), stocked.home, sealer_folder=tmp_path).findings == ()


def test_its_scope_holds_at_every_address_and_below_them(stocked: Database, refused: Any) -> None:
    other = Hand(ANA).create("capa", DRAFT)
    caller = program(ANA, scope=DEVIATIONS)
    number = caller.post("/records", {"process": "deviation", "fields": FIRST}).body["number"]
    assert caller.post("/records", {"process": "capa", "fields": DRAFT}).is_problem(403, "URS-ACC-09")
    assert caller.patch(
        f"/records/{number}", {"fields": {"area": "Line 9"}, "reason": "moved"}, if_match='"1"'
    ).is_problem(403, "URS-ACC-09")
    assert upload(caller, number, "weights.csv", b"9.1").is_problem(403, "URS-ACC-09")
    assert caller.get(f"/records/{other.number}").is_problem(404)
    assert {one["number"] for one in caller.get("/records").body["items"]} == {number}
    actor = actor_of(caller)
    with refused("machine_out_of_scope"):
        exports.copy_record(actor, number, "json")
    with refused("machine_out_of_scope"):
        exports.copy_trail(actor, TrailFilter())
    with refused("machine_out_of_scope"):
        workflow.reassign(actor, number, "omar", reason="on holiday from Monday")
    with refused("not_there"):
        workflow.edit_record(actor, other.number, {"title": "Vial 8"}, revision=1)
    assert records.count(actor, RecordFilter()) == 1


def test_it_never_signs_approves_or_administers(stocked: Database, refused: Any) -> None:
    caller = program(ANA)
    number = caller.post("/records", {"process": "deviation", "fields": FIRST}).body["number"]
    signature = {"user_id": "ana", "password": ANA.password, "meaning": "Author of this report"}
    taken = caller.post(f"/records/{number}/steps/report", {"revision": 1, "signature": signature})
    assert taken.is_problem(403, "URS-ACC-09")
    actor = actor_of(caller)
    with refused("machine_out_of_scope"):
        workflow.decline_signature(actor, number, "report", revision=1, reason="the figures are wrong")
    with refused("not_authorised"):
        identity.propose_grant(actor, "tom", "author", reason="joins the line on Monday")
    with refused("not_authorised"):
        access.allow_machine(
            actor, "omar", label="Second", scope=DEVIATIONS, expires_at=in_days(9), reason=WHY
        )
    own = queries.machines(signed_in(ANA)).get().pk
    with refused("not_authorised"):
        access.end_machine(actor, own, reason="not needed any more")
    assert set(actor.roles) <= {"author", "operator"}


def test_a_step_that_opens_a_record_elsewhere_is_beyond_its_scope(stocked: Database) -> None:
    """Where a program may not open records of that process it does not do so by a step of this one."""
    ana, petra = Hand(ANA), Hand(PETRA)
    record = ana.sign(ana.create("deviation", FIRST), "report")
    said = {"classification": "minor", "classification_reason": "One vial, found at once."}
    number = petra.sign(record, "classify", said).number
    narrow = program(ANA, scope=Scope(processes=("deviation",), operations=("step", "create")))
    wide = program(ANA, scope=Scope(processes=("deviation", "capa"), operations=("step", "create")))
    revision = wide.get(f"/records/{number}").body["revision"]
    place, body = f"/records/{number}/steps/raise_capa", {"revision": revision}
    assert narrow.post(place, body).is_problem(403, "URS-ACC-09")
    assert wide.post(place, body).status == 200
    assert {one["process"] for one in wide.get("/records").body["items"]} == {"deviation", "capa"}


def test_it_reaches_no_address_that_is_for_people(stocked: Database) -> None:
    """Generated from the description: what does not say `x-machine-credentials` lets no program in."""
    caller = program(ANA)
    document = description.served()
    closed = 0
    for path, operations in document["paths"].items():
        for method, said in operations.items():
            if said.get("x-machine-credentials") or not said.get("security"):
                continue
            named = path.removeprefix("/api/v1")
            for part in ("{number}", "{user_id}", "{code}", "{sha256}", "{step}", "{level}", "{tile}"):
                named = named.replace(part, "x")
            while "{" in named:
                named = named[: named.index("{")] + "1" + named[named.index("}") + 1 :]
            answer = caller.call(method.upper(), named, {} if method != "get" else None)
            assert answer.status == 403 and answer.body["rule"] == "URS-ACC-09", (method, path, answer)
            closed += 1
    assert closed > 40


def test_work_of_a_program_is_its_owners_work(stocked: Database, refused: Any) -> None:
    """Four eyes are judged by person: nobody approves what their own program wrote (URS-AUT-02)."""
    people.granted("petra", "author")
    number = (
        program(PETRA, scope=Scope(processes=("capa",), operations=("create", "edit")))
        .post("/records", {"process": "capa", "fields": DRAFT})
        .body["number"]
    )
    hand = Hand(PETRA)
    record = hand.sign(records.get(hand.actor, number), "submit")
    record = hand.sign(hand.edit(record, PLAN), "propose")
    with refused("own_work"):
        hand.sign(record, "approve_plan")


@pytest.mark.parametrize("over", ["ended", "expired", "owner inactive", "unknown"])
def test_one_that_is_over_is_refused_at_once_and_told(stocked: Database, refused: Any, over: str) -> None:
    caller = program(ANA, expires_at=clock() + timedelta(seconds=2)) if over == "expired" else program(ANA)
    assert caller.get("/records").status == 200
    number = queries.machines(signed_in(ANA)).get().pk
    if over == "ended":
        access.end_machine(signed_in(ANA), number, reason="the balance was sold")
    elif over == "owner inactive":
        identity.deactivate_person(signed_in(SAM), "ana", reason="left the company on Friday")
    elif over == "unknown":
        caller.token = caller.token[:-4] + "abcd"
    else:
        while clock() < queries.machines(signed_in(ANA)).get().expires_at:
            pass
    assert caller.get("/records").is_problem(401, "URS-ACC-09")
    with refused("machine_refused"):
        actor_of(caller)
    kinds = [one.kind for one in notices.look(job("notices", 1, on_behalf_of="installation"))]
    assert kinds.count("program_over") == (0 if over == "unknown" else 1)
    told = stocked.rows(
        "select user_id, detail ->> 'cause' from audit.act where action = 'machine_credential.use'"
    )
    cause = "ended" if over == "owner inactive" else over  # closing the account ended it for ever
    assert set(told) == {("nobody" if over == "unknown" else f"machine:{number}", cause)}


def test_ending_one_is_its_owners_or_administrations(stocked: Database, refused: Any) -> None:
    number, ana, omar = allowed(ANA), signed_in(ANA), signed_in(OMAR)
    with refused("not_authorised"):
        access.end_machine(omar, number, reason="it is in the way")
    with refused("reason_missing"):
        access.end_machine(ana, number, reason="")
    access.end_machine(signed_in(UMA), number, reason="found in a public folder")
    with refused("machine_unknown"):
        access.end_machine(ana, number, reason="once more to be sure")
    with refused("machine_unknown"):
        access.draw_machine(ana, number)


def test_a_program_loses_with_its_owner(stocked: Database) -> None:
    """Roles and sites are the owner's of this moment."""
    caller = program(ANA)
    grant = people.grant_of(ANA)
    identity.end_grant(signed_in(SAM), grant, reason="moves to another department")
    made = caller.post("/records", {"process": "deviation", "fields": FIRST})
    assert made.is_problem(403, "URS-AUT-01")


def test_over_the_interface(stocked: Database) -> None:
    sam, ana = Caller(SAM), Caller(ANA)
    wanted = {
        "label": "LIMS import",
        "processes": ["deviation"],
        "operations": ["create"],
        "expires_on": in_days(20).date().isoformat(),
        "reason": WHY,
    }
    made = sam.post("/people/ana/machine-credentials", wanted)
    assert made.status == 201 and made.body["owner"] == "ana" and "token" not in made.body, made
    number = made.body["id"]
    assert sam.post(f"/machine-credentials/{number}/token").is_problem(404, "URS-ACC-09")
    token = ana.post(f"/machine-credentials/{number}/token").body["token"]
    assert token.startswith(machines.PREFIX)
    listed = Caller(INES).get("/people/ana/machine-credentials").body["items"]
    assert [one["label"] for one in listed] == ["LIMS import"] and token not in str(listed)
    assert Caller(RAJ).get("/people/ana/machine-credentials").is_problem(403)
    ended = ana.post(f"/machine-credentials/{number}/end", {"reason": "the import is over"})
    assert ended.status == 200 and ended.body["ended_at"]


@pytest.mark.urs("URS-UNQ-03")
def test_who_comes_back_has_nothing_of_before(stocked: Database) -> None:
    """Programs, classes and delegations end with the account; a return brings none of them back."""
    caller = program(ANA)
    sam, petra, raj = signed_in(SAM), signed_in(PETRA), signed_in(RAJ)
    identity.open_class(petra, "ana", "HR", reason="writes about accidents")
    offered = delegations.offer(
        signed_in(ANA),
        "raj",
        process="deviation",
        steps=["report"],
        begins_at=clock(),
        ends_at=in_days(5),
        task="reports while Ana is on holiday",
    )
    delegations.accept(raj, offered.pk)
    identity.deactivate_person(sam, "ana", reason="left the company on Friday")
    identity.reactivate_person(sam, "ana", reason="came back after a year")
    assert caller.get("/records").is_problem(401, "URS-ACC-09")
    told = "select count(*) from {} where ended_at is null"
    for table in ("access_machine_credential", "identity_class_grant", "workflow_delegation"):
        assert stocked.rows(told.format(table)) == [(0,)], table

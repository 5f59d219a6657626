"""Roles: by whom, to whom, with whom, and what does not go together (URS-AUT-01, -03, -04, -06, URS-ACC-05)."""

from datetime import timedelta

import pytest

from indelible.kernel.audit.queries import clock
from indelible.kernel.identity import actions, queries
from indelible.kernel.workflow.actions import create_record
from tests import people

WHY = "starts in this function on Monday"


@pytest.fixture
def sam(stocked):
    return people.signed_in(people.SAM)


@pytest.fixture
def uma(stocked):
    return people.signed_in(people.UMA)


@pytest.mark.urs("URS-AUT-04")
@pytest.mark.parametrize("role", ["system_administrator", "security_unit", "qa_approver"])
def test_a_powerful_role_waits_for_a_second_person(stocked, refused, sam, uma, role):
    outcome = actions.propose_grant(sam, "tom", role, reason=WHY)
    assert outcome.state == "proposed"
    assert people.signed_in(people.TOM).roles == ()
    with refused("second_person", urs="URS-AUT-04"):
        actions.approve_grant(sam, outcome.id)
    who = people.signed_in(people.PETRA)
    with refused("not_authorised"):
        actions.approve_grant(who, outcome.id)
    who = _with_rights(people.TOM)
    with refused("own_rights"):
        actions.approve_grant(who, outcome.id)
    assert actions.approve_grant(uma, outcome.id).state == "active"
    assert people.signed_in(people.TOM).roles == (role,)
    with refused("role_decided"):
        actions.approve_grant(uma, outcome.id)


def _with_rights(person):
    """The person as if an administrator: the second line of defence is judged by person."""
    import dataclasses

    return dataclasses.replace(people.signed_in(person), roles=("security_unit",))


@pytest.mark.urs("URS-AUT-04")
@pytest.mark.parametrize("role", ["author", "system_administrator", "inspector"])
def test_nobody_raises_their_own_rights(stocked, refused, sam, role):
    with refused("own_rights", urs="URS-AUT-04"):
        actions.propose_grant(sam, "sam", role, reason=WHY)


@pytest.mark.urs("URS-AUT-03")
@pytest.mark.parametrize(
    "role", ["author", "reviewer", "qa_approver", "operator", "verifier", "security_unit"]
)
def test_an_administrator_has_no_part_in_the_content(stocked, refused, uma, role):
    with refused("role_conflict", urs="URS-AUT-03") as caught:
        actions.propose_grant(uma, "sam", role, reason=WHY)
    assert "System administrator" in caught.value.detail


@pytest.mark.urs("URS-AUT-03")
def test_a_proposal_conflicts_as_an_active_role_does(stocked, refused, sam, uma):
    actions.propose_grant(sam, "tom", "security_unit", reason=WHY)
    with refused("role_conflict"):
        actions.propose_grant(uma, "tom", "author", reason=WHY)


@pytest.mark.urs("URS-AUT-01")
def test_only_administration_grants(stocked, refused, sam):
    for person in (people.ANA, people.PETRA, people.INES, people.TOM, people.EVE):
        who = people.signed_in(person)
        with refused("not_authorised", urs="URS-AUT-01"):
            actions.propose_grant(who, "raj", "operator", reason=WHY)


@pytest.mark.urs("URS-ACC-05")
def test_what_cannot_be_granted(stocked, refused, sam, uma):
    with refused("role_held"):
        actions.propose_grant(sam, "ana", "author", reason=WHY)
    with refused("role_unknown"):
        actions.propose_grant(sam, "ana", "superuser", reason=WHY)
    with refused("reason_missing"):
        actions.propose_grant(sam, "ana", "reviewer", reason="")
    with refused("reason_filler"):
        actions.propose_grant(sam, "ana", "reviewer", reason="xxx")
    with refused("person_unknown"):
        actions.propose_grant(sam, "anna", "reviewer", reason=WHY)
    with refused("person_unknown"):
        actions.approve_grant(uma, 2**70)
    with refused("details_wrong"):
        actions.propose_grant(sam, "tom", "author", reason=WHY, site="MOON")
    actions.deactivate_person(uma, "tom", reason="did not start after all")
    with refused("person_inactive"):
        actions.propose_grant(sam, "tom", "author", reason=WHY)


@pytest.mark.urs("URS-AUT-06")
def test_all_roles_of_a_person_hold_for_the_same_sites(stocked, refused, sam):
    with refused("scope_mixed", urs="URS-AUT-06"):
        actions.propose_grant(sam, "ana", "reviewer", reason=WHY, site="*")
    people.granted("tom", "inspector", site="*")
    assert people.signed_in(people.TOM).sites == ("*",)
    people.granted("eve", "operator", site="SIN")
    assert people.signed_in(people.EVE).sites == ("BSL", "SIN")
    assert people.signed_in(people.ANA).sites == ("BSL",)


@pytest.mark.urs("URS-ACC-05")
def test_a_role_ends_now_and_the_access_list_of_a_past_day_still_has_it(stocked, refused, sam, uma):
    (grant,) = queries.active_grants(queries.person_of("raj"))
    while_held = clock()
    who = _with_rights(people.RAJ)
    with refused("own_rights"):
        actions.end_grant(who, grant.pk, reason="no longer in the team")
    actions.end_grant(sam, grant.pk, reason="no longer in the team")
    assert people.signed_in(people.RAJ).roles == ()
    with refused("role_decided"):
        actions.end_grant(uma, grant.pk, reason="no longer in the team")
    then = [row for row in queries.access_list(uma, while_held) if row.user_id == "raj"]
    assert [(row.role, row.approved_by, row.ended is not None) for row in then] == [("reviewer", "uma", True)]
    assert not [row for row in queries.access_list(uma, clock()) if row.user_id == "raj"]
    assert queries.access_list(uma, while_held - timedelta(days=1)) == []


def test_the_access_list_is_not_for_everybody(stocked):
    from indelible.kernel.audit.types import Refusal

    with pytest.raises(Refusal) as caught:
        queries.access_list(people.signed_in(people.ANA), clock())
    assert caught.value.rule.code == "not_authorised"


@pytest.mark.urs("URS-AUT-04")
def test_a_proposal_can_be_turned_down(stocked, refused, sam, uma):
    outcome = actions.propose_grant(sam, "tom", "qa_approver", reason=WHY)
    with refused("second_person"):
        actions.refuse_grant(sam, outcome.id, reason="is not trained for it")
    assert actions.refuse_grant(uma, outcome.id, reason="is not trained for it").state == "refused"
    with refused("role_decided"):
        actions.approve_grant(uma, outcome.id)
    assert (
        actions.propose_grant(sam, "tom", "qa_approver", reason="trained since last week").state == "proposed"
    )


@pytest.mark.urs("URS-ACC-05")
@pytest.mark.parametrize("role", ["author", "reviewer", "operator", "verifier", "inspector"])
def test_no_role_comes_from_one_person(stocked, refused, sam, uma, role):
    outcome = actions.propose_grant(sam, "tom", role, reason=WHY)
    assert outcome.state == "proposed" and people.signed_in(people.TOM).roles == ()
    with refused("second_person"):
        actions.approve_grant(sam, outcome.id)
    who = _with_rights(people.TOM)
    with refused("own_rights"):
        actions.approve_grant(who, outcome.id)
    for person in (people.ANA, people.INES):
        other = people.signed_in(person)
        with refused("not_authorised"):
            actions.approve_grant(other, outcome.id)
    petra = people.signed_in(people.PETRA)  # QA answers for who may work on records
    assert actions.approve_grant(petra, outcome.id).state == "active"
    assert people.signed_in(people.TOM).roles == (role,)


@pytest.mark.urs("URS-ACC-05")
def test_a_role_has_a_last_day_and_counts_no_longer(stocked, refused, sam, uma, monkeypatch):
    now = clock()
    for ends_at in (now, now - timedelta(days=400)):
        with refused("last_day_past"):
            actions.propose_grant(sam, "tom", "author", reason=WHY, ends_at=ends_at)
    grant = people.granted("tom", "author", ends_at=now + timedelta(days=2))
    late = actions.propose_grant(sam, "raj", "operator", reason=WHY, ends_at=now + timedelta(days=2))
    assert people.signed_in(people.TOM).roles == ("author",)
    (row,) = [row for row in queries.access_list(uma, clock()) if row.user_id == "tom"]
    assert row.ended == now + timedelta(days=2)
    stocked.superuser(
        "create or replace function audit.clock() returns timestamptz language sql volatile as"
        " $$ select clock_timestamp() + interval '3 days' $$"
    )
    tom = people.signed_in(people.TOM)
    assert tom.roles == () and not queries.active_grants(queries.person_of("tom")).exists()
    uma = people.signed_in(people.UMA)
    with refused("last_day_past"):
        actions.approve_grant(uma, late.id)
    assert not [row for row in queries.access_list(uma, clock()) if row.user_id == "tom"]
    assert [row for row in queries.access_list(uma, now + timedelta(days=1)) if row.user_id == "tom"]
    assert actions.refuse_grant(uma, late.id, reason="the day has passed").state == "refused"
    assert grant


@pytest.mark.urs("URS-AUT-04", "URS-ACC-05")
def test_a_move_takes_no_role_along(stocked, refused, sam, uma):
    waiting, before = actions.propose_grant(sam, "ana", "reviewer", reason=WHY).id, clock()
    moved = actions.change_person(sam, "ana", site=people.OTHER_SITE, reason="works in Singapore from May")
    assert moved.roles_ended == ("author",)
    ana = people.signed_in(people.ANA)
    assert (ana.roles, ana.sites) == ((), (people.OTHER_SITE,))
    with refused("role_decided"):
        actions.approve_grant(uma, waiting)
    with refused("not_allowed"):
        create_record(ana, "capa", {})
    people.granted("ana", "author")
    assert people.signed_in(people.ANA).roles == ("author",)
    for moment, site in ((before, "BSL"), (clock(), people.OTHER_SITE)):  # the list tells the site of then
        (row,) = [row for row in queries.access_list(uma, moment) if row.user_id == "ana"]
        assert (row.role, row.scope) == ("author", site)
    assert actions.change_person(sam, "ana", zone="Asia/Tokyo", reason="lives in Tokyo").roles_ended == ()


@pytest.mark.urs("URS-ACC-03", "URS-ACC-05")
def test_a_move_leaves_two_people_who_can_let_others_in(stocked, refused, sam):
    with refused("last_administrators") as caught:
        actions.change_person(sam, "uma", site=people.OTHER_SITE, reason="works in Singapore from May")
    assert "Give somebody else" in caught.value.detail

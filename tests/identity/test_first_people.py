"""The first two people, and that there are never three of them (URS-AUT-04)."""

import pytest

from indelible.kernel.identity import actions
from tests import people


@pytest.mark.urs("URS-AUT-04")
def test_init_makes_two_people_and_refuses_to_do_it_again(database, refused):
    sam, uma = people.found()
    assert (sam.roles, uma.roles) == (("system_administrator",), ("security_unit",))
    with refused("founded"):
        actions.first_two_people(people.PLACE, people.newcomer(people.ANA), people.newcomer(people.RAJ))


@pytest.mark.urs("URS-CRD-03")
def test_a_person_with_a_temporary_secret_can_only_replace_it(database, refused):
    secrets = actions.first_two_people(people.PLACE, people.newcomer(people.SAM), people.newcomer(people.UMA))
    token, _ = actions.sign_in("sam", secrets["sam"], source="192.0.2.1", channel="web")
    with refused("password_change_due"):
        actions.enter(token, source="192.0.2.1", channel="web", object="/")
    with refused("sign_in_failed", ignoring=("identity_lockout",)):
        actions.sign_in("sam", secrets["sam"], source="192.0.2.1", channel="web")
    actor = actions.enter(token, source="192.0.2.1", channel="web", change_due_allowed=True)
    actions.change_password(actor, secrets["sam"], people.SAM.password)
    assert actions.enter(token, source="192.0.2.1", channel="web").roles == ("system_administrator",)

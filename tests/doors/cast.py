"""One more person: Dora holds every content role, so that only the guards keep her from approving her own work."""

from __future__ import annotations

from typing import Final

from indelible.kernel.identity import actions
from indelible.kernel.identity.types import Newcomer
from indelible.kernel.workflow.declaration import CONTENT_ROLES
from tests.people import SAM, UMA, TestPerson, accept, confirm, set_password, signed_in

DORA: Final = TestPerson("dora", "Dora Amsel", "every content role")


def engage() -> None:
    """Dora's account, password and roles, each by the two people who must."""
    administrator, officer = signed_in(SAM), signed_in(UMA)
    details = Newcomer(user_id="dora", name=DORA.name, email="dora@acme.example", site=DORA.site)
    actions.create_person(administrator, details)
    confirm(officer, "dora")
    set_password(DORA, actions.issue_secret(administrator, "dora", reason="first secret of a new account"))
    confirm(officer, "dora")
    accept(DORA)
    for role in CONTENT_ROLES:
        outcome = actions.propose_grant(administrator, "dora", role, reason=f"stands in as {role}")
        actions.approve_grant(officer, outcome.id)

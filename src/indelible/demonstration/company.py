"""Makes the whole demonstration: company, processes in force, certification on file, a year of work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from indelible.catalogue.publishing import publish_shipped
from indelible.demonstration.cast import found_company
from indelible.demonstration.people import SECURITY_OFFICER
from indelible.demonstration.year import Year
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity.founding import INSTALLATION
from indelible.kernel.signatures import actions as signatures


def make_company(*, scale: float, tell: Callable[[float], None]) -> list[dict[str, Any]]:
    """Fills an installed, empty database whose clock is a year back; returns the people with their passwords."""
    cast = found_company()
    publish_shipped(INSTALLATION, reason="Shipped with the product, first version")
    officer = cast.visit(SECURITY_OFFICER.user_id)
    signatures.decide_doors(
        officer, machines=True, reason="Demonstration only, so that examples can sign over the API"
    )
    identity.sign_out(officer)
    Year(cast, scale=scale).play(tell)
    for user_id in cast.people:  # the year is over, and so is what they accepted on their first day
        cast.accept_accountability(user_id)
    return cast.listed()

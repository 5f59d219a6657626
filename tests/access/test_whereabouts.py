"""From where a program is let in: its own networks bind always, else the company's; the wrong places first (URS-ACC-08)."""

from __future__ import annotations

from typing import Any

import pytest

from indelible.kernel.access import actions as access
from indelible.kernel.access import queries
from indelible.kernel.access.models import MachineCredential
from indelible.kernel.access.whereabouts import refusal_from
from indelible.kernel.audit.types import job
from indelible.kernel.identity import actions as identity
from indelible.kernel.notices import actions as notices
from tests.access.programs import WHY, allowed, in_days, program
from tests.api.calling import Caller
from tests.conftest import Database
from tests.identity.test_factors import key_of
from tests.people import ANA, SAM, UMA, signed_in
from tests.web.conftest import signed_in as visiting

pytestmark = pytest.mark.urs("URS-ACC-08", "URS-ACC-09")
COMPANY, OWN = "10.20.0.0/16", "198.51.100.0/24"
INSIDE, AT_OWN, OUTSIDE = "10.20.1.7", "198.51.100.4", "203.0.113.9"


def company_networks() -> None:
    """From now on the company's networks are decided."""
    key_of(SAM, UMA)
    key_of(UMA, SAM)
    uma = signed_in(UMA, source=INSIDE)
    identity.decide_factors(
        uma, administrators=False, networks=[COMPANY], reason="decided by the board in May"
    )


def came_from(caller: Caller, source: str) -> str:
    return access.enter_by_machine(caller.token, source=source, object="test").source


@pytest.mark.parametrize(
    "wrong",
    [
        ["10.20.0.1/16"],
        ["the plant"],
        ["0.0.0.0/0"],
        ["::/0"],
        ["0.0.0.0/1", "128.0.0.0/1"],
        ["::/1", "8000::/1"],
        ["::ffff:0:0/96"],
        ["10.0.0.0/7"],
        ["2000::/15"],
        ["10.0.0.0/8", "11.0.0.0/8"],
        [f"10.0.{n}.0/24" for n in range(51)],
    ],
)
def test_a_credential_names_networks_that_are_some(stocked: Database, refused: Any, wrong: list[str]) -> None:
    sam = signed_in(SAM)
    with refused("machine_incomplete") as caught:
        allowed(ANA, actor=sam, networks=wrong)
    assert "networks" in caught.value.fields


def test_its_own_networks_bind_it_always(stocked: Database, refused: Any) -> None:
    caller = program(ANA, networks=[OWN, "2001:db8::/48", " "])
    assert queries.machines(signed_in(ANA)).get().networks == [OWN, "2001:db8::/48"]
    for source in (OUTSIDE, INSIDE, "2001:db9::1", "", "not an address"):
        with refused("machine_elsewhere") as caught:
            came_from(caller, source)
        rule = caught.value.rule
        assert (rule.urs, rule.clause, rule.status) == ("URS-ACC-08", "21 CFR 11.10(d)", 403)
    assert came_from(caller, AT_OWN) == AT_OWN and came_from(caller, "2001:db8::7")
    company_networks()
    with refused("machine_elsewhere"):
        came_from(caller, INSIDE)
    assert came_from(caller, AT_OWN) == AT_OWN


def test_an_ipv4_address_told_as_ipv6_is_the_same_address(stocked: Database, refused: Any) -> None:
    caller = program(ANA, networks=[COMPANY, "::ffff:198.51.100.0/120"])
    assert queries.machines(signed_in(ANA)).get().networks == [COMPANY, OWN]
    for source in (INSIDE, AT_OWN):
        assert came_from(caller, f"::ffff:{source}") and came_from(caller, source)
    with refused("machine_elsewhere"):
        came_from(caller, f"::ffff:{OUTSIDE}")


def test_where_networks_are_decided_one_without_its_own_works_inside_them(
    stocked: Database, refused: Any
) -> None:
    caller = program(ANA)
    assert came_from(caller, OUTSIDE) == OUTSIDE
    company_networks()
    with refused("machine_elsewhere"):
        came_from(caller, OUTSIDE)
    assert came_from(caller, INSIDE) == INSIDE
    assert caller.get("/records").is_problem(403, "URS-ACC-08")
    of_before = MachineCredential(networks=None)  # by an earlier version
    assert refusal_from(of_before, OUTSIDE) and refusal_from(of_before, INSIDE) is None
    told = stocked.rows(
        "select user_id, source, detail ->> 'cause' from audit.act where rule like '%%machine_elsewhere' order by id limit 1"
    )
    assert told == [
        (f"machine:{queries.machines(signed_in(ANA)).get().pk}", OUTSIDE, "outside the company's networks")
    ]


def test_the_security_unit_is_told_of_one_tried_from_elsewhere(stocked: Database, refused: Any) -> None:
    caller = program(ANA, networks=[OWN])
    for source in (OUTSIDE, OUTSIDE, INSIDE):
        with refused("machine_elsewhere"):
            came_from(caller, source)
    kinds = [one.kind for one in notices.look(job("notices", 1, on_behalf_of="installation"))]
    assert kinds.count("program_elsewhere") == 2


def test_page_and_api_allow_and_show_them(stocked: Database) -> None:
    sam, given = Caller(SAM), {"label": "Balance import", "processes": ["deviation"], "reason": WHY}
    day = in_days(20).date().isoformat()
    place = "/people/ana/machine-credentials"
    body = {**given, "expires_on": day, "networks": ["everywhere"]}
    assert sam.post(place, body).is_problem(422, "URS-ACC-09")
    assert sam.post(place, {**body, "networks": [OWN]}).body["networks"] == [OWN]
    assert sam.post(place, {**given, "expires_on": day}).body["networks"] == []
    assert [one["networks"] for one in sam.get(place).body["items"]] == [[], [OWN]]
    page = visiting(SAM)
    form = {"verb": "allow", **given, "expires_on": day, "networks": "10.30.0.0/16, nowhere"}
    lacking = page.post(place, form, page="/people/ana")
    assert lacking.status_code == 422 and "10.30.0.0/16, nowhere" in page.text(lacking)
    form["networks"] = "10.30.0.0/16\n10.40.0.0/16"
    assert page.post(place, form, page="/people/ana").status_code == 302
    assert "10.30.0.0/16, 10.40.0.0/16 alone" in page.text(page.get("/people/ana"))
    ana = visiting(ANA)
    assert "10.30.0.0/16, 10.40.0.0/16 alone" in ana.text(ana.get("/account/credentials"))

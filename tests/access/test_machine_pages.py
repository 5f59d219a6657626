"""Machine credentials by pages: allowed, drawn once, ended (URS-ACC-09)."""

from __future__ import annotations

import re

import pytest

from indelible.kernel.access import queries
from tests.access.programs import WHY, allowed, in_days
from tests.conftest import Database
from tests.people import ANA, SAM, UMA
from tests.people import signed_in as actor_of
from tests.web.conftest import signed_in

pytestmark = pytest.mark.urs("URS-ACC-09")


def test_allowed_drawn_and_ended(stocked: Database) -> None:
    sam, ana = signed_in(SAM), signed_in(ANA)
    form = {
        "verb": "allow",
        "label": "Balance import",
        "processes": ["deviation"],
        "operations": ["create", "attach"],
        "expires_on": "",
        "reason": WHY,
    }
    page, place = "/people/ana", "/people/ana/machine-credentials"
    lacking = sam.post(place, form, page=page)
    told = sam.text(lacking)
    assert lacking.status_code == 422 and "at most 365 days" in told
    assert 'value="attach" checked' in told and 'value="Balance import"' in told
    form["expires_on"] = in_days(20).date().isoformat()
    assert sam.post(place, form, page=page).status_code == 302
    assert "not drawn yet" in sam.text(sam.get(page))
    number = queries.machines(actor_of(ANA)).get().pk
    own = f"/account/machine-credentials/{number}"
    shown = ana.text(ana.post(own, {"verb": "draw"}, page="/account/credentials"))
    token = re.search(r"<strong>(mc\.[^<]+)<", shown)
    assert token is not None and token[1] not in ana.text(ana.get("/account/credentials"))
    again = ana.post(own, {"verb": "draw"}, page="/account/credentials")
    assert again.status_code == 409 and "mc." not in ana.text(again)
    assert ana.post(own, {"verb": "end", "reason": ""}, page="/account/credentials").status_code == 422
    ended = ana.post(own, {"verb": "end", "reason": "import is over"}, page="/account/credentials")
    assert ended.status_code == 302 and "ended" in ana.text(ana.get("/account/credentials"))


def test_ended_by_another_administrator(stocked: Database) -> None:
    number, uma = allowed(ANA), signed_in(UMA)
    given = {"verb": "end", "credential": str(number), "reason": "found in a public folder"}
    assert uma.post("/people/ana/machine-credentials", given, page="/people/ana").status_code == 302
    lost = uma.post("/people/ana/machine-credentials", {**given, "credential": "x"}, page="/people/ana")
    assert lost.status_code == 404 and "URS-ACC-09" in uma.text(lost)


@pytest.mark.urs("URS-ACC-03")
def test_the_directory_is_allowed_to_somebody_of_administration(stocked: Database) -> None:
    sam = signed_in(SAM)
    page = sam.text(sam.get("/people/uma"))
    assert 'value="deactivate"' in page and 'name="processes"' not in page
    form = {
        "verb": "allow",
        "label": "Directory",
        "operations": ["deactivate"],
        "expires_on": in_days(20).date().isoformat(),
        "reason": "leavers are closed by the directory",
    }
    assert sam.post("/people/uma/machine-credentials", form, page="/people/uma").status_code == 302
    uma = signed_in(UMA)
    assert "as the company&#x27;s directory" in uma.text(uma.get("/account/credentials"))

"""The state of the trail for people: before anything was looked at, with findings, and who may settle them how."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import psycopg
import pytest

from indelible.jobs import tasks
from indelible.jobs.digests import digest_tables
from indelible.jobs.verification import Report
from indelible.kernel.audit import actions, events
from indelible.kernel.audit.types import Actor
from indelible.kernel.audit.verification.examination import Finding
from tests.conftest import Database, seal_all
from tests.people import ANA, PETRA, UMA
from tests.web.conftest import Visitor, signed_in

FOUND = Finding("state", "records_record 7 (number DEV-2026-00007)", 'title: recorded "Leak" & now <Nothing>')


def _told(*found: Finding, whole: bool = True) -> None:
    tasks._tell(Report(found, {}, ("state",), 120, 1.5), also=frozenset(), whole=whole)


@pytest.mark.urs("URS-VAL-09")
def test_nothing_looked_at_yet_is_said(ana: Visitor) -> None:
    page = ana.text(ana.get("/trail-state"))
    assert "never yet" in page and "first verification of everything runs tonight" in page
    assert "nothing has been sealed" in page


@pytest.mark.urs("URS-VAL-09")
def test_a_finding_is_named_and_leads_to_the_record_that_settles_it(stocked: Database, ana: Visitor) -> None:
    _told(FOUND)
    petra, uma = signed_in(PETRA), signed_in(UMA)
    for told in (petra, uma):
        assert "1 open finding" in told.text(told.get("/"))
    assert "open finding" not in ana.text(ana.get("/"))
    page = petra.text(petra.get("/trail-state"))
    assert FOUND.id in page and "&lt;Nothing&gt;" in page and "<Nothing>" not in page
    way = html.unescape(re.search(r'href="(/processes/[^"]+/new\?[^"]+)"', page)[1])  # type: ignore[index]
    form = petra.text(petra.get(way))
    assert f'value="{FOUND.id}"' in form and "now &lt;Nothing&gt;" in form
    assert "/new?" not in uma.text(uma.get("/trail-state")), "she takes no part in records"
    assert "by a reviewer or QA" in ana.text(ana.get("/trail-state"))
    _told()
    assert "nothing open was found" in petra.text(petra.get("/trail-state"))
    assert "open finding" not in petra.text(petra.get("/"))


def test_what_an_address_brings_into_a_form_is_only_shown(stocked: Database) -> None:
    ana = signed_in(ANA)
    said = ana.text(
        ana.get("/processes/deviation/new?f.title=%3Cscript%3E&f.lots.0.lot=%00&f.occurred_at=x&f.nobody=1")
    )
    assert "&lt;script&gt;" in said and "<script>" not in said.replace("<script ", "")
    assert stocked.rows("select count(*) from records_record") == [(0,)]


@pytest.mark.urs("URS-AUD-03")
def test_who_vouches_outside_is_named_with_how_far(stocked: Database) -> None:
    petra = signed_in(PETRA)
    assert "Nobody yet" in petra.text(petra.get("/trail-state"))
    named = {
        "witnesses": [{"name": "qa-laptop", "vkey": "witness.example/qa+00000000+AAAA"}],
        "quorum": 1,
        "authorities": [{"name": "stamps", "certificate": "-"}],
    }
    service = Actor(user_id="service", name="The service of this installation", channel="cli")
    actions.note(service, events.WITNESSES_NAMED, object="witnesses", detail=named)
    receipt = {"receipt": "cosignature", "size": 41, "witness": "witness.example/qa", "line": "x"}
    with psycopg.connect(stocked.url("seal"), autocommit=True) as sealer:
        for size in (41, 17):
            sealer.execute("select audit.testify('receipt', %s)", [json.dumps({**receipt, "size": size})])
    page = petra.text(petra.get("/trail-state"))
    assert "qa-laptop" in page and "41 entries" in page and "stamps" in page and "not yet" in page
    assert "Nobody yet" not in page


@pytest.mark.urs("URS-AUD-02")
def test_it_says_since_when_the_protections_are_as_they_are(stocked: Database, tmp_path: Path) -> None:
    petra = signed_in(PETRA)
    before = petra.text(petra.get("/trail-state"))
    assert "not attested yet" in before and "not digested yet" in before
    seal_all(stocked, tmp_path)
    with psycopg.connect(stocked.url("seal"), autocommit=True) as sealer:
        digest_tables(sealer)
    page = petra.text(petra.get("/trail-state"))
    assert "as they are since" in page and "digested into the ledger" in page

"""Protections of the trail that are gone: told on their first pages to those who answer for it, until they are back."""

from __future__ import annotations

from datetime import UTC

import pytest

from indelible.jobs import tasks
from tests.conftest import Database
from tests.people import PETRA, UMA
from tests.web.conftest import Visitor, signed_in


@pytest.mark.urs("URS-AUD-02")
def test_what_the_watch_found_is_told_to_security_and_quality(stocked: Database, ana: Visitor) -> None:
    uma, petra = signed_in(UMA), signed_in(PETRA)
    stocked.superuser("grant delete on identity_person to indelible_app")
    assert "differ from those installed" not in uma.text(uma.get("/")), "nobody looked yet"
    tasks.watch_protections(0)
    stocked.superuser("grant delete on records_record to indelible_app")
    tasks.watch_protections(60)
    ((since,),) = stocked.rows("select min(at) from audit.act where action = 'security.protection_lost'")
    for told in (uma, petra):
        for page in ("/", "/about"):
            shown = told.text(told.get(page))
            assert 'role="alert"' in shown and "differ from those installed" in shown, page
            assert "identity_person" in shown and "records_record" in shown, page
            assert since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") in shown, "since the first of them"
        assert "differ from those installed" not in told.text(told.get("/people"))
    assert all("differ from those installed" not in ana.text(ana.get(page)) for page in ("/", "/about"))
    for table in ("identity_person", "records_record"):
        stocked.superuser(f"revoke delete on {table} from indelible_app")
    tasks.watch_protections(120)
    assert "differ from those installed" not in uma.text(uma.get("/"))

"""The same pages where no script runs: a record is read, opened, edited, given a file, signed, found again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Windows
from tests.browser.entries import REPORT, open_deviation
from tests.conftest import Database
from tests.people import ANA

pytestmark = pytest.mark.browser


@pytest.mark.urs("URS-OPS-01", "URS-SIG-02", "URS-AUD-06")
def test_a_record_is_opened_edited_and_signed_without_scripts(
    window: Windows, stocked: Database, size: dict[str, int], tmp_path: Path
) -> None:
    ana = window(ANA, size, scripts=False)
    record = open_deviation(ana)
    assert REPORT["f-title"] in ana.page.inner_text("h1") and "L-2207" in ana.main()
    ana.press("Edit")
    ana.fill({"f-area": "Cold store, room 2", "reason": "the room was missing"})
    ana.press("Save as a new revision")
    ana.page.locator("#field-area summary").click()
    assert ana.page.locator("#field-area s").inner_text() == "Cold store"
    (tmp_path / "log.csv").write_bytes(b"at;celsius\n")
    ana.page.locator("#files details.card-part > summary").click()
    ana.page.set_input_files("#file", tmp_path / "log.csv")
    ana.press("Add file")
    ana.press("Sign: Report")
    ana.sign(ANA, first=True, password="not this phrase at all")
    assert "Nothing was changed" in ana.told()
    ana.sign(ANA, first=True)
    assert ana.path == record and "Responsibility for the report" in ana.main()
    ana.press("Read the audit trail")
    assert "the room was missing" in ana.main() and "log.csv" in ana.main()
    ana.open("/processes/deviation?q=freezer")
    assert record.rpartition("/")[2] in ana.main()

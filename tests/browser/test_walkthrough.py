"""A quality event by two people in a browser, desktop and phone: first entry, investigation, CAPA, closure, a true copy."""

from __future__ import annotations

from pathlib import Path

import pypdf
import pytest

from tests.browser.conftest import Windows
from tests.browser.entries import (
    ACTION,
    CLASSIFIED,
    DONE,
    INVESTIGATED,
    PLAN,
    REPORT,
    add_row,
    open_deviation,
)
from tests.browser.sight import Sight
from tests.conftest import Database
from tests.people import ANA, PETRA

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SIGNED = [
    ("ana", "Responsibility for the report"),
    ("petra", "Classification"),
    ("ana", "Responsibility for the report"),
    ("ana", "Authorship of the plan"),
    ("petra", "Approval of the plan"),
    ("ana", "Implementation complete"),
    ("petra", "Effectiveness confirmed"),
    ("ana", "Authorship of the investigation"),
    ("petra", "Closure by QA"),
]


@pytest.mark.timeout(400)
@pytest.mark.urs(
    *("URS-QDV-01", "URS-QDV-02", "URS-QCA-01", "URS-QCA-02", "URS-MAN-01", "URS-MAN-04", "URS-MAN-05"),
    *("URS-SIG-02", "URS-AUD-06", "URS-AUD-09", "URS-OPS-01", "URS-OPS-04"),
)
def test_two_people_carry_a_deviation_to_its_closure(
    window: Windows, stocked: Database, size: dict[str, int], tmp_path: Path
) -> None:
    ana = window(size=size)
    ana.open("/")
    ana.check()
    ana.sign_in(ANA)
    assert "My work" in ana.page.inner_text("h1")
    ana.check()
    deviation = report(ana, tmp_path)
    petra = window(PETRA, size)
    classify(petra, deviation)
    capa = investigate(ana, deviation)
    plan(ana, petra, capa)
    carry_out(ana, petra, capa)
    close(ana, petra, deviation)
    trail_tells_each_change(ana, deviation)
    copy_is_true(petra, deviation, tmp_path)
    rows = stocked.rows("select user_id, meaning from signatures_signature order by id")
    assert rows == SIGNED


def report(ana: Sight, folder: Path) -> str:
    """Opened with every kind of field, a file added, a value changed with its reason, reported by a first signing."""
    ana.open("/processes/deviation/new")
    ana.check()
    record = open_deviation(ana)
    assert REPORT["f-title"] in ana.page.inner_text("h1") and "Draft" in ana.page.inner_text("h1")
    attach(ana, folder / "logger 14.csv", b"at;celsius\n04:10;-9\n")
    ana.press("Edit")
    ana.fill({"f-area": "Cold store, room 2"})
    ana.press("Save as a new revision")
    assert "Nothing was changed" in ana.told() and ana.typed({"f-area": ""})["f-area"] == "Cold store, room 2"
    ana.check()
    ana.fill({"reason": "the room was missing"})
    ana.press("Save as a new revision")
    earlier_value_is_there(ana, "area", "Cold store", "the room was missing")
    ana.press("Sign: Report")
    ana.check()
    assert "Cold store, room 2" in ana.main() and "logger 14.csv" in ana.main(), "what is signed stands there"
    ana.sign(ANA, first=True)
    shows_signature(ana, ANA.name, "Responsibility for the report")
    ana.check()
    return record


def attach(sight: Sight, file: Path, content: bytes) -> None:
    """Adds a file through the record's page."""
    file.write_bytes(content)
    sight.page.locator("#files details.card-part > summary").click()
    sight.page.set_input_files("#file", file)
    sight.press("Add file")
    assert file.name in sight.page.inner_text("#files")


def earlier_value_is_there(sight: Sight, field: str, old: str, reason: str) -> None:
    """Struck through, with the reason, one press away from the value that replaced it."""
    sight.page.locator(f"#field-{field} summary").click()
    mark = sight.page.locator(f"#field-{field} .earlier")
    assert mark.locator("s").inner_text() == old
    assert reason in mark.inner_text() and ANA.name in mark.inner_text()


def shows_signature(sight: Sight, name: str, meaning: str) -> None:
    """Name, meaning, organisation, time in UTC and the signer's own stand beside each other."""
    panel = sight.page.get_by_role("article", name=f"Signature of {name}, {meaning}")
    said = panel.inner_text()
    assert name in said and meaning in said and "Acme Sterile Products Ltd" in said
    assert " UTC" in said and "Europe/Zurich" in said


def classify(petra: Sight, record: str) -> None:
    """Found under My work; a wrong password is refused and nothing that was typed is lost."""
    petra.page.locator("#waiting").get_by_role("link", name=record.rpartition("/")[2]).click()
    petra.page.wait_for_url(f"**{record}")
    petra.press("Sign: Classify")
    petra.fill(CLASSIFIED)
    petra.sign(PETRA, first=True, password="not this phrase at all")
    assert petra.path == f"{record}/steps/classify" and "Nothing was changed" in petra.told()
    assert petra.typed(CLASSIFIED) == CLASSIFIED
    assert petra.page.input_value("#secret") == ""
    petra.check()
    petra.sign(PETRA, first=True)
    shows_signature(petra, PETRA.name, "Classification")
    assert "Investigation" in petra.page.inner_text("h1")


def investigate(ana: Sight, record: str) -> str:
    """Cause, impact and other lots; a CAPA is raised from the deviation's page and linked; its address."""
    ana.open(record)
    ana.press("Edit")
    ana.fill(INVESTIGATED)
    ana.press("Save as a new revision")
    ana.press("Raise a CAPA")
    ana.press("Raise a CAPA")
    link = ana.page.locator("#links a.number", has_text="CAPA-")
    assert link.count() == 1 and "Raised CAPA" in ana.page.inner_text("#links")
    ana.check()
    address = str(link.get_attribute("href"))
    ana.open(address)
    assert REPORT["f-title"] in ana.page.inner_text("h1")
    assert "Alarm at 04:10" in ana.main(), "what happened came with it"
    return address


def plan(ana: Sight, petra: Sight, capa: str) -> None:
    """Submitted and proposed by the author with the password alone, approved by the other person."""
    ana.press("Edit")
    ana.fill({"f-source": "deviation"})
    ana.press("Save as a new revision")
    ana.press("Sign: Submit")
    ana.sign(ANA, first=False)
    ana.press("Edit")
    ana.fill(PLAN)
    add_row(ana, ACTION, "f-actions")
    ana.check()
    ana.press("Save as a new revision")
    ana.press("Sign: Propose the plan")
    ana.sign(ANA, first=False)
    assert ana.named("Sign: Approve the plan").count() == 0, "nobody approves their own plan"
    petra.open(capa)
    petra.press("Sign: Approve the plan")
    petra.sign(PETRA, first=False)
    assert "Implementation" in petra.page.inner_text("h1")


def carry_out(ana: Sight, petra: Sight, capa: str) -> None:
    """The action is done with its evidence, finished, and its effect confirmed by the other person the same day."""
    ana.open(capa)
    ana.press("Edit")
    ana.fill(DONE)
    ana.check()
    ana.press("Save as a new revision")
    ana.press("Sign: Finish implementation")
    ana.sign(ANA, first=False)
    petra.open(capa)
    petra.press("Sign: Confirm effectiveness")
    petra.fill({"f-result": "No door alarm in the log since the springs are new."})
    petra.sign(PETRA, first=False)
    assert "Closed" in petra.page.inner_text("h1")


def close(ana: Sight, petra: Sight, record: str) -> None:
    """Proposed by the owner, closed by QA; then no step leads out."""
    ana.open(record)
    ana.press("Sign: Propose for closure")
    ana.sign(ANA, first=False)
    petra.open(record)
    petra.press("Sign: Close")
    petra.fill({"f-qa_assessment": "Cause, impact and other lots are judged; the CAPA is effective."})
    petra.sign(PETRA, first=False)
    assert "Closed" in petra.page.inner_text("h1") and "come to its end" in petra.main()
    petra.check()


def trail_tells_each_change(ana: Sight, record: str) -> None:
    """On the record's page and on the page of its trail: who, when, what, old value, new value, why."""
    ana.open(record)
    ana.settle()
    latest = ana.page.locator("section[aria-labelledby=trail-title] table")
    assert "Closure by QA" in latest.inner_text() or "Close" in latest.inner_text()
    ana.open(f"{record}/audit-trail")
    ana.check()
    rows = ana.page.locator("table.list tbody tr")
    edit = rows.filter(has_text="the room was missing")
    assert edit.count() == 1
    said = edit.inner_text()
    assert "Area" in said and ANA.name in said
    assert edit.locator(".was").inner_text() == "Cold store" and "Cold store, room 2" in said
    for words in ("Classification", "major", "logger 14.csv", "machine", "CAPA-", PETRA.name):
        assert rows.filter(has_text=words).count(), f"the trail does not tell of {words}"
    ana.page.select_option("#t-outcome", "denied")
    ana.page.get_by_role("button", name="Filter").click()
    ana.page.wait_for_url("**outcome=denied**")
    ana.settle()
    assert rows.filter(has_text=PETRA.name).count() == 1, "the wrong password stands there too"
    ana.check()


def copy_is_true(petra: Sight, record: str, folder: Path) -> None:
    """The PDF is handed out by the page's own button and says what the page says."""
    petra.open(record)
    petra.page.locator("summary", has_text="True copy").click()
    petra.check()
    with petra.page.expect_download() as download:
        petra.page.get_by_role("link", name="PDF, for people").click()
    download.value.save_as(folder / "copy.pdf")
    pdf = pypdf.PdfReader(folder / "copy.pdf")
    text = "\n".join(page.extract_text() for page in pdf.pages)
    number = record.rpartition("/")[2]
    assert download.value.suggested_filename.startswith(number)
    for words in (number, ANA.name, PETRA.name, "Closure by QA", "the room was missing", "Cold store"):
        assert words in text, words
    assert f"1 of {len(pdf.pages)}" in text

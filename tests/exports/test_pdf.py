"""The printed true copy: everything is on it, six scripts and more are drawn, and nothing typed can run."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pikepdf import Pdf
from pypdf import PdfReader
from pypdfium2 import PdfDocument

from indelible.exports import pdf
from tests.exports.copies import DIGEST, SCRIPTS, capa

NOTICE = "Demonstration - not for regulated use"
OWN_ORDER = ("Arabic", "Devanagari", "Thai")
"""Scripts whose text extractors reorder or recombine letters (stack.md): the attached JSON is compared instead."""


@pytest.fixture(scope="module")
def printed() -> bytes:
    return pdf.render(capa(notice=NOTICE))


@pytest.fixture(scope="module")
def words(printed: bytes) -> str:
    return read(printed)


def read(document: bytes) -> str:
    """The text that PDFium finds, on one line and without the invisible breaks and isolates."""
    with closing(PdfDocument(document)) as opened:
        pages = [page.get_textpage().get_text_bounded() for page in opened]
    plain = "\n".join(pages).replace("\x02", "-")  # its sign for a hyphen at the end of a line
    return re.sub(r"[\u200b\u2066-\u2069\u202a-\u202e]", "", " ".join(plain.split()))


def copies_of_every_page(document: bytes) -> Iterator[str]:
    return (page.extract_text() for page in PdfReader(io.BytesIO(document)).pages)


def with_text(text: str) -> dict[str, Any]:
    copy = capa(trail=False)
    copy["record"]["fields"]["problem"] = text
    copy["record"]["title"] = text[:200]
    return copy


@pytest.mark.urs("URS-AUD-03")
def test_the_paper_pins_the_ledger_by_size_and_short_root() -> None:
    """Whoever keeps the paper can prove that all history up to it was not rewritten (ledger.md 3.5)."""
    head = {"size": 70000, "root": "5dc9da79a70659a9" + "0" * 48, "sealed_at": "2026-11-22T16:19:01Z"}
    words = read(pdf.render(capa(trail=False, ledger=head)))
    assert "Ledger 70,000 entries, root 5dc9da79a70659a9… 22 Nov 2026 16:19:01 UTC" in words
    assert "root" not in read(pdf.render(capa(trail=False, ledger=None)))


def test_a_copy_that_takes_too_long_is_refused_and_leaves_nothing() -> None:
    with pytest.raises(pdf.CopyFailed, match=r"0\.01 seconds"):
        pdf.render(capa(), time_limit=0.01)


def test_without_fonts_the_copy_is_refused_in_one_sentence(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(pdf, "FONTS", tmp_path)
    with pytest.raises(pdf.CopyFailed, match="fonts"):
        pdf.render(capa())


@pytest.mark.urs("URS-CPY-01")
def test_every_label_value_and_unit_is_on_the_copy(words: str) -> None:
    for expected in (
        "What happened", "High risk (high)", "9.95 mg", "04 Mar 2026", "30 days", "Ana Author (ana)",
        "Effectiveness criterion", "0.25 %", "Calibrate the balance", "What the check found (empty)",
        "Corrective and preventive action, version 3", "sha256:5c5c", DIGEST, "DEV-2026-00007",
        "Kalibrierschein", "48 213 bytes", "Status Implementation", "Revision 3",
    ):  # fmt: skip
        assert expected in words


@pytest.mark.urs("URS-CPY-01")
def test_the_copy_says_who_printed_it_when_and_what_it_is_on_every_page(printed: bytes) -> None:
    pages = list(copies_of_every_page(printed))
    for number, page in enumerate(pages, 1):
        plain = re.sub(r"[\u200b\u2066-\u2069]", "", page)
        assert f"Page {number} of {len(pages)}" in plain
        assert "Printed by Ines Inspector (ines)" in plain
        assert "22 Nov 2026 17:19:03 +01:00 (Europe/Berlin)" in plain
        assert "22 Nov 2026 16:19:03 UTC" in plain
        assert "TRUE COPY" in plain
        assert NOTICE.upper() in plain
        assert "Indelible 0.1.0" in plain


@pytest.mark.urs("URS-MAN-01", "URS-MAN-03", "URS-MAN-04", "URS-TIM-04")
def test_each_signature_stands_in_full_with_offset_and_utc(words: str) -> None:
    assert words.count("Approval of the plan") == 3
    assert "Petra Prüfer QA approver, Example Pharma GmbH · user id petra" in words
    assert "25 Oct 2026 02:30:00 +02:00 (Europe/Berlin)" in words
    assert "25 Oct 2026 00:30:00 UTC" in words
    assert "25 Oct 2026 02:30:00 +01:00 (Europe/Berlin)" in words
    assert "25 Oct 2026 01:30:00 UTC" in words
    assert "user id, password" in words


@pytest.mark.urs("URS-MAN-04", "URS-LNK-02")
def test_standing_is_said_in_words(words: str) -> None:
    assert "1 of 3 signatures stands: what it covers is unchanged in revision 3." in words
    assert "Applies to an earlier revision only" in words
    assert "Withdrawn: Step back by Petra Prüfer" in words


@pytest.mark.urs("URS-MAN-04")
def test_an_unsigned_record_says_so() -> None:
    copy = capa(trail=False)
    copy["signatures"] = []
    assert "Unsigned: CAPA-2026-00042 revision 3 carries no signature." in read(pdf.render(copy))


@pytest.mark.urs("URS-MAN-04", "URS-LNK-02")
def test_a_revision_whose_signatures_are_all_earlier_says_which_was_signed() -> None:
    copy = capa(trail=False)
    copy["signatures"] = [s for s in copy["signatures"] if s["standing"] == "earlier revision"]
    assert "No signature stands for revision 3" in read(pdf.render(copy))


@pytest.mark.urs("URS-CPY-05", "URS-AUD-06")
def test_a_changed_value_is_marked_and_the_earlier_one_stands_in_place(words: str) -> None:
    assert "Earlier value of Weight found: 9.90 mg" in words
    assert "Earlier value of Effectiveness criterion, Target: 0.50 %" in words
    assert "Reason: Transcription error, see balance printout 118" in words
    assert "Earlier value of What happened" not in words


@pytest.mark.urs("URS-CPY-01")
def test_the_trail_is_a_choice_and_its_absence_is_said(words: str) -> None:
    assert "All 12 entries" in words
    assert "refused: URS-" in words
    assert "Left out of this copy by the choice" in read(pdf.render(capa(trail=False)))


@pytest.mark.urs("URS-CPY-02")
def test_the_electronic_copy_travels_inside(printed: bytes) -> None:
    attachments = PdfReader(io.BytesIO(printed)).attachments
    assert json.loads(attachments["record.json"][0]) == capa(notice=NOTICE)


def test_every_script_is_drawn_with_a_font_that_has_it(printed: bytes, words: str) -> None:
    fonts = {str(f) for page in Pdf.open(io.BytesIO(printed)).pages for f in _font_names(page)}
    for family in ("SansJP", "SansHans", "SansKR", "Hebrew", "NotoSansThai", "Naskh"):
        assert any(family in name for name in fonts), (family, fonts)
    for script, text in SCRIPTS.items():
        drawn = all(word in words or word[::-1] in words for word in text.split())
        assert script in OWN_ORDER or drawn, script


def _font_names(page: Any) -> Iterator[str]:
    return (str(font.get("/BaseFont")) for font in (page.Resources.get("/Font") or {}).values())


def test_user_text_never_runs(words: str) -> None:
    assert '#eval("1+1") *x* $y$' in words


def test_characters_without_a_glyph_are_spelled_out_and_the_copy_says_so() -> None:
    words = read(
        pdf.render(with_text("Leak \U0001f600 \ue000 \x00 \u202e \ufeff தமிழ் \ud800 \U000e0041 end"))
    )
    for point in ("1F600", "E000", "0000", "202E", "FEFF", "0BA4", "D800", "E0041"):
        assert f"⟨U+{point}⟩" in words
    assert "cannot be drawn or leave no mark" in words


def test_a_long_word_stays_on_the_page(printed: bytes) -> None:
    with closing(PdfDocument(printed)) as opened:
        texts = [page.get_textpage() for page in opened]
        right = [text.get_charbox(at)[2] for text in texts for at in range(text.count_chars())]
    assert 300 < max(right) < 595 - 40


def test_the_file_claims_pdf_a_and_pdf_ua_and_has_a_structure_tree(printed: bytes) -> None:
    with Pdf.open(io.BytesIO(printed)) as document, document.open_metadata() as metadata:
        assert metadata["pdfaid:part"] == "3"
        assert metadata["pdfaid:conformance"] == "A"
        assert metadata["pdfuaid:part"] == "1"
        assert "/StructTreeRoot" in document.Root
        assert document.Root.Lang == "en"


def test_the_same_copy_gives_the_same_bytes(printed: bytes) -> None:
    assert pdf.render(capa(notice=NOTICE)) == printed


def test_the_longest_text_and_the_longest_table_are_set_whole() -> None:
    copy = capa(trail=False)
    copy["record"]["fields"]["problem"] = "word " * 19_999 + "the end"
    rows = [{"what": f"Action number {n}", "owner": "ana", "done": "2026-05-01"} for n in range(500)]
    copy["record"]["fields"]["actions"] = rows
    words = read(pdf.render(copy))
    assert "word the end" in words
    assert all(f"Action number {n} " in words for n in range(500))


@pytest.mark.slow
def test_two_thousand_trail_entries_are_set_within_the_limit() -> None:
    copy = capa()
    copy["audit_trail"] = [{**copy["audit_trail"][0], "seq": n} for n in range(2_000)]
    assert "All 2000 entries" in read(pdf.render(copy))


@pytest.mark.urs("URS-AUD-11")
def test_a_trail_too_long_for_paper_is_never_cut_in_silence(monkeypatch: Any) -> None:
    monkeypatch.setattr("indelible.exports.layout.TRAIL_ON_PAPER", 5)
    document = pdf.render(capa())
    assert "The trail has 12 entries. The first 5 are set here" in read(document)
    inside = json.loads(PdfReader(io.BytesIO(document)).attachments["record.json"][0])
    assert len(inside["audit_trail"]) == 12

"""The letter to the agency: written here, signed by hand, kept as it came back (URS-CRT-01, 21 CFR 11.100(c)(1))."""

from __future__ import annotations

import io
from hashlib import sha256
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pypdf import PdfReader

from indelible.exports.letter import letter
from indelible.kernel.signatures import certificates, queries
from tests import people
from tests.api.calling import Caller
from tests.api.test_records import sent
from tests.conftest import Database
from tests.people import ANA, INES, PETRA, RAJ, SAM, UMA
from tests.web.conftest import signed_in

pytestmark = pytest.mark.urs("URS-CRT-01")
SCAN = b"\x89PNG\r\n\x1a\n a scanned letter with ink on it"
RECEIPT = b"%PDF-1.7 courier receipt"


def on_file() -> int:
    """The certification of the test company."""
    found = queries.certifications().first()
    assert found is not None
    return int(found.pk)


def kept(kind: str = "letter", content: bytes = SCAN, **over: Any) -> Any:
    given = {"name": "letter.png", "content": io.BytesIO(content), **over}
    actor = given.pop("actor", None) or people.signed_in(UMA)
    number = given.pop("number", 0) or on_file()
    return certificates.keep_file(actor, number, kind, **given)


def test_what_is_no_paper_or_not_theirs_is_not_kept(stocked: Database, refused: Any) -> None:
    uma, ana, number = people.signed_in(UMA), people.signed_in(ANA), on_file()
    with refused("not_authorised"):
        kept(actor=ana, number=number)
    for kind, content in (("letter", b"Signed electronically by Ada Keller"), ("photo", SCAN)):
        with refused("certification_file_wrong"):
            kept(kind, content, actor=uma, number=number)
    with refused("certification_unknown"):
        kept(actor=uma, number=2**70)
    with refused("file_empty"):
        kept(content=b"", actor=uma, number=number)
    kept(actor=uma, number=number)
    with refused("certification_file_wrong"):
        kept(actor=uma, number=number)


def test_it_is_handed_out_byte_for_byte_and_a_damaged_one_is_not(stocked: Database, refused: Any) -> None:
    made = kept()
    ines, ana = people.signed_in(INES), people.signed_in(ANA)
    found, original = certificates.open_file(ines, made.pk)
    with original.content as content:
        assert content.read() == SCAN and found.blob_id == sha256(SCAN).hexdigest()
    with refused("not_authorised"):
        certificates.open_file(ana, made.pk)
    with refused("certification_unknown"):
        certificates.open_file(ines, made.pk + 1)


def test_the_letter_names_the_company_and_leaves_room_for_the_hand(stocked: Database, refused: Any) -> None:
    handed = letter(people.signed_in(PETRA), "ACME")
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(handed.content)).pages)
    plain = " ".join(text.replace("\u2068", "").replace("\u2069", "").split())
    assert "Acme Sterile Products Ltd intends that all electronic signatures" in plain
    assert "Basel plant (BSL)" in plain and "Handwritten signature" in plain and "11.100(c)" in plain
    told = stocked.rows("select detail ->> 'sha256' from audit.act where action = 'certification.letter'")
    assert told == [(handed.digest,)]
    petra, raj = people.signed_in(PETRA), people.signed_in(RAJ)
    with refused("letter_unknown"):
        letter(petra, "NOBODY")
    with refused("not_authorised"):
        letter(raj, "ACME")


def test_by_pages(stocked: Database) -> None:
    uma, here = signed_in(UMA), "/certifications"
    assert "no copy of the letter yet" in uma.text(uma.get(here))
    paper = uma.get("/certifications/letter?legal_entity=ACME")
    assert paper.status_code == 200 and paper.content.startswith(b"%PDF-")
    assert uma.get("/certifications/letter?legal_entity=NOBODY").status_code == 404
    place = f"/certifications/{on_file()}/files"
    none = uma.post(place, {"kind": "letter"}, page=here)
    assert none.status_code == 422 and "Choose a file first" in uma.text(none)
    scan = SimpleUploadedFile("signed letter.png", SCAN)
    assert uma.post(place, {"kind": "letter", "file": scan}, page=here).status_code == 302
    page = uma.text(uma.get(here))
    assert "signed letter.png" in page and "no copy of the letter yet" not in page
    at = f"/certifications/files/{queries.certifications()[0].files.get().pk}"
    answer = signed_in(INES).get(at)
    assert b"".join(answer.streaming_content) == SCAN and "sandbox" in answer["Content-Security-Policy"]
    assert signed_in(RAJ).get(at).status_code == 403
    assert at not in signed_in(RAJ).text(signed_in(RAJ).get(here))


def test_over_the_interface(stocked: Database) -> None:
    sam = Caller(SAM)
    made = sent(sam, f"/certifications/{on_file()}/files", "receipt.pdf", RECEIPT, kind="receipt")
    assert made.status == 201 and made.body["sha256"] == sha256(RECEIPT).hexdigest(), made
    assert Caller(INES).get(f"/certifications/files/{made.body['id']}").content == RECEIPT
    (listed,) = sam.get("/certifications").body["items"]
    assert [one["name"] for one in listed["files"]] == ["receipt.pdf"]
    assert sam.get("/certifications/letter?legal_entity=ACME").content.startswith(b"%PDF-")
    assert sam.get("/certifications/letter?legal_entity=NOBODY").is_problem(404, "URS-CRT-01")

"""A signature by hand on a paper: kept with its record, labelled as what it is, and never an electronic one (URS-LNK-05)."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pypdf import PdfReader

from indelible.exports import actions as exports
from indelible.kernel.audit.queries import clock
from indelible.kernel.records.types import Handwritten
from indelible.kernel.signatures import queries as signatures
from indelible.kernel.signatures.types import Components
from indelible.kernel.workflow import actions as workflow
from indelible.kernel.workflow.queries import record_document
from tests.api.calling import Caller
from tests.api.deviations import FIRST
from tests.api.test_records import upload
from tests.conftest import Database
from tests.people import ANA, OMAR, shown, signed_in
from tests.web.conftest import signed_in as visitor
from tests.workflow.carrying import Hand

pytestmark = pytest.mark.urs("URS-LNK-05")
INK = b"\x89PNG\r\n\x1a\n a page with ink on it"
LABEL = Handwritten(signer="Dr. Ada Keller", signed_on=date(2026, 3, 4), original="binder Q-3, page 12")


def attached(actor: Any, number: str, label: Handwritten | None = LABEL, content: bytes = INK) -> Any:
    return workflow.attach_file(
        actor, number, name="page 12.png", content=io.BytesIO(content), handwritten=label
    )


def test_without_signer_day_or_place_it_is_not_labelled(stocked: Database, refused: Any) -> None:
    hand = Hand(ANA)
    number = hand.create("deviation", FIRST).number
    later = (clock() + timedelta(days=3)).date()
    for faulty in (
        Handwritten(signer="", signed_on=LABEL.signed_on, original=LABEL.original),
        Handwritten(signer=LABEL.signer, signed_on=later, original=LABEL.original),
        Handwritten(signer=LABEL.signer, signed_on=date.min, original=LABEL.original),
        Handwritten(signer=LABEL.signer, signed_on=LABEL.signed_on, original=" "),
    ):
        with refused("handwritten_incomplete"):
            attached(hand.actor, number, faulty)


def test_it_is_labelled_wherever_the_record_is_read_and_lies_in_what_is_signed(stocked: Database) -> None:
    hand = Hand(ANA)
    number = hand.create("deviation", FIRST).number
    made = attached(hand.actor, number)
    (told,) = record_document(hand.actor, number)["attachments"]
    assert told["handwritten"] == {**LABEL.document(), "reused": False}
    page = visitor(ANA).text(visitor(ANA).get(f"/records/{number}"))
    assert "handwritten signature" in page and "binder Q-3, page 12" in page
    copy = exports.copy_record(hand.actor, number, "pdf")
    text = " ".join(one.extract_text() for one in PdfReader(io.BytesIO(copy.content)).pages)
    assert "handwritten signature of Dr. Ada Keller" in " ".join(text.split())
    shown(hand.actor, number)
    workflow.take_step(hand.actor, number, "report", revision=2, signature=hand.components)
    (signed,) = signatures.signatures_of(made.record)
    assert made.blob_id.encode() in bytes(signed.manifest) and signed.user_id == "ana"


def test_a_picture_or_a_typed_name_signs_nothing(stocked: Database, refused: Any) -> None:
    hand = Hand(ANA)
    number = hand.create("deviation", FIRST).number
    attached(hand.actor, number)
    shown(hand.actor, number)
    for pasted in (
        None,
        Components("ana"),
        Components("Ana Alvarez"),
        Components(None, meaning="Ana Alvarez"),
    ):
        rule = "meaning_differs" if pasted and pasted.meaning else "components_first"
        with refused(rule):
            workflow.take_step(hand.actor, number, "report", revision=2, signature=pasted)
    assert record_document(hand.actor, number)["signatures"] == []


def test_the_same_picture_elsewhere_is_flagged_at_both(stocked: Database) -> None:
    ana, omar = Hand(ANA), Hand(OMAR)
    first, second = ana.create("deviation", FIRST).number, omar.create("deviation", FIRST).number
    attached(ana.actor, first)
    assert not record_document(ana.actor, first)["attachments"][0]["handwritten"]["reused"]
    attached(omar.actor, second, None)  # as a plain file, too
    assert record_document(ana.actor, first)["attachments"][0]["handwritten"]["reused"]
    third = omar.create("deviation", FIRST).number
    attached(omar.actor, third)
    for number in (first, third):
        assert record_document(signed_in(ANA), number)["attachments"][0]["handwritten"]["reused"]
    page = visitor(ANA).text(visitor(ANA).get(f"/records/{first}"))
    assert "the same picture stands in another record" in page


def test_by_page_and_interface(stocked: Database) -> None:
    caller, ana = Caller(ANA), visitor(ANA)
    number = Hand(ANA).create("deviation", FIRST).number
    half = upload(caller, number, "page.png", INK, handwritten_by="Dr. Ada Keller")
    assert half.is_problem(422, "URS-LNK-05") and set(half.body["fields"]) == {
        "handwritten_on",
        "handwritten_original",
    }
    label = {
        "handwritten_by": "Dr. Ada Keller",
        "handwritten_on": "2026-03-04",
        "handwritten_original": "binder Q-3",
    }
    made = upload(caller, number, "page.png", INK, **label)
    assert made.status == 201 and made.body["attachments"][0]["handwritten"]["signer"] == "Dr. Ada Keller"
    at = f"/records/{number}"
    lacking = ana.post(
        f"{at}/attachments",
        {**label, "handwritten_on": "soon", "file": SimpleUploadedFile("two.png", INK + b"2")},
        page=at,
    )
    assert lacking.status_code == 422 and 'value="Dr. Ada Keller"' in ana.text(lacking)
    done = ana.post(
        f"{at}/attachments", {**label, "file": SimpleUploadedFile("two.png", INK + b"2")}, page=at
    )
    assert done.status_code == 302


def test_a_label_that_was_forgotten_is_given_later(stocked: Database) -> None:
    """The same bytes once more, now labelled: the next version of the file, and both stay."""
    ana = Hand(ANA)
    number = ana.create("deviation", FIRST).number
    plain = attached(ana.actor, number, None)
    labelled = attached(ana.actor, number)
    assert plain.pk != labelled.pk and labelled.version == 2 and labelled.handwritten
    assert attached(ana.actor, number, None).pk == labelled.pk, "no label given takes none away"
    shown = record_document(ana.actor, number)["attachments"]
    assert [bool(one["handwritten"]) for one in shown] == [False, True]
    assert not shown[1]["handwritten"]["reused"], "it lies in one place only"
    workflow.attach_file(ana.actor, number, name="another name.png", content=io.BytesIO(INK))
    assert record_document(ana.actor, number)["attachments"][1]["handwritten"]["reused"]

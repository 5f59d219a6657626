"""Twenty random processes, each one file, through page and API to their end, right and wrong, and out as PDF and JSON."""

from __future__ import annotations

import io
import json
import random
import re
import unicodedata
from hashlib import sha256
from typing import Any

import pytest
from pypdf import PdfReader

from tests import people
from tests.api.calling import Answer, Caller
from tests.conftest import Database
from tests.doors.conftest import SEEDS
from tests.doors.hands import PageHand
from tests.doors.walking import Walk, in_words, taken
from tests.processes.generator import generated


@pytest.mark.urs(
    "URS-OPS-01", "URS-OPS-02", "URS-SMS-01", "URS-SIG-02", "URS-AUT-02", "URS-CPY-01", "URS-CPY-02"
)
@pytest.mark.parametrize("door", ["page", "api"])
@pytest.mark.parametrize("seed", [pytest.param(s, marks=[pytest.mark.slow] if s > 1 else []) for s in SEEDS])
def test_a_random_process_goes_through_the_door(stocked: Database, seed: int, door: str) -> None:
    process = generated(seed)
    walk = Walk(door, process, stocked, random.Random(f"{seed} {door}"))
    linked = walk.owner.link(walk.number, "about", walk.other, "the same balance")
    assert linked.done, linked
    walk.to_the_end()
    assert walk.now.state == "ended"
    assert walk.tried >= 2 * len(process.route)  # and one for each stage that is filled
    _lists_show_it(walk)
    if isinstance(walk.owner, PageHand):
        _page_shows_it(walk, walk.owner)
    _copies_carry_it(walk)


def _lists_show_it(walk: Walk) -> None:
    listed, code = walk.owner.listed, walk.process.code
    assert walk.number in listed(code, state="ended", owner="dora")
    assert walk.number in listed(code, q=walk.number)
    assert walk.other in (found := listed(code, q="First")) and walk.number not in found
    assert walk.other not in listed(code, state="ended") and walk.other in listed(code)
    assert walk.number not in listed(code, owner="raj")
    assert walk.number not in listed(code, state=walk.process.route[0].state)


def _page_shows_it(walk: Walk, hand: PageHand) -> None:
    page = hand.page(walk.number)
    for name, meaning in walk.signers:
        assert name in page and meaning in page
    assert walk.other in page and "Ended" in page
    for name, declared in walk.fields.items():
        assert declared["label"] in page, name
    trail = hand.visitor.text(hand.visitor.get(f"/records/{walk.number}/audit-trail"))
    assert "filled as the procedure says" in trail


def _copies_carry_it(walk: Walk) -> None:
    """JSON to the letter, the PDF in words; both with every signature."""
    inspector = Caller(people.INES)
    electronic = inspector.get(f"/records/{walk.number}/copy?format=json")
    _is_whole(walk, electronic.body)
    if walk.door == "page":
        _print_carries_it(walk, inspector.get(f"/records/{walk.number}/copy?format=pdf"))


def _print_carries_it(walk: Walk, printed: Answer) -> None:
    reader = PdfReader(io.BytesIO(printed.content))
    _is_whole(walk, json.loads(reader.attachments["record.json"][0]))
    words = _letters("".join(page.extract_text() for page in reader.pages))
    record = walk.now
    for name, declared in walk.fields.items():
        assert _letters(declared["label"]) in words, name
        for said in in_words(declared, record.values[name]):
            assert _is_said(said, words), (name, said)
    for name, meaning in walk.signers:
        assert _letters(name) in words and _letters(meaning) in words
    assert printed.headers["X-Content-SHA256"] == sha256(printed.content).hexdigest()


def _is_whole(walk: Walk, copy: dict[str, Any]) -> None:
    record = walk.now
    assert copy["record"]["fields"] == record.values
    assert copy["record"]["state"] == "ended" and copy["record"]["digest"] == record.digest
    assert [(s["name"], s["meaning"]) for s in copy["signatures"]] == walk.signers
    assert {s["standing"] for s in copy["signatures"]} == {"stands"}
    assert copy["revisions"][-1]["fields"] == record.values
    assert copy["record"]["links"][0]["number"] == walk.other


def _letters(text: str) -> str:
    """The text without what a line's end, a direction mark or a ligature does to it."""
    kept = unicodedata.normalize("NFKC", text)
    return re.sub(r"[\s\u00ad\u200b-\u200f\u202a-\u202e\u2066-\u2069]", "", kept)


def _is_said(said: str, words: str) -> bool:
    """Whether the words hold it; where an extractor turns or recombines letters, whether they hold its letters."""
    if any(
        unicodedata.bidirectional(c) in ("R", "AL") or "DEVANAGARI" in unicodedata.name(c, "") for c in said
    ):
        return set(_letters(said)) <= set(words)
    return _letters(said) in words


@pytest.mark.slow
def test_every_wrong_turn_was_taken_at_both_doors() -> None:
    """Runs after the processes: a random choice that never chose would prove nothing."""
    codes = {
        "wrong_value",
        "field_missing",
        "file_empty",
        "stale_revision",
        "not_allowed",
        "out_of_sequence",
        "own_work",
        "components_first",
        "components_later",
        "signing_failed",
    }
    assert {(door, code) for door in ("page", "api") for code in codes} <= taken

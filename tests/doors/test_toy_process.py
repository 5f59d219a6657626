"""A third process, one YAML file and no code: it has a form, a list, an API, limits, signatures and copies like the shipped ones."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import yaml
from pypdf import PdfReader

from indelible.kernel.records.models import Record
from tests.api.calling import Caller
from tests.conftest import Database
from tests.doors.conftest import TOY
from tests.doors.hands import ApiHand, Hand, PageHand
from tests.doors.refusing import refused
from tests.people import INES, OMAR, VIC

FIELDS: dict[str, Any] = yaml.safe_load(TOY.read_text())["fields"]
WEIGHED: dict[str, Any] = {
    "balance": "B-17",
    "notes": "Door of the balance closed.\nNo draught.",
    "mass": {"value": "9.90", "unit": "mg"},
    "weighed_on": "2025-06-03",
    "read_at": "2025-06-03T10:15:00+02:00",
    "warm_up": 2,
    "scale": "fine",
    "checks": ["level", "clean"],
    "second_person": "raj",
    "room": {"humidity": {"value": "41", "unit": "%"}, "remark": "dry"},
    "readings": [
        {"value": {"value": "9.90", "unit": "mg"}, "owner": "omar"},
        {"value": {"value": "9.91", "unit": "mg"}, "owner": "raj"},
    ],
}
HANDS = {"page": PageHand, "api": ApiHand}


@pytest.mark.urs("URS-SMS-01", "URS-OPS-05", "URS-OPS-01", "URS-CPY-01")
@pytest.mark.parametrize("door", HANDS)
def test_the_toy_process_works_at_every_door(stocked: Database, door: str) -> None:
    omar, vic = HANDS[door](OMAR, FIELDS), HANDS[door](VIC, FIELDS)
    ines: Hand = HANDS[door](INES, FIELDS)
    if door == "api":
        refused(stocked, {"not_allowed"}, ines.create, "weighing", WEIGHED)
    heavy = {**WEIGHED, "mass": {"value": "501", "unit": "mg"}}
    refused(stocked, {"wrong_value"}, omar.create, "weighing", heavy)
    number = omar.create("weighing", WEIGHED).number
    record = Record.objects.get(number=number)
    assert record.values == WEIGHED and number.startswith("WGH-")
    refused(stocked, {"not_allowed"}, vic.step, number, "finish", password=VIC.password)
    refused(stocked, {"out_of_sequence"}, vic.step, number, "accept", password=VIC.password)
    assert omar.step(number, "finish", password=OMAR.password).done
    refused(stocked, {"signing_failed"}, vic.step, number, "accept", password=OMAR.password)
    assert vic.step(number, "accept", password=VIC.password).done
    assert number in omar.listed("weighing", state="accepted", owner="omar")
    assert number not in omar.listed("weighing", state="open")
    _copied(number)


@pytest.mark.urs("URS-OPS-05")
@pytest.mark.parametrize("door", HANDS)
def test_a_value_beyond_its_limits_is_kept_flagged_and_followed(stocked: Database, door: str) -> None:
    omar = HANDS[door](OMAR, FIELDS)
    light = {**WEIGHED, "mass": {"value": "9.10", "unit": "mg"}}
    number = omar.create("weighing", light).number
    assert Record.objects.get(number=number).values["mass"]["value"] == "9.10"
    document = Caller(INES).get(f"/records/{number}").body
    assert document["flags"][0]["field"] == "mass"
    follower = document["links"][0]
    assert follower["process"] == "weighing"
    assert follower["number"] in omar.listed("weighing", state="open")
    if isinstance(omar, PageHand):
        assert "Below the acceptance limit of 9.50 mg" in omar.page(number)


def _copied(number: str) -> None:
    ines = Caller(INES)
    copy = ines.get(f"/records/{number}/copy?format=json").body
    assert copy["record"]["fields"] == WEIGHED
    assert [s["meaning"] for s in copy["signatures"]] == ["Weighed", "Accepted"]
    reader = PdfReader(io.BytesIO(ines.get(f"/records/{number}/copy?format=pdf").content))
    assert json.loads(reader.attachments["record.json"][0])["record"]["fields"] == WEIGHED
    words = "".join("".join(page.extract_text() for page in reader.pages).split())
    for said in ("9.90mg", "03Jun2025", "B-17", "41%", "OmarHaddad", "VicTanaka", "Accepted", "Weighed"):
        assert said in words, said

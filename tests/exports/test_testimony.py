"""The file for testimony about one signature: whole, about its signer alone, without secrets; wrong paths first (URS-CRT-03)."""

from __future__ import annotations

import json
from base64 import b64decode
from hashlib import sha256
from typing import Any

import pytest

from indelible.exports.testimony import file_for_testimony
from indelible.kernel.identity import actions as identity
from indelible.kernel.signatures.models import Signature
from indelible.kernel.signatures.testimony import facts
from indelible.kernel.signatures.types import Components
from indelible.kernel.workflow import actions as workflow
from indelible.kernel.workflow.withdrawal import name_of
from tests import people
from tests.authenticator import SecurityKey
from tests.conftest import Database
from tests.identity.test_one_time import code
from tests.people import ANA, INES, LIN, PETRA, RAJ, SAM, UMA
from tests.signatures.keys import enrolled, submit_by
from tests.signatures.signing import all_of, capa, later, submit

pytestmark = pytest.mark.urs("URS-CRT-03")
WHY = "asked for by the agency on 27 November, letter 4711"


@pytest.fixture
def signed(stocked: Database) -> Signature:
    """A CAPA of Ana's, which she signed by her passkey; she has a one-time code, too."""
    key = SecurityKey()
    enrolled(ANA, key)
    ana = people.signed_in(ANA)
    handle, secret, _ = identity.ask_code_enrolment(ana)
    identity.enrol_code(ana, handle, password=ANA.password, code=code(secret, -1))
    record = capa(ana)
    return submit_by(ana, record, key, typed="ana")


def made(signed: Signature, by: Any = UMA) -> tuple[dict[str, Any], Any]:
    handed = file_for_testimony(people.signed_in(by), signed.record.number, signed.pk, reason=WHY)
    return json.loads(handed.content), handed


def test_without_right_reason_or_signature_nothing_leaves(signed: Signature, refused: Any) -> None:
    number = signed.record.number
    for actor in (people.signed_in(ANA), people.signed_in(RAJ)):
        with refused("not_authorised", urs="URS-AUT-01"):
            file_for_testimony(actor, number, signed.pk, reason=WHY)
    uma, lin = people.signed_in(UMA), people.signed_in(LIN)
    with refused("reason_missing"):
        file_for_testimony(uma, number, signed.pk, reason=" ")
    for unknown in (0, 999, 2**63):
        with refused("not_there"):
            file_for_testimony(uma, number, unknown, reason=WHY)
    with refused("not_there"):
        file_for_testimony(lin, number, signed.pk, reason=WHY)


def test_it_holds_what_is_needed_and_stands_in_the_trail(signed: Signature, stocked: Database) -> None:
    identity.deactivate_person(people.signed_in(UMA), "ana", reason="left the company today")
    told, handed = made(signed)
    assert sha256(b64decode(told["signature"]["manifest"])).hexdigest() == told["signature"]["digest"]
    assert told["binding"] == {"holds": True, "differences": []}
    assert told["evidence"]["by"].startswith("passkey ") and told["evidence"]["proof"]
    signer = told["signer"]
    assert (signer["user_id"], signer["status"]) == ("ana", "inactive")
    kinds = [one["kind"] for one in signer["verifications"]]
    assert kinds[0] == "verified" and kinds[-1] == "ended"
    [key] = signer["passkeys"]
    assert key["confirmed_by"] and key["ended_at"] and key["public_key"]
    assert signer["one_time_codes"] and signer["credentials"][-1]["ended_at"]
    assert (
        told["accountability"][0]["components"] and told["certifications"][0]["legal_entity__code"] == "ACME"
    )
    assert [one["action"] for one in told["events"] if one["action"] == "record.step"] == ["record.step"]
    assert told["software"].startswith("indelible ")
    row = stocked.rows(
        "select user_id, object, record, reason from audit.act where action = 'signature.testimony' order by id"
    )
    digest = sha256(handed.content).hexdigest()
    assert row == [("uma", f"testimony, SHA-256 {digest}", signed.record.number, WHY)]


def test_no_secret_and_nobody_elses_data_is_in_it(signed: Signature, stocked: Database) -> None:
    _, handed = made(signed, INES)
    said = handed.content.decode()
    kept = [
        *stocked.rows("select secret from identity_credential"),
        *stocked.rows("select secret from identity_one_time_code"),
        *stocked.rows("select token_digest from identity_session"),
    ]
    assert len(kept) > 10 and not [one for (one,) in kept if one in said]
    for other in (PETRA, RAJ, LIN):
        assert other.name not in said


def test_a_bond_that_does_not_hold_is_said(signed: Signature, stocked: Database) -> None:
    stocked.superuser("alter table signatures_signature disable trigger user")
    stocked.superuser(f"update signatures_signature set name = 'Somebody Else' where id = {signed.pk}")
    told = facts(Signature.objects.get(pk=signed.pk))
    assert told["binding"]["holds"] is False and told["binding"]["differences"]


def test_what_the_signer_did_about_others_is_not_in_it(stocked: Database) -> None:
    petra = people.signed_in(PETRA)
    identity.open_class(petra, "omar", "HR", reason="Omar Haddad answers for the health file of Mr X")
    record = capa(petra)
    people.shown(petra, record.number)
    workflow.take_step(
        petra, record.number, "submit", revision=1, signature=Components("petra", PETRA.password)
    )
    _, handed = made(Signature.objects.get(record=record))
    said = handed.content.decode()
    assert "Mr X" not in said and "omar" not in said
    assert '"session.begin"' in said, "when and how she signed in is about her"


def test_who_moved_to_another_company_signed_for_the_former_one(stocked: Database) -> None:
    ana, sam = people.signed_in(ANA), people.signed_in(SAM)
    record = capa(ana)
    signed = submit(ana, record, all_of(ANA))
    identity.create_legal_entity(sam, "BETA", "Beta Biologics Ltd")
    identity.create_site(sam, "BET", "Beta plant", zone="Europe/Zurich", legal_entity="BETA")
    identity.change_person(sam, "ana", site="BET", reason="moves to the new plant")
    told, _ = made(signed)
    assert [one["legal_entity__code"] for one in told["certifications"]] == ["ACME"]


def test_a_withdrawal_is_told(stocked: Database) -> None:
    ana = people.signed_in(ANA)
    record = capa(ana)
    signed = submit(ana, record, all_of(ANA))
    assert made(signed)[0]["withdrawn_by"] is None
    people.shown(ana, record.number)
    workflow.take_step(
        ana,
        record.number,
        name_of(signed),
        revision=1,
        reason="the wrong vial",
        signature=later(ANA, meaning=None),
    )
    assert made(signed)[0]["withdrawn_by"]["id"] == Signature.objects.latest("id").pk

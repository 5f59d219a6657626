"""Signing with a passkey: the device answers for the manifest's digest and nothing else (URS-SIG-01 to -08, URS-LNK-01)."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from fido2.utils import websafe_decode

from indelible.kernel.identity import actions as identity
from indelible.kernel.signatures import acceptances, manifest, queries
from indelible.kernel.signatures.models import Period, Signature
from indelible.kernel.workflow import actions
from indelible.kernel.workflow.signing import take_put_step
from tests import people
from tests.authenticator import SecurityKey
from tests.conftest import Database
from tests.identity.test_one_time import code
from tests.identity.test_one_time import enrolled as enrolled_code
from tests.people import ANA, PETRA, UMA
from tests.signatures.keys import enrolled, put, signed_in_by, submit_by
from tests.signatures.signing import all_of, capa, later, submit

COUNTED = ("identity_lockout",)


@pytest.fixture
def key(stocked: Database) -> SecurityKey:
    made = SecurityKey()
    enrolled(ANA, made)
    return made


@pytest.mark.urs("URS-SIG-01", "URS-SIG-02", "URS-SIG-03", "URS-LNK-01", "URS-UNQ-04")
def test_what_the_device_signs_is_the_manifest(stocked: Database, refused: Any, key: SecurityKey) -> None:
    ana = signed_in_by(key)
    record, second = capa(ana), capa(ana, title="Vial 8 underweight")
    with refused("components_first"):  # a sign-in by the same key was no signing
        put(ana, record, typed=None)
    signed = submit_by(ana, record, key, typed="ana")
    assert signed.components == "user_id,passkey"
    proof = signed.evidence["proof"]
    client = json.loads(websafe_decode(proof["client_data"]))
    assert websafe_decode(client["challenge"]) == sha256(bytes(signed.manifest)).digest()
    assert manifest.read(bytes(signed.manifest))["components"] == ["user_id", "passkey"]
    assert signed.evidence["by"].startswith("passkey ")
    assert queries.verify_signature(signed) == []
    afterwards = submit_by(ana, second, key, typed=None)
    assert (afterwards.components, afterwards.position) == ("passkey", 2)
    third = capa(ana, title="Vial 9 underweight")
    with refused("weaker_than_sign_in", urs="URS-SIG-02"):
        submit(ana, third, later(ANA))


@pytest.mark.urs("URS-SIG-02")
def test_a_password_alone_never_signs_where_somebody_came_in_by_more(
    stocked: Database, refused: Any, key: SecurityKey
) -> None:
    ana = signed_in_by(key)
    record = capa(ana)
    with refused("weaker_than_sign_in", urs="URS-SIG-02") as caught:
        submit(ana, record, all_of(ANA))
    assert "sign out and come in with your password" in caught.value.detail
    with refused("weaker_than_sign_in"):
        acceptances.accept(ana, all_of(ANA), version=1)
    secret = enrolled_code()
    ana = signed_in_by(key)
    with refused("components_first"):
        submit(ana, record, all_of(ANA))
    signed = submit(ana, record, replace(all_of(ANA), otp=code(secret, 1)))
    assert signed.components == "user_id,password,otp"
    second = capa(ana, title="Vial 8 underweight")
    with refused("weaker_than_sign_in") as caught:
        submit(ana, second, later(ANA))
    assert "one-time code" in caught.value.detail
    assert submit_by(ana, second, key, typed=None).components == "passkey"


@pytest.mark.urs("URS-SIG-01", "URS-SIG-03")
def test_who_came_in_with_a_password_signs_by_either(stocked: Database, key: SecurityKey) -> None:
    ana = people.signed_in(ANA)
    first = submit_by(ana, capa(ana), key, typed="ana")
    second = submit(ana, capa(ana, title="Vial 9 underweight"), later(ANA))
    assert (second.components, second.position, second.period_id) == ("password", 2, first.period_id)


@pytest.mark.urs("URS-SIG-05", "URS-SIG-07", "URS-SIG-08")
def test_an_answer_for_anything_else_signs_nothing(stocked: Database, refused: Any, key: SecurityKey) -> None:
    ana, elsewhere, petra = people.signed_in(ANA), people.signed_in(ANA), people.signed_in(PETRA)
    hers = SecurityKey()
    enrolled(PETRA, hers)
    record, other = capa(ana), capa(ana, title="Vial 8 underweight")
    first, second = put(ana, record, typed="ana"), put(ana, other, typed="ana")
    with refused("challenge_over"):
        take_put_step(elsewhere, first.handle, passkey=key.get(first.options))
    with refused("challenge_over"):
        take_put_step(petra, first.handle, passkey=key.get(first.options))
    with refused("signing_failed", ignoring=COUNTED):  # the answer that was given for another record
        take_put_step(ana, first.handle, passkey=key.get(second.options))
    with refused("challenge_over"):  # and once is once
        take_put_step(ana, first.handle, passkey=key.get(first.options))
    first = put(ana, record, typed="ana")
    with refused("signing_failed", ignoring=COUNTED):
        take_put_step(ana, first.handle, passkey=hers.get(first.options))
    first = put(ana, record, typed="ana")
    with refused("signing_failed", ignoring=COUNTED):
        take_put_step(ana, first.handle)
    first = put(ana, record, typed="petra")
    with refused("signing_failed", ignoring=COUNTED):
        take_put_step(ana, first.handle, passkey=key.get(first.options))
    assert Signature.objects.count() == 0 and Period.objects.count() == 0


@pytest.mark.urs("URS-SIG-05", "URS-LNK-01")
def test_a_record_changed_while_the_device_was_asked_is_not_signed(
    stocked: Database, refused: Any, key: SecurityKey
) -> None:
    ana = people.signed_in(ANA)
    record = capa(ana)
    asked = put(ana, record, typed="ana")
    actions.edit_record(ana, record.number, {"title": "Vial 70"}, revision=1, reason="typed the wrong vial")
    with refused("stale_revision"):
        take_put_step(ana, asked.handle, passkey=key.get(asked.options))
    record.refresh_from_db()
    asked = put(ana, record, typed="ana")
    identity.change_person(
        people.signed_in(people.SAM), "ana", zone="Asia/Tokyo", reason="moved to Tokyo in May"
    )
    with refused("changed_meanwhile"):  # nor as another than was shown: her zone stands in what is signed
        take_put_step(ana, asked.handle, passkey=key.get(asked.options))


@pytest.mark.urs("URS-SIG-04", "URS-SIG-06")
def test_a_new_credential_ends_the_period_and_an_unconfirmed_one_signs_nothing(
    stocked: Database, refused: Any
) -> None:
    ana, uma, key = people.signed_in(ANA), people.signed_in(UMA), SecurityKey()
    made = enrolled(ANA, key, confirmed=False)
    signed = submit(ana, capa(ana), all_of(ANA))
    asked = put(ana, capa(ana), typed="ana")
    with refused("signing_failed", ignoring=COUNTED):
        take_put_step(ana, asked.handle, passkey=key.get(asked.options))
    identity.confirm_passkey(uma, "ana", made.pk)
    record = capa(ana)
    with refused("components_first"):
        submit(ana, record, later(ANA))
    again = submit_by(ana, record, key, typed="ana")
    assert again.period_id != signed.period_id
    assert Period.objects.get(pk=signed.period_id).ended_cause == "credentials changed"


@pytest.mark.urs("URS-CRD-06")
def test_an_untested_key_is_told_so_and_a_copied_one_ends(
    stocked: Database, refused: Any, key: SecurityKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = people.signed_in(ANA)
    record = capa(ana)
    asked = put(ana, record, typed="ana")
    with monkeypatch.context() as later_on:
        later_on.setattr(
            "indelible.kernel.identity.passkeys.TESTED_FOR", people.date.resolution - people.date.resolution
        )
        with refused("signing_failed") as caught:
            take_put_step(ana, asked.handle, passkey=key.get(asked.options))
    assert "not tested for a year" in caught.value.detail
    asked = put(ana, record, typed="ana")
    twin = SecurityKey(id=key.id, key=key.key, count=0)
    with refused("signing_failed", ignoring=(*COUNTED, "identity_passkey")):
        take_put_step(ana, asked.handle, passkey=twin.get(asked.options))
    with refused("signing_failed", ignoring=COUNTED):
        asked = put(ana, record, typed="ana")
        take_put_step(ana, asked.handle, passkey=key.get(asked.options))


@pytest.mark.urs("URS-LNK-01", "URS-LNK-03")
@pytest.mark.parametrize(
    ("sql", "part"),
    [
        ("update signatures_signature set evidence = jsonb_set(evidence, '{proof,signature}', '\"AAAA\"')", "passkey"),
        ("update signatures_signature set evidence = evidence - 'proof'", "passkey"),
        ("update signatures_signature set evidence = jsonb_set(evidence, '{by}', '\"passkey 99\"')", "passkey"),
        ("update identity_passkey set public_key = 'pQECAyYgASFYIA'", "passkey"),
        ("update signatures_signature set components = 'user_id,password'", "components"),
    ],
)  # fmt: skip
def test_the_answer_is_judged_again_each_time_and_not_believed(
    stocked: Database, key: SecurityKey, sql: str, part: str
) -> None:
    ana = people.signed_in(ANA)
    signed = submit_by(ana, capa(ana), key, typed="ana")
    stocked.superuser("alter table signatures_signature disable trigger user")
    stocked.superuser("alter table identity_passkey disable trigger user")
    stocked.superuser(sql)
    assert part in {one.part for one in queries.verify_signature(Signature.objects.get(pk=signed.pk))}


@pytest.mark.urs("URS-SIG-08")
def test_a_machines_door_puts_nothing_before_a_signer(
    stocked: Database, refused: Any, key: SecurityKey
) -> None:
    ana = people.signed_in(ANA, channel="api")
    record = capa(ana)
    with refused("door_closed"):
        put(ana, record, typed="ana")

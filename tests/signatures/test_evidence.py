"""What is kept beside a signature names what its signer had, not what was there for others (URS-CRT-03, URS-CRD-04)."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import pytest

from indelible.kernel.audit.queries import clock
from indelible.kernel.identity.models import Credential, OneTimeCode
from indelible.kernel.identity.types import Proven
from indelible.kernel.signatures import accountability, proving, queries
from indelible.kernel.signatures.models import Acceptance
from indelible.kernel.signatures.testimony import facts
from indelible.kernel.signatures.types import Components
from tests import people
from tests.conftest import Database
from tests.identity.test_one_time import code, enrolled
from tests.people import ANA, PETRA
from tests.signatures.signing import MEANING, all_of, capa, submit

NEWER = "I answer for what is done under my electronic signature, in the words of the new lawyers of this company."


@pytest.mark.urs("URS-CRT-03", "URS-POL-02")
def test_during_a_grace_the_evidence_names_the_statement_that_was_accepted(stocked: Database) -> None:
    ana = people.signed_in(ANA)
    accepted = Acceptance.objects.filter(person__user_id="ana").latest("id")
    accountability.publish(people.signed_in(PETRA), NEWER, grace_days=30, reason="new lawyers, new words")
    signed = submit(ana, capa(ana), all_of(ANA))
    assert signed.evidence is not None
    assert (
        signed.evidence["statement"] == accepted.digest == sha256(accountability.SHIPPED.encode()).hexdigest()
    )
    assert signed.evidence["statement_in_force"] == sha256(NEWER.encode()).hexdigest()
    assert signed.evidence["accountability"] == {"act": str(accepted.act), "version": "1"}
    told = facts(signed)
    [row] = [one for one in told["accountability"] if one["digest"] == told["evidence"]["statement"]]
    assert str(row["act"]) == told["evidence"]["accountability"]["act"]
    assert told["binding"] == {"holds": True, "differences": []}


@pytest.mark.urs("URS-CRT-03", "URS-CRD-04")
def test_what_was_signed_with_a_code_names_password_and_authenticator(stocked: Database) -> None:
    since = clock() - timedelta(days=1)
    ana, petra = people.signed_in(ANA), people.signed_in(PETRA)
    plain = submit(ana, capa(ana), all_of(ANA))
    secret = enrolled()
    authenticator = OneTimeCode.objects.get(person__user_id="ana")
    password = Credential.objects.get(person__user_id="ana", ended_at=None)
    record = capa(ana, title="Vial 8 underweight")
    signed = submit(ana, record, Components("ana", ANA.password, code(secret), MEANING))
    assert (plain.evidence or {})["by"] == f"password {password.pk}"
    assert (signed.evidence or {})["by"] == f"password {password.pk}, one-time code {authenticator.pk}"
    assert queries.signed_with(petra, f"one-time code {authenticator.pk}", since) == [signed]
    assert queries.signed_with(petra, f"password {password.pk}", since) == [plain, signed]
    for other in (
        f"one-time code {authenticator.pk}0",
        f"one-time code 9{authenticator.pk}",
        "code 1",
        "password",
    ):
        assert queries.signed_with(petra, other, since) == [], other
    assert queries.signed_with(petra, f"one-time code {authenticator.pk}", clock()) == []
    told = facts(signed)
    assert [one["id"] for one in told["signer"]["one_time_codes"]] == [authenticator.pk]
    assert password.pk in [one["id"] for one in told["signer"]["credentials"]]


@pytest.mark.urs("URS-CRT-03", "URS-LNK-03")
def test_what_was_signed_before_rows_were_named_goes_on_to_hold(
    stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, petra = people.signed_in(ANA), people.signed_in(PETRA)
    with monkeypatch.context() as before:  # as releases before this one wrote it
        before.setattr(proving, "Proven", lambda by, *known: Proven("password", *known))
        old = submit(ana, capa(ana), all_of(ANA))
    new = submit(ana, capa(ana, title="Vial 8 underweight"), all_of(ANA))
    assert facts(old)["evidence"]["by"] == "password" and facts(old)["binding"]["holds"]
    assert [one["invalid"] for one in queries.documents([old, new])] == [[], []]
    since = clock() - timedelta(days=1)
    assert queries.signed_with(petra, "password", since) == [old]
    assert queries.signed_with(petra, str((new.evidence or {})["by"]), since) == [new]

"""One administrator alone, with every right and the database, tries to sign as the QA approver (issue 4, URS-SIG-06).

Each way either ends in a refusal, or `indelible verify` names what was done. The triggers are off while it is done, and on again.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import passwords
from indelible.kernel.records.queries import get
from indelible.kernel.signatures.models import Signature
from indelible.kernel.signatures.types import Components
from tests import people
from tests.attacks.scene import Scene
from tests.authenticator import SecurityKey
from tests.identity.test_verified import back, reset
from tests.people import PETRA, SAM
from tests.signatures import signing
from tests.signatures.keys import enrolled, submit_by

pytestmark = pytest.mark.urs("URS-SIG-06", "URS-UNQ-02", "URS-LNK-03")
OF_PETRA = "(select id from identity_person where user_id = 'petra')"
OF_SAM = "(select id from identity_person where user_id = 'sam')"
HASH = (
    f"update identity_credential set secret = (select secret from identity_credential where person_id = {OF_SAM}"
    f" and ended_at is null) where person_id = {OF_PETRA} and ended_at is null"
)
MADE = f"update identity_credential set secret = '{{}}' where person_id = {OF_PETRA} and ended_at is null"


def sign_as_petra(password: str) -> None:
    """Signs in as the QA approver with this password, opens a record and signs it."""
    token, _ = identity.sign_in("petra", password, source="192.0.2.10", channel="web", device="Test")
    actor = identity.enter(token, channel="web", source="192.0.2.10", device="Test")
    record = signing.capa(actor)
    signing.submit(actor, record, Components("petra", password, None, signing.MEANING))


def hash_copied(scene: Scene) -> None:
    """Sam's own digest in Petra's row: his id went into it, so it matches nothing there."""
    scene.past_triggers("identity_credential", HASH)
    sign_as_petra(SAM.password)


def hash_made(scene: Scene) -> None:
    """Who has the program makes a digest of Petra's id and a password of their own."""
    scene.past_triggers("identity_credential", MADE.format(passwords.digest(SAM.password, of="petra")))
    sign_as_petra(SAM.password)


def hash_made_and_back(scene: Scene) -> None:
    """Put back as it was, after the signing."""
    ((kept,),) = scene.database.superuser(
        f"select secret from identity_credential where person_id = {OF_PETRA} and ended_at is null"
    )
    hash_made(scene)
    scene.past_triggers("identity_credential", MADE.format(kept))


def identity_confirmed_by_hand(scene: Scene) -> None:
    """The reset, and the confirmation that another should have given, written into the table."""
    reset(SAM, PETRA)
    actor = back(PETRA)
    scene.past_triggers(
        "identity_verification",
        "insert into identity_verification (person_id, kind, method, reference, verified_on, cause, by, at, act) select person_id,"
        f" 'verified', method, reference, verified_on, '', 'uma', now(), act from identity_verification where person_id = {OF_PETRA}"
        " order by id limit 1",
    )
    record = signing.capa(actor)
    signing.submit(actor, record, Components("petra", f"{PETRA.password} again", None, signing.MEANING))


def key_given(scene: Scene) -> None:
    """A passkey that Sam enrolled for himself becomes Petra's."""
    key = SecurityKey()
    enrolled(SAM, key)
    scene.past_triggers(
        "identity_passkey", f"update identity_passkey set person_id = {OF_PETRA} where person_id = {OF_SAM}"
    )
    petra = people.signed_in(PETRA)
    record = signing.capa(petra)
    submit_by(petra, record, key, typed="petra")


def session_given(scene: Scene) -> None:
    """Sam's own session becomes Petra's; what he knows is still his own password."""
    sam = people.signed_in(SAM)
    scene.past_triggers(
        "identity_session",
        f"update identity_session set person_id = {OF_PETRA} where public_id = '{sam.session}'",
    )
    number = scene.signed
    record = get(people.signed_in(PETRA), number)
    signing.submit(sam, record, Components("petra", SAM.password, None, signing.MEANING))


def mailbox_first(scene: Scene) -> None:
    """Petra's mailbox becomes Sam's, so that the notices go to him; then the reset."""
    scene.past_triggers(
        "identity_person", "update identity_person set email = 'sam@x.example' where user_id = 'petra'"
    )
    reset(SAM, PETRA)
    actor = back(PETRA)
    record = signing.capa(actor)
    signing.submit(actor, record, Components("petra", f"{PETRA.password} again", None, signing.MEANING))


@pytest.mark.parametrize(
    ("attack", "named"),
    [
        (hash_copied, "identity_credential"),
        (hash_made, "identity_credential"),
        (hash_made_and_back, ""),
        (identity_confirmed_by_hand, "identity_verification"),
        (key_given, "identity_passkey"),
        (session_given, "identity_session"),
        (mailbox_first, "identity_person"),
    ],
)
def test_no_valid_signature_or_the_verification_exposes_it(
    scene: Scene, attack: Callable[[Scene], None], named: str
) -> None:
    before = Signature.objects.count()
    refusal: Refusal | None = None
    try:
        attack(scene)
    except Refusal as caught:
        refusal = caught
    scene.seal()
    report = scene.examine()
    told = [f"{one.check} {one.object} {one.sentence}" for one in report.findings]
    if refusal is not None:
        assert Signature.objects.count() == before, "a refusal leaves no signature"
    else:
        assert told, "a signature came of it, and nobody would know"
    if attack is hash_copied:
        assert refusal is not None and refusal.rule.code == "sign_in_failed"
    assert not named or any(named in one for one in told), told

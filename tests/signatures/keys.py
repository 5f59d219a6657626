"""Ways in which tests enrol a security key and use it: to sign in, and to sign."""

from __future__ import annotations

from typing import Any

from indelible.kernel.audit.types import Actor
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity.entrances import ask_sign_in
from indelible.kernel.identity.models import Passkey
from indelible.kernel.records.models import Record
from indelible.kernel.signatures.models import Signature
from indelible.kernel.signatures.putting import Asked
from indelible.kernel.signatures.types import Components
from indelible.kernel.workflow.signing import put_step, take_put_step
from tests import people
from tests.authenticator import SecurityKey
from tests.people import UMA, TestPerson, shown
from tests.signatures.signing import MEANING


def enrolled(person: TestPerson, key: SecurityKey, *, confirmed: bool = True) -> Passkey:
    """The key is this person's; and Uma saw that it is, where `confirmed`."""
    actor = people.signed_in(person)
    handle, options = identity.ask_enrolment(actor)
    made = identity.enrol(actor, handle, key.create(options), password=person.password, label="Blue key")
    return identity.confirm_passkey(people.signed_in(UMA), person.user_id, made.pk) if confirmed else made


def in_hand() -> tuple[str, dict[str, Any]]:
    """What the sign-in page asks every device."""
    return ask_sign_in()


def signed_in_by(key: SecurityKey) -> Actor:
    """The actor of a session begun with this key."""
    handle, options = in_hand()
    return identity.sign_in_by_passkey(
        handle, key.get(options), source="192.0.2.10", channel="web", device="Test"
    )[1]


def put(actor: Actor, record: Record, *, typed: str | None, means: Any = "passkey") -> Asked:
    """The first signed step of a CAPA, put before its signer."""
    shown(actor, record.number)
    components = Components(typed, meaning=MEANING, means=means)
    return put_step(actor, record.number, "submit", revision=record.revision, components=components)


def submit_by(actor: Actor, record: Record, key: SecurityKey, *, typed: str | None) -> Signature:
    """Takes that step with the key."""
    asked = put(actor, record, typed=typed)
    take_put_step(actor, asked.handle, passkey=key.get(asked.options))
    return Signature.objects.select_related("record", "revision", "person").filter(record=record).latest("id")

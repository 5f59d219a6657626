"""The test people of the URS, section 1, made through the product's own verbs; who they are stands here once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from indelible.catalogue.publishing import publish_shipped
from indelible.kernel.audit.types import Actor, Channel
from indelible.kernel.identity import actions, queries
from indelible.kernel.identity.types import Newcomer, Place
from indelible.kernel.records import queries as records
from indelible.kernel.records.models import Record
from indelible.kernel.signatures import acceptances, accountability
from indelible.kernel.signatures.actions import record_certification
from indelible.kernel.signatures.readings import mark_read
from indelible.kernel.signatures.types import Components

PLACE: Final = Place(
    legal_entity="ACME",
    organisation="Acme Sterile Products Ltd",
    site="BSL",
    site_name="Basel plant",
    zone="Europe/Zurich",
)
OTHER_SITE: Final = "SIN"


@dataclass(frozen=True)
class TestPerson:
    """One person of the cast; `role` is empty for those who hold none."""

    __test__ = False
    user_id: str
    name: str
    role: str
    site: str = "BSL"

    @property
    def password(self) -> str:
        """A phrase of their own, long enough and not made of their name."""
        return f"seven quiet otters drift by {len(self.name)} {self.user_id[::-1]}"


ANA: Final = TestPerson("ana", "Ana Alvarez", "author")
RAJ: Final = TestPerson("raj", "Raj Ramanathan", "reviewer")
PETRA: Final = TestPerson("petra", "Petra Novak", "qa_approver")
OMAR: Final = TestPerson("omar", "Omar Haddad", "operator")
VIC: Final = TestPerson("vic", "Vic Tanaka", "verifier")
SAM: Final = TestPerson("sam", "Sam Okafor", "system_administrator")
UMA: Final = TestPerson("uma", "Uma Lindqvist", "security_unit")
INES: Final = TestPerson("ines", "Ines Moreau", "inspector")
TOM: Final = TestPerson("tom", "Tom Becker", "")
EVE: Final = TestPerson("eve", "Eve Sorokin", "")
LIN: Final = TestPerson("lin", "Lin Chen", "author", site=OTHER_SITE)

CAST: Final = (SAM, UMA, ANA, RAJ, PETRA, OMAR, VIC, INES, TOM, EVE, LIN)


def newcomer(person: TestPerson) -> Newcomer:
    """The details their account is opened with."""
    return Newcomer(
        user_id=person.user_id,
        name=person.name,
        email=f"{person.user_id}@acme.example",
        staff_number=f"S-{CAST.index(person) + 1:04}",
        site=person.site,
    )


def signed_in(
    person: TestPerson, *, channel: Channel = "web", source: str = "192.0.2.10", device: str = "Test"
) -> Actor:
    """The actor of a fresh session of this person."""
    return session(person, channel=channel, source=source, device=device)[1]


def session(
    person: TestPerson, *, channel: Channel = "web", source: str = "192.0.2.10", device: str = "Test"
) -> tuple[str, Actor]:
    """Token and actor of a fresh session of this person."""
    return actions.sign_in(person.user_id, person.password, source=source, channel=channel, device=device)


def shown(actor: Actor, number: str) -> int:
    """What a door does when it has shown the record to this session; the revision it showed (URS-SIG-05)."""
    record = Record.objects.get(number=number)
    mark_read(actor, record, records.links_of(actor, record))
    return record.revision


def found() -> tuple[Actor, Actor]:
    """The company and its first two people, each with a password of their own; their actors."""
    secrets = actions.first_two_people(PLACE, newcomer(SAM), newcomer(UMA))
    for person in (SAM, UMA):
        set_password(person, secrets[person.user_id])
    administrator, officer = signed_in(SAM), signed_in(UMA)
    confirm(administrator, UMA.user_id)
    confirm(officer, SAM.user_id)
    return administrator, officer


def set_password(person: TestPerson, secret: str) -> None:
    """Comes in by the temporary secret and replaces it."""
    _, actor = actions.sign_in(person.user_id, secret, source="192.0.2.10", channel="web", device="Test")
    actions.change_password(actor, secret, person.password)
    actions.sign_out(actor)


def confirm(actor: Actor, user_id: str) -> None:
    """Another person records how they know who this is."""
    actions.verify_identity(
        actor, user_id, method="passport", reference="passport seen, file HR-12", verified_on=date(2026, 1, 5)
    )


def unconfirm(user_id: str) -> None:
    """Nobody knows any more who this is: Sam changed the printed name."""
    known = queries.person_of(user_id).name
    actions.change_person(signed_in(SAM), user_id, name=f"{known} Roth", reason="married, certificate seen")


def enrol(person: TestPerson, *, administrator: Actor, officer: Actor) -> None:
    """Account, password and role of one person, the role by two people where that is the rule."""
    actions.create_person(administrator, newcomer(person))
    confirm(officer, person.user_id)
    secret = actions.issue_secret(administrator, person.user_id, reason="first secret of a new account")
    set_password(person, secret)
    confirm(officer, person.user_id)
    if person.role:
        outcome = actions.propose_grant(
            administrator, person.user_id, person.role, reason=f"starts work as {person.role}"
        )
        actions.approve_grant(officer, outcome.id)


def granted(user_id: str, role: str, *, reason: str = "starts work in this role", **more: Any) -> int:
    """A role proposed by Sam and approved by Uma; for Sam by Uma and QA. The grant's id."""
    by, second = (UMA, PETRA) if user_id == SAM.user_id else (SAM, UMA)
    outcome = actions.propose_grant(signed_in(by), user_id, role, reason=reason, **more)
    return actions.approve_grant(signed_in(second), outcome.id).id


def stock() -> tuple[Actor, Actor]:
    """The whole cast at two sites, a certification on file, the shipped processes in force; the actors of Sam and Uma."""
    administrator, officer = found()
    actions.create_site(
        administrator, OTHER_SITE, "Singapore plant", zone="Asia/Singapore", legal_entity="ACME"
    )
    for person in CAST[2:]:
        enrol(person, administrator=administrator, officer=officer)
    certify(officer)
    for person in CAST:
        accept(person)
    publish_shipped(signed_in(PETRA), reason="first version for use")
    return administrator, officer


def accept(person: TestPerson) -> None:
    """The person accepts that they answer for what is done under their signature."""
    actor = signed_in(person)
    version = accountability.in_force().version
    acceptances.accept(actor, Components(person.user_id, person.password), version=version)
    actions.sign_out(actor)


def inspector_everywhere() -> TestPerson:
    """Tom as an inspector of every site: who may read the whole trail, and so the ledger's entries."""
    outcome = actions.propose_grant(
        signed_in(SAM), TOM.user_id, "inspector", reason="inspection of the company", site="*"
    )
    actions.approve_grant(signed_in(UMA), outcome.id)
    return TOM


def certify(actor: Actor, legal_entity: str = PLACE.legal_entity) -> None:
    """The company's letter to the agency is on file, so that its people can sign."""
    record_certification(
        actor,
        legal_entity,
        signatory="Greta Lang, head of quality",
        route="paper",
        sent_on=date(2026, 1, 5),
        receipt="courier receipt 5521, binder Q-3",
        reason="letter posted to the agency",
    )


def grant_of(person: TestPerson) -> int:
    """The id of the person's first active role."""
    first = queries.active_grants(queries.person_of(person.user_id)).order_by("pk").first()
    assert first is not None
    return first.pk

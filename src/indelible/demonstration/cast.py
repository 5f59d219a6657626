"""The cast: founds the company through the identity room's verbs and brings its people to work, one session a visit."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from indelible.demonstration.people import (
    ADMINISTRATOR,
    COMPANY,
    PEOPLE,
    SECURITY_OFFICER,
    SITES,
    Person,
)
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity.passwords import check_strength
from indelible.kernel.identity.types import ROLES, Newcomer, Place
from indelible.kernel.signatures import acceptances, accountability
from indelible.kernel.signatures import actions as signatures
from indelible.kernel.signatures.types import Components

_WORDS: Final = [
    "amber",
    "basin",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "harbor",
    "iris",
    "juniper",
    "kelp",
    "larch",
    "meadow",
    "north",
    "orchid",
    "pebble",
    "quartz",
    "river",
    "slate",
    "timber",
    "umber",
    "violet",
    "willow",
    "yarrow",
    "zephyr",
]
TERMINAL: Final = "192.0.2.{n}"
"""Where the invented people sit: addresses reserved for documentation (RFC 5737)."""


@dataclass
class Cast:
    """Passwords of the demonstration's people, drawn anew for each installation, and their sessions."""

    passwords: dict[str, str] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)

    def visit(self, user_id: str) -> Actor:
        """Signs the person in, as they would in the morning."""
        return identity.sign_in(
            user_id,
            self.passwords[user_id],
            source=self.terminal(user_id),
            channel="demo",
            device="Demonstration",
        )[1]

    def terminal(self, user_id: str) -> str:
        """The address this person always comes from."""
        return TERMINAL.format(n=10 + list(self.people).index(user_id))

    def settle(self, person: Person, temporary: str) -> None:
        """Turns a one-time secret into a password only this person has."""
        self.people[person.user_id] = person
        self.passwords[person.user_id] = temporary
        actor = self.visit(person.user_id)
        chosen = passphrase(own=(person.user_id, person.name, person.email))
        identity.change_password(actor, temporary, chosen)
        self.passwords[person.user_id] = chosen
        identity.sign_out(actor)

    def accept_accountability(self, user_id: str) -> None:
        """The person reads the statement and signs that they answer for their signature."""
        actor = self.visit(user_id)
        components = Components(user_id, self.passwords[user_id])
        acceptances.accept(actor, components, version=accountability.in_force().version)
        identity.sign_out(actor)

    def listed(self) -> list[dict[str, Any]]:
        """The people as `demo-people.json` shows them (interface.md section 2)."""
        return [
            {
                "user_id": p.user_id,
                "name": p.name,
                "role": ", ".join(ROLES[r].title for r in p.roles) or "No role yet",
                "password": self.passwords[p.user_id],
                "site": p.site,
            }
            for p in self.people.values()
        ]


def passphrase(*, own: Iterable[str]) -> str:
    """Four different words and a number that the identity room accepts from the person `own` names; new each time.

    Words and digits can spell a name where they meet (`basin-35` reads as "ines" to the rule): then drawn again.
    """
    drawn = "-".join([*secrets.SystemRandom().sample(_WORDS, 4), str(secrets.randbelow(90) + 10)])
    try:
        check_strength(drawn, own=own)
    except Refusal:
        return passphrase(own=own)
    return drawn


def found_company() -> Cast:
    """Company, sites, everybody who was there on the first day, their roles; each by the verb a company would use."""
    code, organisation = COMPANY
    first, *others = SITES
    place = Place(
        legal_entity=code, organisation=organisation, site=first[0], site_name=first[1], zone=first[2]
    )
    issued = identity.first_two_people(place, _newcomer(ADMINISTRATOR), _newcomer(SECURITY_OFFICER))
    cast = Cast()
    for officer in (ADMINISTRATOR, SECURITY_OFFICER):
        cast.settle(officer, issued[officer.user_id])
    administrator = cast.visit(ADMINISTRATOR.user_id)
    _confirm_each_other(cast, administrator)
    for site, name, zone in others:
        identity.create_site(administrator, site, name, zone=zone, legal_entity=code)
    for person in PEOPLE:
        if person.started == 0:
            welcome(cast, person, administrator)
    identity.sign_out(administrator)
    return cast


def _confirm_each_other(cast: Cast, administrator: Actor) -> None:
    """The first two people, whose secrets the installation issued: each confirms who the other is."""
    officer = cast.visit(SECURITY_OFFICER.user_id)
    for who, of in ((administrator, SECURITY_OFFICER), (officer, ADMINISTRATOR)):
        _confirm(who, of, "known_in_person", "Colleagues since 2019")
    _certify(officer)
    identity.sign_out(officer)
    for of in (ADMINISTRATOR, SECURITY_OFFICER):
        cast.accept_accountability(of.user_id)


def _certify(officer: Actor) -> None:
    """The letter to the agency, of an invented company: nobody signs anything before it is on file (URS-CRT-02)."""
    signatures.record_certification(
        officer,
        COMPANY[0],
        signatory="Demonstration only",
        route="paper",
        sent_on=clock().date(),
        receipt="None: no letter was sent to any agency; this company is invented",
        reason="Demonstration only, so that signing can be shown",
    )


def welcome(cast: Cast, person: Person, administrator: Actor) -> None:
    """Opens one account, gives it its roles by two people and lets the person choose a password."""
    identity.create_person(administrator, _newcomer(person))
    officer = cast.visit(SECURITY_OFFICER.user_id)
    for role in person.roles:
        outcome = identity.propose_grant(
            administrator,
            person.user_id,
            role,
            reason=f"Role of {person.name} at {person.site}, request HR-{person.staff_number}",
            site=_scope(role),
        )
        identity.approve_grant(officer, outcome.id)
    _confirm(officer, person, "employment_file", f"Employment file {person.staff_number}")
    identity.sign_out(officer)
    temporary = identity.issue_secret(
        administrator, person.user_id, reason="First day, identity shown to the administrator"
    )
    cast.settle(person, temporary)
    officer = cast.visit(SECURITY_OFFICER.user_id)
    _confirm(officer, person, "known_in_person", "Chose the password in the officer's presence")
    identity.sign_out(officer)
    cast.accept_accountability(person.user_id)


def _confirm(actor: Actor, person: Person, method: str, reference: str) -> None:
    identity.verify_identity(
        actor, person.user_id, method=method, reference=reference, verified_on=clock().date()
    )


def _scope(role: str) -> str:
    return "*" if role == "inspector" else ""


def _newcomer(person: Person) -> Newcomer:
    return Newcomer(
        user_id=person.user_id,
        name=person.name,
        email=person.email,
        site=person.site,
        staff_number=person.staff_number,
    )

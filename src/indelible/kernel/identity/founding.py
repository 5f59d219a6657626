"""How an installation begins and grows: its first two people, its legal entities and sites (URS-ACC-02)."""

from __future__ import annotations

from typing import Final

from indelible.kernel.audit.actions import act
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import newcomers, queries
from indelible.kernel.identity.authority import keepable
from indelible.kernel.identity.events import (
    CODE_TAKEN,
    DETAILS_WRONG,
    ENTITY_CREATE,
    FOUND,
    FOUNDED,
    SITE_CREATE,
)
from indelible.kernel.identity.grants import write_grant
from indelible.kernel.identity.held import require_still
from indelible.kernel.identity.models import LegalEntity, Person, Site
from indelible.kernel.identity.people import issue, open_account
from indelible.kernel.identity.types import SECURITY_UNIT, SYSTEM_ADMINISTRATOR, Newcomer, Place

INSTALLATION: Final = Actor(user_id="installation", name="Installation of the product", channel="init")


def first_two_people(place: Place, administrator: Newcomer, officer: Newcomer) -> dict[str, str]:
    """Company, first site, system administrator and security officer, for `indelible init`; user id to one-time secret.

    Two people, because one alone may not grant rights (URS-AUT-04). Refusal FOUNDED (409) where anybody exists.
    """
    with act(INSTALLATION, FOUND, object=f"legal_entity:{keepable(place.legal_entity)}") as opened:
        if Person.objects.exists():
            raise Refusal(FOUNDED, "This installation has its first people; they open the other accounts.")
        entity = _entity(place.legal_entity, place.organisation)
        site = _site(place.site, place.site_name, place.zone, entity)
        found = {}
        for newcomer, role in ((administrator, SYSTEM_ADMINISTRATOR), (officer, SECURITY_UNIT)):
            person = open_account(newcomer, site)
            write_grant(opened, person, role)
            found[person.user_id] = issue(opened, person)
    return found


def create_legal_entity(actor: Actor, code: str, name: str) -> LegalEntity:
    """Another company under the same roof; signing for it stays off until its certification is on file (CRT-02)."""
    with act(actor, ENTITY_CREATE) as opened:
        require_still(actor, SYSTEM_ADMINISTRATOR)
        entity = _entity(code, name)
        opened.name(object=f"legal_entity:{entity.code}")
    return entity


def create_site(actor: Actor, code: str, name: str, *, zone: str, legal_entity: str) -> Site:
    """Another site, in an IANA zone, of a legal entity. Refusals: NOT_AUTHORISED, DETAILS_WRONG, CODE_TAKEN."""
    with act(actor, SITE_CREATE) as opened:
        require_still(actor, SYSTEM_ADMINISTRATOR)
        entity = queries.legal_entity(keepable(legal_entity))
        if entity is None:
            raise Refusal(DETAILS_WRONG, "There is no such legal entity.", {"legal_entity": "Not there."})
        site = _site(code, name, zone, entity)
        opened.name(object=f"site:{site.code}")
    return site


def _entity(code: str, name: str) -> LegalEntity:
    code, name = keepable(code), keepable(name)
    newcomers.check_place(code, name)
    entity, made = LegalEntity.objects.get_or_create(code=code, defaults={"name": name})
    if not made:
        raise Refusal(CODE_TAKEN, f"There is a legal entity {code} already.")
    return entity


def _site(code: str, name: str, zone: str, entity: LegalEntity) -> Site:
    code, name = keepable(code), keepable(name)
    newcomers.check_place(code, name, zone)
    site, made = Site.objects.get_or_create(
        code=code, defaults={"name": name, "zone": zone, "legal_entity": entity}
    )
    if not made:
        raise Refusal(CODE_TAKEN, f"There is a site {code} already.")
    return site

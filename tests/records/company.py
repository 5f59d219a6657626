"""Two sites and four people for the tests of records, and short ways to the verbs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from indelible.kernel.audit import actions as audit
from indelible.kernel.audit.types import Actor
from indelible.kernel.identity.models import LegalEntity, Person, Site
from indelible.kernel.records import actions
from indelible.kernel.records.models import Record, Revision
from indelible.kernel.workflow.events import CREATE, EDIT, REASSIGN

FINGERPRINT = "f" * 64


@dataclass
class Company:
    """Ana and Petra at Basel, Omar at Tokyo, Ines who sees every site and the whole trail."""

    ana: Actor
    petra: Actor
    omar: Actor
    ines: Actor


def found() -> Company:
    """Makes the company in the clone the test is on."""
    founder = Actor(user_id="founder", name="Founder", channel="init")
    with audit.act(founder, REASSIGN, reason="test company founded"):
        entity = LegalEntity.objects.create(code="HELV", name="Helvetia Pharma AG")
        sites = {
            code: Site.objects.create(code=code, name=name, zone=zone, legal_entity=entity)
            for code, name, zone in [("BSL", "Basel", "Europe/Zurich"), ("TYO", "Tokyo", "Asia/Tokyo")]
        }
        made = {
            "ana": _person("ana", "Ana Lima", sites["BSL"], ("BSL",), ("author",)),
            "petra": _person("petra", "Petra Vogel", sites["BSL"], ("BSL",), ("qa_approver",)),
            "omar": _person("omar", "Omar Sato", sites["TYO"], ("TYO",), ("author",)),
            "ines": _person("ines", "Ines Roth", sites["BSL"], ("*",), ("inspector",)),
        }
    return Company(**made)


def _person(user_id: str, name: str, site: Site, sites: tuple[str, ...], roles: tuple[str, ...]) -> Actor:
    row = Person.objects.create(
        user_id=user_id,
        skeleton=user_id,
        name=name,
        name_skeleton=name,
        email=f"{user_id}@example.com",
        email_key=f"{user_id}@example.com",
        site=site,
        zone=site.zone,
    )
    return Actor(
        user_id=user_id,
        name=name,
        roles=roles,
        person_id=row.pk,
        site=site.code,
        sites=sites,
        session=f"s-{user_id}",
        source="192.0.2.7",
    )


def opened(actor: Actor, fields: dict[str, Any] | None = None, **more: Any) -> Record:
    """A deviation opened by this person at their site, unless told otherwise."""
    fields = {"problem": "Lid open"} if fields is None else fields
    told = {
        "process": "deviation",
        "process_version": 1,
        "fingerprint": FINGERPRINT,
        "prefix": "DEV",
        "state": "draft",
        "title": str(fields.get("problem", "")),
        "fields": fields,
    } | more
    with audit.act(actor, CREATE) as act:
        return actions.create(act, actor, **told)


def revised(actor: Actor, record: Record, expected: int, reason: str = "", **fields: Any) -> Revision | None:
    """The record with these fields instead of its present ones."""
    with audit.act(actor, EDIT, record=record.number, reason=reason) as act:
        return actions.revise(
            act, actor, record, expected=expected, fields=fields, title=str(fields.get("problem", ""))
        )

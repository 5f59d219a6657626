"""Companies and sites."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Schema, Status
from pydantic import Field

from indelible.api.bodies import Body
from indelible.api.paging import whole
from indelible.api.service import api, caller, told
from indelible.kernel.identity import actions, queries

Short = Annotated[str, Field(max_length=400)]


class NewSite(Body):
    """A place of work, with its IANA zone."""

    code: Short
    name: Short
    zone: Short
    legal_entity: Short


class SiteRead(Schema):
    """A site and its company."""

    code: str
    name: str
    zone: str
    legal_entity: str
    organisation: str


class SiteList(Schema):
    """All sites, by code."""

    items: list[SiteRead]
    next: str | None


class NewEntity(Body):
    """A company in law."""

    code: Short
    name: Short


class EntityRead(Schema):
    """A company in law."""

    code: str
    name: str


@api.get("/sites", summary="The sites", **told(authority="signed in", answers={200: SiteList}))
def list_sites(request: HttpRequest) -> dict[str, Any]:
    """All sites by code."""
    return whole(map(_told, queries.sites()))


@api.post(
    "/sites",
    summary="Add a site",
    **told(authority="system administrator", answers={201: SiteRead}, problems_too=(409, 413, 415, 422)),
)
def create_site(request: HttpRequest, body: NewSite) -> Status[dict[str, Any]]:
    """Another place of work of a company."""
    made = actions.create_site(
        caller(request), body.code, body.name, zone=body.zone, legal_entity=body.legal_entity
    )
    return Status(201, _told(made))


@api.post(
    "/legal-entities",
    summary="Add a company",
    **told(authority="system administrator", answers={201: EntityRead}, problems_too=(409, 413, 415, 422)),
)
def create_legal_entity(request: HttpRequest, body: NewEntity) -> Status[dict[str, Any]]:
    """Signing for it stays off until its certification is on file."""
    made = actions.create_legal_entity(caller(request), body.code, body.name)
    return Status(201, {"code": made.code, "name": made.name})


def _told(site: Any) -> dict[str, Any]:
    return {
        "code": site.code,
        "name": site.name,
        "zone": site.zone,
        "legal_entity": site.legal_entity.code,
        "organisation": site.legal_entity.name,
    }

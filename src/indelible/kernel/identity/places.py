"""Where people work: the legal entities under one roof and their sites; reads."""

from __future__ import annotations

from django.db.models import QuerySet

from indelible.kernel.identity.models import LegalEntity, Site


def site(code: str) -> Site | None:
    """The site of a code."""
    return Site.objects.select_related("legal_entity").filter(code=code).first()


def sites() -> QuerySet[Site]:
    """All sites by code."""
    return Site.objects.select_related("legal_entity").order_by("code")


def legal_entities() -> QuerySet[LegalEntity]:
    """All legal entities by name."""
    return LegalEntity.objects.order_by("name", "pk")


def legal_entity(code: str) -> LegalEntity | None:
    """The legal entity of a code."""
    return LegalEntity.objects.filter(code=code).first()

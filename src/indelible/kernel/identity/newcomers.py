"""What is asked of an account's details: one named individual, an id nobody has or had, a name nobody else prints."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, Final
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import queries, shared_names, skeletons
from indelible.kernel.identity.authority import keepable
from indelible.kernel.identity.events import (
    DETAILS_WRONG,
    ID_TAKEN,
    NAME_TAKEN,
    PERSON_KNOWN,
    SHARED_ACCOUNT,
)
from indelible.kernel.identity.models import FormerName, Person, Site
from indelible.kernel.identity.types import Newcomer

CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_VERDICTS: Final = frozenset(
    skeletons.skeleton(word)
    for word in [
        "approved",
        "approval",
        "reviewed",
        "verified",
        "signed",
        "signature",
        "released",
        "rejected",
        "certified",
        "authorised",
        "authorized",
        "confirmed",
        "effective",
        "withdrawn",
        "cancelled",
        "void",
    ]
)


def checked(newcomer: Newcomer, site: Site) -> dict[str, Any]:
    """The columns of a new person, or the Refusal of the first rule they break: readable, one individual, unique."""
    user_id, name = unicodedata.normalize("NFC", newcomer.user_id), keepable(newcomer.name)
    _refuse_taken_id(user_id)
    _check_form(newcomer, user_id, name)
    _refuse_shared(user_id, name)
    email, staff = keepable(newcomer.email), keepable(newcomer.staff_number).upper() or None
    _refuse_known(email, staff)
    return {
        "user_id": user_id,
        "skeleton": skeletons.skeleton(user_id),
        "name": name,
        "name_skeleton": free_name(name),
        "email": email,
        "email_key": skeletons.email_key(email),
        "staff_number": staff,
        "zone": newcomer.zone or site.zone,
    }


def changes(person: Person, *, name: str | None, zone: str | None, site: str | None) -> dict[str, Any]:
    """The columns that change, checked; empty when nothing does."""
    found: dict[str, Any] = {}
    if name is not None and keepable(name) != person.name:
        _refuse_fields({"name": _name_fault(keepable(name))})
        _refuse_shared("", keepable(name))
        found |= {"name": keepable(name), "name_skeleton": free_name(keepable(name), of=person)}
    if zone is not None and zone != person.zone:
        _refuse_fields({"zone": _zone_fault(zone)})
        found["zone"] = zone
    if site is not None and site != person.site.code:
        place = queries.site(keepable(site))
        _refuse_fields({"site": "" if place else "There is no such site."})
        found["site"] = place
    return found


def check_place(code: str, name: str, zone: str = "UTC") -> None:
    """Refusal DETAILS_WRONG where a company's or site's code, name or zone cannot be kept."""
    code_fault = "" if CODE.fullmatch(code) else "Letters, digits, - and _, at most 40."
    name_fault = "" if 1 < len(name) <= 200 else "A name of 2 to 200 characters."
    _refuse_fields({"code": code_fault, "name": name_fault, "zone": _zone_fault(zone)})


def free_name(name: str, *, of: Person | None = None) -> str:
    """The look of a printed name; Refusal NAME_TAKEN where somebody else's reads, or once read, the same (URS-MAN-02)."""
    look, own = skeletons.skeleton(name), of.pk if of else 0
    others = Person.objects.filter(name_skeleton=look).exclude(pk=own)
    former = FormerName.objects.filter(name_skeleton=look).exclude(person=own)
    if others.exists() or former.exists():
        raise Refusal(
            NAME_TAKEN,
            "Another person's printed name reads the same. Add what tells the two apart, such as a middle name.",
        )
    return look


def _refuse_taken_id(user_id: str) -> None:
    """First of all rules, so that a disguise is named as what it is, however it is written."""
    holder = Person.objects.filter(skeleton=skeletons.skeleton(user_id)).first()
    if holder is not None:
        raise Refusal(
            ID_TAKEN,
            f"This id reads like {holder.user_id}, which is {holder.name}'s for ever, also after they leave.",
        )


def _refuse_known(email: str, staff: str | None) -> None:
    holder = Person.objects.filter(email_key=skeletons.email_key(email)).first() or _of_number(staff)
    if holder is not None:
        raise Refusal(
            PERSON_KNOWN,
            f"{holder.name} ({holder.user_id}) has this staff number or e-mail. One person has one account: "
            "reactivate it after a return.",
        )


def _of_number(staff: str | None) -> Person | None:
    """Whose staff number reads like this one."""
    if staff is None:
        return None
    look = skeletons.staff_key(staff)
    numbered = Person.objects.exclude(staff_number=None).values_list("pk", "staff_number")
    found = next((pk for pk, number in numbered if skeletons.staff_key(number or "") == look), None)
    return None if found is None else Person.objects.get(pk=found)


def _refuse_shared(user_id: str, name: str) -> None:
    """A department is nobody, and a name is no verdict (URS-ACC-02, URS-MAN-02)."""
    if _VERDICTS.intersection(shared_names.words(name) + shared_names.words(user_id)):
        raise Refusal(
            NAME_TAKEN, "A printed name stands beside signatures, so it holds no word of a verdict."
        )
    if why := shared_names.why_shared(user_id, name):
        raise Refusal(SHARED_ACCOUNT, why)


def _check_form(newcomer: Newcomer, user_id: str, name: str) -> None:
    _refuse_fields(
        {
            "user_id": _id_fault(user_id),
            "name": _name_fault(name),
            "email": _email_fault(keepable(newcomer.email)),
            "staff_number": "At most 40 characters." if len(newcomer.staff_number) > 40 else "",
            "zone": _zone_fault(newcomer.zone) if newcomer.zone else "",
        }
    )


def _refuse_fields(faults: dict[str, str]) -> None:
    found = {field: fault for field, fault in faults.items() if fault}
    if found:
        raise Refusal(DETAILS_WRONG, "Look at: " + ", ".join(sorted(found)) + ".", found)


_PAGES: Final = frozenset({"access", "new"})
"""Beside /people/ID there are pages of these names, which would stand before the person's own."""


def _id_fault(user_id: str) -> str:
    inner = all(c in "._-@" or unicodedata.category(c)[0] in "LN" for c in user_id)
    if (
        not 2 <= len(user_id) <= 64
        or not inner
        or not user_id[0].isalnum()
        or not skeletons.skeleton(user_id)
    ):
        return "2 to 64 letters, digits and . _ - @, beginning with a letter or digit."
    return "This word names a page. Add to it." if user_id in _PAGES else ""


def _name_fault(name: str) -> str:
    letters = sum(unicodedata.category(c)[0] == "L" for c in name)
    odd = any(unicodedata.category(c)[0] not in "LMZ" and c not in "'’.,-·()" for c in name)
    if letters < 2 or len(name) > 120 or odd:
        return "The person's full name as it shall be printed, 2 to 120 letters."
    return ""


def _email_fault(email: str) -> str:
    try:
        validate_email(email)
    except ValidationError:
        return "An e-mail address such as name@company.example."
    return "" if len(email) <= 254 else "At most 254 characters."


def _zone_fault(zone: str) -> str:
    return "" if zone in _zones() else "An IANA zone such as Europe/Zurich."


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())

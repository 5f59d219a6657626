"""What an identity provider said of how it knew somebody (`amr`, `acr`), and whether that is more than one factor (URS-ACC-08).

RFC 8176 for `amr`; OpenID Connect Core 2 for `acr`, of which only values with a published meaning count. Reads nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

KINDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("pwd", "pin", "kba"), "known"),
    **dict.fromkeys(("otp", "hwk", "swk", "pop", "sc", "sms", "tel"), "held"),
    **dict.fromkeys(("face", "fpt", "iris", "retina", "vbm"), "of the body"),
}
"""The kind of factor by RFC 8176 code; what is no factor (`geo`, `rba`, `user`, `wia`, `mca`) has none."""
SEVERAL: Final = "mfa"
MORE: Final = frozenset(
    {
        "phr",
        "phrh",
        "https://refeds.org/profile/mfa",
        "http://schemas.openid.net/pape/policies/2007/06/multi-factor",
        "http://idmanagement.gov/ns/assurance/aal/2",
        "http://idmanagement.gov/ns/assurance/aal/3",
    }
)
"""Values of `acr` that mean more than one factor wherever they are used; any other is a provider's own and says nothing here."""
_MOST, _LONGEST = 20, 200


def said_by(claims: Mapping[str, Any]) -> dict[str, Any]:
    """`amr` and `acr` of a token as they are kept: left out where it has none, `amr` [] where it is no list of texts."""
    said: dict[str, Any] = {}
    if "amr" in claims:
        named = claims["amr"] if isinstance(claims["amr"], list) else []
        said["amr"] = [one for one in named if _is_word(one)][:_MOST]
    if "acr" in claims and _is_word(claims["acr"]):
        said["acr"] = claims["acr"]
    return said


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable() and 0 < len(value) <= _LONGEST


def are_several(said: Mapping[str, Any] | None) -> bool | None:
    """Whether this says more than one factor; None where it says neither so nor otherwise. `amr` goes before `acr`."""
    told = said or {}
    if "amr" in told:
        return SEVERAL in told["amr"] or len({KINDS[one] for one in told["amr"] if one in KINDS}) > 1
    return True if told.get("acr") in MORE else None

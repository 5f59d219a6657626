"""Who outside the installation vouches for its ledger: witnesses and time-stamp authorities, from `indelible.toml`.

    witness_quorum = 1                       how many of the witnesses must cosign; 0 where there are none

    [[witness]]
    name = "qa-laptop"                       what people call it
    url = "https://witness.example/ledger"   its submission prefix (C2SP tlog-witness)
    vkey = "qa-laptop+0e6f...+BMbX..."       the key line that `indelible witness` prints
    private = false                          true: the address is on this machine or the company's own network

    [[time_stamp]]
    name = "authority"
    url = "https://authority.example/tsr"    an RFC 3161 authority
    certificate = "keys/authority.pem"       its root certificate, PEM; relative to the home
    private = false
    plain = false                            true: http, which is enough where the token's signature is what is believed

Addresses, keys and certificates only, never a rule (D8); which of them were in force when stands in the ledger itself.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from indelible.home.layout import Home, HomeProblem

SETTINGS: Final = frozenset({"witness", "witness_quorum", "time_stamp"})
MOST: Final = 16
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class WitnessAddress:
    """One witness: what people call it, its submission prefix without a slash at the end, its key line."""

    name: str
    url: str
    vkey: str
    private: bool = False


@dataclass(frozen=True, slots=True)
class AuthorityAddress:
    """One RFC 3161 authority: its address and its root certificate in PEM, read from the file the setting names."""

    name: str
    url: str
    certificate: str
    private: bool = False
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Outside:
    """Everyone outside who is asked; `quorum` of the witnesses must cosign."""

    witnesses: tuple[WitnessAddress, ...] = ()
    quorum: int = 0
    authorities: tuple[AuthorityAddress, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.witnesses or self.authorities)


def load(home: Home) -> Outside:
    """What `indelible.toml` says; raises HomeProblem naming the setting that is wrong."""
    try:
        given = tomllib.loads(home.configuration.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Outside()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HomeProblem(f"{home.configuration} is not valid TOML: {error}.") from None
    witnesses = tuple(_witness(one) for one in _tables(given, "witness"))
    authorities = tuple(_authority(one, home) for one in _tables(given, "time_stamp"))
    for what, named in (("witness", witnesses), ("time_stamp", authorities)):
        if len({one.name for one in named}) != len(named):
            raise HomeProblem(f"Two entries [[{what}]] have the same name.")
    return Outside(witnesses, _quorum(given, witnesses), authorities)


def _quorum(given: Mapping[str, Any], witnesses: tuple[WitnessAddress, ...]) -> int:
    quorum = given.get("witness_quorum", 1 if witnesses else 0)
    least = 1 if witnesses else 0
    if type(quorum) is not int or not least <= quorum <= len(witnesses):
        raise HomeProblem(
            f"witness_quorum must be a whole number from {least} to {len(witnesses)}, the number of witnesses."
        )
    return quorum


def _tables(given: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = given.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found) or len(found) > MOST:
        raise HomeProblem(f"{name} is written as up to {MOST} tables [[{name}]].")
    return found


def _witness(given: Mapping[str, Any]) -> WitnessAddress:
    values = _values("witness", given, {"name": str, "url": str, "vkey": str}, {"private": bool})
    _check_address("witness", values, plain=bool(values.get("private")))
    return WitnessAddress(**{**values, "url": values["url"].rstrip("/")})


def _authority(given: Mapping[str, Any], home: Home) -> AuthorityAddress:
    wanted = {"name": str, "url": str, "certificate": str}
    values = _values("time_stamp", given, wanted, {"private": bool, "plain": bool})
    _check_address("time_stamp", values, plain=bool(values.get("private") or values.get("plain")))
    path = home.root / values["certificate"]
    try:
        values["certificate"] = path.read_text(encoding="ascii")[:100_000]
    except (OSError, UnicodeDecodeError) as error:
        raise HomeProblem(
            f"The certificate {path} of the time-stamp authority cannot be read: {error}."
        ) from None
    return AuthorityAddress(**values)


def _values(
    table: str, given: Mapping[str, Any], wanted: Mapping[str, type], optional: Mapping[str, type]
) -> dict[str, Any]:
    """The table's values, each of its kind; raises HomeProblem for a missing or an unknown one."""
    known = {**wanted, **optional}
    for name in [
        *(name for name in wanted if name not in given),
        *(name for name in given if name not in known),
    ]:
        what = "unknown" if name in given else "missing"
        raise HomeProblem(f"In [[{table}]] the setting {name} is {what}. Known: {', '.join(known)}.")
    for name, value in given.items():
        if type(value) is not known[name]:
            raise HomeProblem(
                f"In [[{table}]] {name} must be {'true or false' if known[name] is bool else 'text'}."
            )
    if (
        not _NAME.fullmatch(given["name"]) or given["name"] == "none"
    ):  # a word of the policy file (C2SP tlog-policy)
        raise HomeProblem(
            f"In [[{table}]] a name has letters, digits, dots and dashes, not {given['name']!r}."
        )
    return dict(given)


def _check_address(table: str, values: Mapping[str, Any], *, plain: bool) -> None:
    name, url = values["name"], values["url"]
    try:
        parts = urlsplit(url)
        sound = bool(parts.hostname) and not (
            parts.username or parts.password or parts.query or parts.fragment
        )
        sound = sound and (parts.port is None or parts.port > 0) and url.isascii() and url.isprintable()
    except ValueError:
        sound = False
    if not sound or " " in url or parts.scheme not in ("https", "http"):
        raise HomeProblem(f"The address of {name} in [[{table}]] is not an http address: {url!r}.")
    if parts.scheme == "http" and not plain:
        raise HomeProblem(
            f"The address of {name} in [[{table}]] must begin with https://, or be marked private = true where it is on "
            "this machine or the company's own network."
        )

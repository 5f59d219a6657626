"""Networks as people write them (CIDR), and whether an address lies in one; reads and writes nothing.

An IPv4 address that a socket of both families tells as IPv6 (`::ffff:10.20.0.5`, RFC 4291 section 2.5.5.2) is the IPv4 one.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

WIDEST: Final = {4: 8, 6: 16}
"""The shortest prefix of a network that is some place, by version: so wide is no company's, and a few more are everywhere."""
TOO_WIDE: Final = "None may be wider than /8 (IPv4) or /16 (IPv6), nor several that together make one: name the ones you use."
_MAPPED: Final = 96


def parsed(text: str) -> str:
    """The network in its one spelling; ValueError where the text is none, or names a host inside one."""
    return str(_network(text.strip()))


def address_of(source: str) -> Address | None:
    """The address, IPv4 also where it came as IPv6; None for what is none."""
    try:
        one = ipaddress.ip_address(source)
    except ValueError:
        return None
    return getattr(one, "ipv4_mapped", None) or one


def is_inside(source: str, networks: Iterable[str]) -> bool:
    """Whether an address lies in one of the networks; what is no address lies in none."""
    one = address_of(source)
    return one is not None and any(one in _network(each) for each in networks)


def are_too_wide(networks: Sequence[str]) -> bool:
    """Whether one of these networks is wider than WIDEST, or neighbours among them make one that is."""
    found = [_network(each) for each in networks]
    joined: list[Network] = [
        *ipaddress.collapse_addresses(one for one in found if isinstance(one, ipaddress.IPv4Network)),
        *ipaddress.collapse_addresses(one for one in found if isinstance(one, ipaddress.IPv6Network)),
    ]
    return any(one.prefixlen < WIDEST[one.version] for one in joined)


def _network(text: str) -> Network:
    one = ipaddress.ip_network(text, strict=True)
    mapped = getattr(one.network_address, "ipv4_mapped", None)
    if mapped is None or one.prefixlen < _MAPPED:
        return one
    return ipaddress.IPv4Network((mapped, one.prefixlen - _MAPPED))

"""Networks as people write them (CIDR), and whether an address lies in one; reads and writes nothing."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable


def parsed(text: str) -> str:
    """The network in its one spelling; ValueError where the text is none, or names a host inside one."""
    return str(ipaddress.ip_network(text.strip(), strict=True))


def is_inside(source: str, networks: Iterable[str]) -> bool:
    """Whether an address lies in one of the networks; what is no address lies in none."""
    try:
        one = ipaddress.ip_address(source)
    except ValueError:
        return False
    return any(one in ipaddress.ip_network(each) for each in networks)

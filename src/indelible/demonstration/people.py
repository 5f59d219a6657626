"""The people of the demonstration company: who they are, where they work, which roles they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

COMPANY: Final = ("LUMEN", "Lumen Therapeutics")
"""Legal entity: code and name. Invented; any likeness is chance."""

SITES: Final = (
    ("GAL", "Galway", "Europe/Dublin"),
    ("RAL", "Raleigh", "America/New_York"),
)
"""Site code, name and IANA zone; in this order, the first two people belong to the first."""


@dataclass(frozen=True, slots=True)
class Person:
    """One invented person. `roles` are granted at once by the two officers; `started` counts days from day 0."""

    user_id: str
    name: str
    roles: tuple[str, ...]
    site: str
    staff_number: str
    started: int = 0

    @property
    def email(self) -> str:
        """An address under a domain that can never exist (RFC 2606)."""
        return f"{self.user_id}@lumen.example"


ADMINISTRATOR: Final = Person("sam", "Sam Keane", ("system_administrator",), "GAL", "L-1001")
SECURITY_OFFICER: Final = Person("uma", "Uma Venkatesan", ("security_unit",), "GAL", "L-1002")
"""These two are the people `init` makes; everybody else is created and granted by them."""

PEOPLE: Final = (
    Person("ana", "Ana Kowalska", ("author",), "GAL", "L-1010"),
    Person("raj", "Raj Mehta", ("reviewer",), "GAL", "L-1011"),
    Person("petra", "Petra Lindqvist", ("qa_approver",), "GAL", "L-1012"),
    Person("omar", "Omar Haddad", ("operator",), "GAL", "L-1013"),
    Person("vic", "Vic Brennan", ("verifier",), "GAL", "L-1014"),
    Person("ines", "Inês Duarte", ("inspector",), "GAL", "L-1015"),
    Person("niamh", "Niamh Ó Briain", ("author",), "GAL", "L-1016"),
    Person("jorg", "Jörg Müller", ("qa_approver",), "RAL", "L-2001"),
    Person("mei", "陈美玲 (Mei-Ling Chen)", ("author",), "RAL", "L-2002"),
    Person("diego", "Diego Fuentes", ("author", "operator"), "RAL", "L-2003"),
    Person("grace", "Grace Okafor", ("reviewer",), "RAL", "L-2004"),
    Person("hana", "Hana Suzuki", ("operator",), "RAL", "L-2005"),
    Person("eve", "Eve Larsson", ("author",), "RAL", "L-2006"),
    Person("tom", "Tom Byrne", (), "GAL", "L-1099", started=358),
)
"""Tom is newly hired: he can sign in and read nothing that needs a role yet."""

AUTHORS: Final = {"GAL": ("ana", "niamh"), "RAL": ("mei", "diego", "eve")}
APPROVER: Final = {"GAL": "petra", "RAL": "jorg"}
"""Who writes and who approves at each site."""

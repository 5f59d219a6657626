"""What is wrong with a declaration, by the name of its fault."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One mistake: its code, where it stands (`steps.approve.unless`), and what to do about it."""

    code: str
    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.code} at {self.where}: {self.why}"


class Faulty(ValueError):  # noqa: N818  (the thing is a faulty declaration, not an error of ours)
    """A declaration that is refused, with every fault found."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(str(fault) for fault in self.faults))

    @property
    def codes(self) -> set[str]:
        """The codes of all faults."""
        return {fault.code for fault in self.faults}

"""The verbs of the access room, as doors and upper rooms call them."""

from indelible.kernel.access.machines import (
    allow_machine,
    draw_machine,
    end_machine,
    enter_by_machine,
    is_machine_token,
)
from indelible.kernel.access.terminals import (
    Place,
    decide_source,
    end_terminal,
    enrol_terminal,
    register_terminal,
)

__all__ = [
    "Place",
    "allow_machine",
    "decide_source",
    "draw_machine",
    "end_machine",
    "end_terminal",
    "enrol_terminal",
    "enter_by_machine",
    "is_machine_token",
    "register_terminal",
]

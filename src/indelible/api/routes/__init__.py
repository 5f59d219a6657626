"""The routes of `/api/v1`, one file a noun; importing one hangs its routes onto the API object.

An operation is known to programs made from the description by its id, which is named after its file; a route that moves keeps
its former one by `operation_id`.
"""

import importlib
import pkgutil


def every() -> None:
    """Hangs up all routes, in the order of their files' names."""
    for module in sorted(found.name for found in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")

"""The tables of the trail, made as audit_owner; their functions come with the installation step."""

from importlib.resources import files
from typing import Any

from django.db import migrations


def make_trail(_apps: Any, editor: Any) -> None:
    editor.execute("set local role audit_owner")
    editor.execute((files("indelible.kernel.audit") / "sql" / "schema.sql").read_text(), params=None)
    editor.execute("reset role")


class Migration(migrations.Migration):
    """Schema `audit`: acts, events, leaves, checkpoints and the lists that govern them."""

    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [migrations.RunPython(make_trail)]

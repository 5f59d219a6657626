"""An index for the few entries in which the ledger speaks of itself."""

from typing import Any

from django.db import migrations

_INDEX = "create index event_of_kind on audit.event (kind, id) where kind in ('attest', 'digest', 'ddl')"


def make_index(_apps: Any, editor: Any) -> None:
    editor.execute("set local role audit_owner")
    editor.execute(_INDEX)
    editor.execute("reset role")


class Migration(migrations.Migration):
    """The newest attestation and digest are asked for by the sealer and by pages."""

    dependencies = [("audit", "0001_trail")]
    operations = [migrations.RunPython(make_index)]

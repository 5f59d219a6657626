"""Makes the tables of one library in its own database, as the owner of that database: `python -m bench.prepare`."""

from __future__ import annotations

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")


def main() -> int:
    """Tables, triggers and rights for the library named by BENCH_VARIANT; BENCH_DATABASE_URL is the owner's."""
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    call_command("migrate", run_syncdb=True, verbosity=0, interactive=False)  # our table has no migration
    if settings.BENCH_VARIANT == "pghistory":
        call_command("pgtrigger", "install", verbosity=0)
    if settings.BENCH_VARIANT == "indelible":
        _protect()
    else:
        _grant_everything()
    return 0


def _protect() -> None:
    """The table gets what the product's installation step gives any regulated table, and one action of its own."""
    from django.db import transaction

    from indelible.kernel.audit import installation as step

    with transaction.atomic():
        step._protect("toy_record", {})
        step._as_audit_owner(
            lambda: step._execute(
                "insert into audit.action values ('bench.write', 'Written by the benchmark', 'act', 'optional')"
            )
        )
        step._as_audit_owner(lambda: step._execute("select audit.expect_present()"))


def _grant_everything() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for kind in ("tables", "sequences", "functions"):
            cursor.execute(f"grant all on all {kind} in schema public to indelible_app")


if __name__ == "__main__":
    sys.exit(main())

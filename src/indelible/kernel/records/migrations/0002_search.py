"""The full-text index of records, as an expression: no stored column, so no noise in the audit trail."""

from pathlib import Path

from django.db import migrations

SEARCH = (Path(__file__).parent.parent / "sql" / "search.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]

    operations = [
        migrations.RunSQL(
            SEARCH,
            "DROP INDEX public.records_record_search; DROP FUNCTION public.records_search(text, text, jsonb)",
        )
    ]

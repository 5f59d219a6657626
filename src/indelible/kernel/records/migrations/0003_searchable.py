"""The words of records in a table of their own, kept by a trigger, instead of an index of an expression."""

from pathlib import Path

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

SEARCHABLE = (Path(__file__).parent.parent / "sql" / "searchable.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("records", "0002_search")]

    operations = [
        migrations.CreateModel(
            name="Searchable",
            fields=[
                (
                    "record",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="records.record",
                    ),
                ),
                ("words", django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                "db_table": "records_searchable",
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["words"], gin_pending_list_limit=256, name="records_searchable_words"
                    )
                ],
            },
        ),
        migrations.RunSQL(
            SEARCHABLE,
            "DROP TRIGGER records_searchable ON public.records_record;"
            " DROP FUNCTION public.records_keep_searchable(), public.records_hits(tsquery, int);"
            " CREATE INDEX records_record_search ON public.records_record"
            ' USING gin (public.records_search(number, title, "values"))',
        ),
    ]

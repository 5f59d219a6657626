"""Processes and passages."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("records", "0002_search"),
    ]

    operations = [
        migrations.CreateModel(
            name="Process",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=40)),
                ("version", models.IntegerField()),
                ("title", models.CharField(max_length=200)),
                ("prefix", models.CharField(max_length=8)),
                ("fingerprint", models.CharField(max_length=64)),
                ("declaration", models.JSONField()),
                ("published_by", models.CharField(max_length=150)),
                ("published_at", models.DateTimeField()),
                ("act", models.BigIntegerField()),
            ],
            options={
                "db_table": "workflow_process",
                "constraints": [
                    models.UniqueConstraint(fields=("code", "version"), name="workflow_process_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Passage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("step", models.CharField(max_length=40)),
                ("origin_state", models.CharField(max_length=40)),
                ("state", models.CharField(max_length=40)),
                ("revision", models.IntegerField()),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=150)),
                ("carried_from", models.CharField(blank=True, max_length=40)),
                ("act", models.BigIntegerField()),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="passages",
                        to="records.record",
                    ),
                ),
            ],
            options={
                "db_table": "workflow_passage",
                "indexes": [models.Index(fields=["record", "id"], name="workflow_passage_record")],
            },
        ),
    ]

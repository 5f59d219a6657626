"""Acts that wait for a second person (URS-AUT-03)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0003_searchable"),
        ("workflow", "0002_delegation"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExceptedAct",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("by", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("act", models.BigIntegerField(unique=True)),
                ("reviewed_by", models.CharField(default="", max_length=64)),
                ("reviewed_at", models.DateTimeField(null=True)),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="excepted_acts",
                        to="records.record",
                    ),
                ),
            ],
            options={
                "db_table": "workflow_excepted_act",
                "indexes": [
                    models.Index(
                        condition=models.Q(("reviewed_at", None)),
                        fields=["record"],
                        name="workflow_excepted_act_waiting",
                    )
                ],
            },
        ),
    ]

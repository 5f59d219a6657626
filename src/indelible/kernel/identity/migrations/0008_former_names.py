"""Printed names that people had before: they stay taken (URS-MAN-02, URS-UNQ-01)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0007_last_day_of_a_role"),
    ]

    operations = [
        migrations.CreateModel(
            name="FormerName",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("name_skeleton", models.CharField(max_length=800)),
                ("until", models.DateTimeField()),
                ("act", models.BigIntegerField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="former_names",
                        to="identity.person",
                    ),
                ),
            ],
            options={
                "db_table": "identity_former_name",
                "indexes": [models.Index(fields=["name_skeleton"], name="identity_former_name_look")],
            },
        ),
    ]

"""Confidentiality classes of records and who knows of them (URS-AUT-06)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0005_small_firm_exception"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClassGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=40)),
                ("given_by", models.CharField(max_length=64)),
                ("given_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(default="", max_length=64)),
                ("act", models.BigIntegerField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="class_grants",
                        to="identity.person",
                    ),
                ),
            ],
            options={
                "db_table": "identity_class_grant",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("person", "code"),
                        name="identity_class_grant_once",
                    )
                ],
            },
        ),
    ]

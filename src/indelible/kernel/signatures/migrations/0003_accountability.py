"""The accountability statement, its versions, and who accepted which (URS-POL-01, -02)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0002_identity_verified"),
        ("signatures", "0002_doors_and_reading"),
    ]

    operations = [
        migrations.CreateModel(
            name="Statement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.IntegerField(unique=True)),
                ("text", models.TextField()),
                ("grace_until", models.DateTimeField(null=True)),
                ("published_by", models.CharField(max_length=64)),
                ("published_at", models.DateTimeField()),
                ("act", models.BigIntegerField(unique=True)),
            ],
            options={
                "db_table": "signatures_statement",
            },
        ),
        migrations.CreateModel(
            name="Acceptance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.IntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("components", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
                ("act", models.BigIntegerField(unique=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.person"
                    ),
                ),
            ],
            options={
                "db_table": "signatures_acceptance",
                "indexes": [models.Index(fields=["person", "id"], name="signatures_acceptance_person")],
            },
        ),
    ]

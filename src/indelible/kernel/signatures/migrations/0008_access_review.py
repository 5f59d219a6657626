"""The review of rights (URS-ACC-06)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0004_factor_rule"),
        ("signatures", "0007_longer_role"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessReview",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("components", models.CharField(max_length=80)),
                ("content", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("evidence", models.JSONField()),
                ("at", models.DateTimeField()),
                ("act", models.BigIntegerField(unique=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.person"
                    ),
                ),
            ],
            options={
                "db_table": "signatures_access_review",
            },
        ),
        migrations.CreateModel(
            name="ReviewedRight",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=10)),
                ("right", models.BigIntegerField()),
                ("removed", models.BooleanField()),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rights",
                        to="signatures.accessreview",
                    ),
                ),
            ],
            options={
                "db_table": "signatures_reviewed_right",
                "indexes": [models.Index(fields=["kind", "right"], name="signatures_reviewed_right_of")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("review", "kind", "right"), name="signatures_reviewed_right_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["role", "machine", "class"])),
                        name="signatures_reviewed_right_kind",
                    ),
                ],
            },
        ),
    ]

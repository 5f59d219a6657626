"""Whose identity was confirmed, by whom and how (URS-UNQ-02)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="IdentityVerification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=10)),
                ("method", models.CharField(default="", max_length=40)),
                ("reference", models.CharField(default="", max_length=200)),
                ("verified_on", models.DateField(null=True)),
                ("cause", models.CharField(default="", max_length=40)),
                ("by", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("act", models.BigIntegerField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="verifications",
                        to="identity.person",
                    ),
                ),
            ],
            options={
                "db_table": "identity_verification",
                "indexes": [models.Index(fields=["person", "id"], name="identity_verification_person")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind", "ended"),
                            models.Q(("kind", "verified"), ("verified_on__isnull", False)),
                            _connector="OR",
                        ),
                        name="identity_verification_kind",
                    )
                ],
            },
        ),
    ]

"""How the lock on an account was lifted: whose, by whom, and how its person was known (URS-ACC-07)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0011_tested_authenticators"),
    ]

    operations = [
        migrations.CreateModel(
            name="Unlocking",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("confirmed", models.CharField(max_length=40)),
                ("by", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("act", models.BigIntegerField(unique=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="unlockings",
                        to="identity.person",
                    ),
                ),
            ],
            options={
                "db_table": "identity_unlocking",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("confirmed", ""), _negated=True),
                        name="identity_unlocking_confirmed",
                    )
                ],
            },
        ),
    ]

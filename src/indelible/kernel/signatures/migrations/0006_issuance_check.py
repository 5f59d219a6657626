"""The dated check of all credentials in use (URS-CRD-02)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0003_passkeys_and_provider"),
        ("signatures", "0005_any_credential"),
    ]

    operations = [
        migrations.CreateModel(
            name="IssuanceCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("components", models.CharField(max_length=80)),
                ("listed", models.IntegerField()),
                ("recalled", models.JSONField()),
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
                "db_table": "signatures_issuance_check",
            },
        ),
    ]

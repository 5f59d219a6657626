"""Machine credentials, terminals, and from where operations are allowed (URS-ACC-09, URS-DEV-01)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("identity", "0004_factor_rule"),
    ]

    operations = [
        migrations.CreateModel(
            name="SourceRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("process", models.CharField(max_length=40)),
                ("operation", models.CharField(max_length=80)),
                ("terminals", models.JSONField()),
                ("networks", models.JSONField()),
                ("decided_by", models.CharField(max_length=64)),
                ("decided_at", models.DateTimeField()),
                ("act", models.BigIntegerField(unique=True)),
            ],
            options={
                "db_table": "access_source_rule",
                "indexes": [
                    models.Index(fields=["process", "operation", "-id"], name="access_source_rule_newest")
                ],
            },
        ),
        migrations.CreateModel(
            name="Terminal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("networks", models.JSONField()),
                ("registered_by", models.CharField(max_length=64)),
                ("registered_at", models.DateTimeField()),
                ("token_digest", models.CharField(max_length=64, null=True, unique=True)),
                ("enrolled_by", models.CharField(default="", max_length=64)),
                ("enrolled_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(default="", max_length=64)),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.site"
                    ),
                ),
            ],
            options={
                "db_table": "access_terminal",
            },
        ),
        migrations.CreateModel(
            name="MachineCredential",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("label", models.CharField(max_length=60)),
                ("processes", models.JSONField()),
                ("operations", models.JSONField()),
                ("allowed_by", models.CharField(max_length=64)),
                ("allowed_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("token_digest", models.CharField(max_length=64, null=True, unique=True)),
                ("drawn_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(default="", max_length=64)),
                ("act", models.BigIntegerField()),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="machine_credentials",
                        to="identity.person",
                    ),
                ),
            ],
            options={
                "db_table": "access_machine_credential",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("allowed_at"))),
                        name="access_machine_credential_span",
                    )
                ],
            },
        ),
    ]

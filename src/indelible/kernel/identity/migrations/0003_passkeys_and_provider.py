"""Passkeys, authenticators, accounts at the identity provider, questions that wait, sources that wait; by what a session began."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0002_identity_verified"),
    ]

    operations = [
        migrations.CreateModel(
            name="Strain",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=64, unique=True)),
                ("accounts", models.JSONField(default=list)),
                ("last_at", models.DateTimeField()),
                ("locks", models.IntegerField(default=0)),
                ("locks_since", models.DateTimeField()),
            ],
            options={
                "db_table": "identity_strain",
            },
        ),
        migrations.AddField(
            model_name="session",
            name="begun_by",
            field=models.CharField(max_length=40, null=True),
        ),
        migrations.CreateModel(
            name="Challenge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("handle_digest", models.CharField(max_length=64, unique=True)),
                ("purpose", models.CharField(max_length=20)),
                ("session", models.CharField(default="", max_length=32)),
                ("payload", models.JSONField()),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "db_table": "identity_challenge",
                "indexes": [models.Index(fields=["expires_at"], name="identity_challenge_expiry")],
            },
        ),
        migrations.CreateModel(
            name="OneTimeCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("secret", models.CharField(max_length=400)),
                ("last_step", models.BigIntegerField()),
                ("enrolled_at", models.DateTimeField()),
                ("confirmed_by", models.CharField(default="", max_length=64)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(default="", max_length=64)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="one_time_codes",
                        to="identity.person",
                    ),
                ),
            ],
            options={
                "db_table": "identity_one_time_code",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("person",),
                        name="identity_one_time_code_one",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Passkey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("label", models.CharField(max_length=60)),
                ("credential_id", models.CharField(max_length=1400, unique=True)),
                ("public_key", models.TextField()),
                ("algorithm", models.IntegerField()),
                ("aaguid", models.CharField(max_length=36)),
                ("attestation", models.TextField()),
                ("sign_count", models.BigIntegerField()),
                ("enrolled_at", models.DateTimeField()),
                ("confirmed_by", models.CharField(default="", max_length=64)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("tested_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(default="", max_length=64)),
                ("ended_cause", models.CharField(default="", max_length=40)),
                ("suspect_since", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="passkeys",
                        to="identity.person",
                    ),
                ),
            ],
            options={
                "db_table": "identity_passkey",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("sign_count__gte", 0)), name="identity_passkey_count"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ProviderAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("issuer", models.CharField(max_length=300)),
                ("subject", models.CharField(max_length=255)),
                ("entered_by", models.CharField(max_length=64)),
                ("entered_at", models.DateTimeField()),
                ("confirmed_by", models.CharField(default="", max_length=64)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(default="", max_length=64)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="provider_accounts",
                        to="identity.person",
                    ),
                ),
            ],
            options={
                "db_table": "identity_provider_account",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("person",),
                        name="identity_provider_account_of_person",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("issuer", "subject"),
                        name="identity_provider_account_of_subject",
                    ),
                ],
            },
        ),
    ]

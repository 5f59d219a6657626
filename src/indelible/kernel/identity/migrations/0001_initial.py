"""The first tables of the identity room: companies, sites, people, grants, credentials, lockouts, sessions."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="LegalEntity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=200)),
            ],
            options={
                "db_table": "identity_legal_entity",
            },
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("user_id", models.CharField(max_length=64, unique=True)),
                ("skeleton", models.CharField(max_length=400, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("name_skeleton", models.CharField(max_length=800, unique=True)),
                ("email", models.CharField(max_length=254)),
                ("email_key", models.CharField(max_length=254, unique=True)),
                ("staff_number", models.CharField(max_length=40, null=True, unique=True)),
                ("zone", models.CharField(max_length=64)),
                ("status", models.CharField(default="active", max_length=10)),
            ],
            options={
                "db_table": "identity_person",
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.CharField(max_length=32, unique=True)),
                ("token_digest", models.CharField(max_length=64, unique=True)),
                ("kind", models.CharField(max_length=10)),
                ("source", models.CharField(max_length=64)),
                ("device", models.CharField(max_length=300)),
                ("began_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("locked_at", models.DateTimeField(null=True)),
                ("unlocked_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_cause", models.CharField(default="", max_length=40)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sessions",
                        to="identity.person",
                    ),
                ),
            ],
            options={
                "db_table": "identity_session",
            },
        ),
        migrations.CreateModel(
            name="SessionSeen",
            fields=[
                (
                    "session",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="seen",
                        serialize=False,
                        to="identity.session",
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "identity_session_seen",
            },
        ),
        migrations.CreateModel(
            name="Site",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("zone", models.CharField(max_length=64)),
                (
                    "legal_entity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.legalentity",
                    ),
                ),
            ],
            options={
                "db_table": "identity_site",
            },
        ),
        migrations.AddField(
            model_name="person",
            name="site",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.site"
            ),
        ),
        migrations.CreateModel(
            name="Grant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("role", models.CharField(max_length=40)),
                ("everywhere", models.BooleanField(default=False)),
                ("proposed_by", models.CharField(max_length=64)),
                ("proposed_at", models.DateTimeField()),
                ("act", models.BigIntegerField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grants",
                        to="identity.person",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.site",
                    ),
                ),
            ],
            options={
                "db_table": "identity_grant",
            },
        ),
        migrations.CreateModel(
            name="GrantDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("decision", models.CharField(max_length=10)),
                ("by", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("act", models.BigIntegerField()),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="identity.grant",
                    ),
                ),
            ],
            options={
                "db_table": "identity_grant_decision",
                "constraints": [
                    models.UniqueConstraint(fields=("grant", "decision"), name="identity_grant_decided_once"),
                    models.CheckConstraint(
                        condition=models.Q(("decision__in", ["approved", "refused", "ended"])),
                        name="identity_grant_decision_kind",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Lockout",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("failures", models.IntegerField(default=0)),
                ("locked_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lockout",
                        to="identity.person",
                    ),
                ),
            ],
            options={
                "db_table": "identity_lockout",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("failures__gte", 0)), name="identity_lockout_failures"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Credential",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(default="password", max_length=16)),
                ("secret", models.CharField(max_length=255)),
                ("temporary", models.BooleanField(default=False)),
                ("issued_by", models.CharField(max_length=64)),
                ("issued_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("used_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credentials",
                        to="identity.person",
                    ),
                ),
            ],
            options={
                "db_table": "identity_credential",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("person", "kind"),
                        name="identity_credential_one_in_force",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind", "password")), name="identity_credential_kind"
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["cookie", "bearer"])), name="identity_session_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["active", "inactive"])), name="identity_person_status"
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(("everywhere", False), ("site", None), _connector="OR"),
                name="identity_grant_one_scope",
            ),
        ),
    ]

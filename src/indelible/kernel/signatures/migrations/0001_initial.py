"""The first tables of the signatures room: periods, signatures, certifications."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("identity", "0001_initial"),
        ("records", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Period",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("boot", models.CharField(max_length=64)),
                ("began_at", models.DateTimeField()),
                ("last_signed_at", models.DateTimeField()),
                ("signings", models.IntegerField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_cause", models.CharField(default="", max_length=40)),
                (
                    "credential",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.credential",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.session"
                    ),
                ),
            ],
            options={
                "db_table": "signatures_period",
            },
        ),
        migrations.CreateModel(
            name="Signature",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("step", models.CharField(max_length=64)),
                ("meaning", models.CharField(max_length=200)),
                ("user_id", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=120)),
                ("role", models.CharField(max_length=80)),
                ("organisation", models.CharField(max_length=200)),
                ("signed_at", models.DateTimeField()),
                ("zone", models.CharField(max_length=64)),
                ("offset", models.CharField(max_length=6)),
                ("components", models.CharField(max_length=80)),
                ("position", models.IntegerField()),
                ("manifest", models.BinaryField()),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("act", models.BigIntegerField(unique=True)),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signatures",
                        to="signatures.period",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.person"
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="records.record"
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="records.revision"
                    ),
                ),
            ],
            options={
                "db_table": "signatures_signature",
            },
        ),
        migrations.CreateModel(
            name="Certification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("signatory", models.CharField(max_length=120)),
                ("route", models.CharField(max_length=10)),
                ("sent_on", models.DateField()),
                ("receipt", models.CharField(max_length=400)),
                ("recorded_by", models.CharField(max_length=64)),
                ("recorded_at", models.DateTimeField()),
                ("act", models.BigIntegerField(unique=True)),
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
                "db_table": "signatures_certification",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("route__in", ["electronic", "paper"])),
                        name="signatures_certification_route",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="period",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("session",), name="signatures_period_one_open"
            ),
        ),
        migrations.AddIndex(
            model_name="signature",
            index=models.Index(fields=["record", "id"], name="signatures_signature_record"),
        ),
        migrations.AddConstraint(
            model_name="signature",
            constraint=models.UniqueConstraint(
                fields=("period", "position"), name="signatures_signature_position"
            ),
        ),
    ]

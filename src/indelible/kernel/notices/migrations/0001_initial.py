"""Urgent notices, and the messages about them (URS-CRD-05)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Watch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "notices_watch",
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("mark", models.CharField(max_length=100)),
                ("entry", models.BigIntegerField()),
                ("subject", models.CharField(default="", max_length=64)),
                ("source", models.CharField(default="", max_length=64)),
                ("record", models.CharField(default="", max_length=40)),
                ("told", models.CharField(max_length=600)),
                ("raised_at", models.DateTimeField()),
                ("escalated_at", models.DateTimeField(null=True)),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("acknowledged_by", models.CharField(default="", max_length=64)),
                ("answer", models.CharField(default="", max_length=600)),
            ],
            options={
                "db_table": "notices_notice",
                "constraints": [models.UniqueConstraint(fields=("kind", "mark"), name="notices_notice_once")],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("channel", models.CharField(max_length=10)),
                ("audience", models.CharField(max_length=10)),
                ("address", models.CharField(max_length=1000)),
                ("made_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("attempts", models.IntegerField(default=0)),
                ("tried_at", models.DateTimeField(null=True)),
                ("fault", models.CharField(default="", max_length=300)),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="notices.notice",
                    ),
                ),
            ],
            options={
                "db_table": "notices_delivery",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["email", "webhook"])),
                        name="notices_delivery_channel",
                    )
                ],
            },
        ),
    ]

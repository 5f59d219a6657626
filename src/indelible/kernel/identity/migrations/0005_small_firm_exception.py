"""The exception for a very small firm (URS-AUT-03)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0004_factor_rule"),
    ]

    operations = [
        migrations.CreateModel(
            name="SmallFirmException",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ends_at", models.DateTimeField()),
                ("declared_by", models.CharField(max_length=64)),
                ("declared_at", models.DateTimeField()),
                ("approved_by", models.CharField(default="", max_length=64)),
                ("approved_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(default="", max_length=64)),
                ("act", models.BigIntegerField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exceptions",
                        to="identity.person",
                    ),
                ),
            ],
            options={
                "db_table": "identity_small_firm_exception",
            },
        ),
        migrations.AddField(
            model_name="grant",
            name="exception",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grants",
                to="identity.smallfirmexception",
            ),
        ),
        migrations.AddConstraint(
            model_name="smallfirmexception",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("declared_at"))),
                name="identity_small_firm_exception_span",
            ),
        ),
    ]

"""What a session was shown, and where the installation signs."""

import django.db.models.deletion
from django.db import migrations, models

_KEY = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0001_initial"),
        ("records", "0001_initial"),
        ("signatures", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Doors",
            fields=[
                ("id", _KEY.clone()),
                ("machines", models.BooleanField()),
                ("decided_by", models.CharField(max_length=64)),
                ("decided_at", models.DateTimeField()),
                ("act", models.BigIntegerField(unique=True)),
            ],
            options={"db_table": "signatures_doors"},
        ),
        migrations.CreateModel(
            name="Reading",
            fields=[
                ("id", _KEY.clone()),
                ("revision", models.IntegerField()),
                ("at", models.DateTimeField()),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="records.record"
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.session"
                    ),
                ),
            ],
            options={"db_table": "signatures_reading"},
        ),
        migrations.AddConstraint(
            model_name="reading",
            constraint=models.UniqueConstraint(fields=("session", "record"), name="signatures_reading_once"),
        ),
    ]

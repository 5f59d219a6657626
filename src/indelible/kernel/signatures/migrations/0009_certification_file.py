"""Evidence of a certification, kept as files (URS-CRT-01)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("files", "0001_initial"),
        ("signatures", "0008_access_review"),
    ]

    operations = [
        migrations.CreateModel(
            name="CertificationFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=10)),
                ("name", models.CharField(max_length=150)),
                ("by", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("act", models.BigIntegerField(unique=True)),
                (
                    "blob",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="files.blob"
                    ),
                ),
                (
                    "certification",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="signatures.certification",
                    ),
                ),
            ],
            options={
                "db_table": "signatures_certification_file",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("certification", "kind", "blob"), name="signatures_certification_file_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["letter", "receipt"])),
                        name="signatures_certification_file_kind",
                    ),
                ],
            },
        ),
    ]

"""The register of stored bytes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Blob",
            fields=[
                ("sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("size", models.BigIntegerField()),
                ("media", models.CharField(max_length=100)),
                ("at", models.DateTimeField()),
                ("act", models.BigIntegerField()),
            ],
            options={
                "db_table": "files_blob",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="files_blob_digest"
                    ),
                    models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="files_blob_not_empty"),
                ],
            },
        ),
    ]

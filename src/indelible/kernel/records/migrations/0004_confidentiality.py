"""Confidentiality classes of records and who knows of them (URS-AUT-06)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0003_searchable"),
    ]

    operations = [
        migrations.AddField(
            model_name="record",
            name="confidentiality",
            field=models.CharField(max_length=40, null=True),
        ),
    ]

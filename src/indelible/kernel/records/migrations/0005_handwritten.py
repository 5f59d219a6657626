"""The label of a paper signed by hand whose picture is attached (URS-LNK-05)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0004_confidentiality"),
    ]

    operations = [
        migrations.AddField(
            model_name="attachment",
            name="handwritten",
            field=models.JSONField(null=True),
        ),
    ]

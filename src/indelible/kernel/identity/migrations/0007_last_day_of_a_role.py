"""The instant from which a role no longer counts; empty for no end (URS-ACC-05)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0006_confidentiality"),
    ]

    operations = [
        migrations.AddField(
            model_name="grant",
            name="ends_at",
            field=models.DateTimeField(null=True),
        ),
    ]

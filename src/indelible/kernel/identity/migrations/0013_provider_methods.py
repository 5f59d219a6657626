"""How the identity provider says it knew somebody, and whether it always asks for a second factor (URS-ACC-08)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0012_unlockings"),
    ]

    operations = [
        migrations.AddField(
            model_name="factorrule",
            name="provider_asks",
            field=models.BooleanField(null=True),
        ),
        migrations.AddField(
            model_name="session",
            name="said",
            field=models.JSONField(null=True),
        ),
    ]

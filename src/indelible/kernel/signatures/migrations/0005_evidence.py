"""By what each signer was known (URS-CRT-03)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("signatures", "0004_where_a_period_is"),
    ]

    operations = [
        migrations.AddField(
            model_name="signature",
            name="evidence",
            field=models.JSONField(default=dict),
        ),
    ]

"""Where a signing period began, and by what each signer was known; both empty for what was before (URS-SIG-04, URS-CRT-03)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("signatures", "0003_accountability"),
    ]

    operations = [
        migrations.AddField(
            model_name="period",
            name="device",
            field=models.CharField(max_length=300, null=True),
        ),
        migrations.AddField(
            model_name="period",
            name="roles",
            field=models.CharField(max_length=400, null=True),
        ),
        migrations.AddField(
            model_name="period",
            name="source",
            field=models.CharField(max_length=64, null=True),
        ),
        migrations.AddField(
            model_name="signature",
            name="evidence",
            field=models.JSONField(null=True),
        ),
    ]

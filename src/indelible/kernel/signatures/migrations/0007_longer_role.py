"""As what somebody signs, with for whom (URS-AUT-05)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("signatures", "0006_issuance_check"),
    ]

    operations = [
        migrations.AlterField(
            model_name="signature",
            name="role",
            field=models.CharField(max_length=400),
        ),
    ]

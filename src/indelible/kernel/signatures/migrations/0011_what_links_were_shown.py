"""With which links a session was shown a record; unknown for what was noted before (URS-SIG-05, 21 CFR 11.70)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("signatures", "0010_withdraws"),
    ]

    operations = [
        migrations.AddField(
            model_name="reading",
            name="shown",
            field=models.CharField(max_length=64, null=True),
        ),
    ]

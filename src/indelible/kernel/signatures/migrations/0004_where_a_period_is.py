"""From where, by which device and in which roles a period began (URS-SIG-04)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("signatures", "0003_accountability"),
    ]

    operations = [
        migrations.AddField(
            model_name="period",
            name="device",
            field=models.CharField(default="", max_length=300),
        ),
        migrations.AddField(
            model_name="period",
            name="roles",
            field=models.CharField(default="", max_length=400),
        ),
        migrations.AddField(
            model_name="period",
            name="source",
            field=models.CharField(default="", max_length=64),
        ),
    ]

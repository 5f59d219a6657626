"""The networks that bind a program's credential (URS-ACC-08); null for those of before: the company's bind them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="machinecredential",
            name="networks",
            field=models.JSONField(null=True),
        ),
    ]

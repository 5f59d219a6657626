"""Which signature a withdrawal takes back: once, and for ever (URS-LNK-04)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("signatures", "0009_certification_file"),
    ]

    operations = [
        migrations.AddField(
            model_name="signature",
            name="withdraws",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="signatures.signature",
            ),
        ),
    ]

"""A period begins with any credential, a statement is accepted by any; empty for what was before (URS-SIG-04, URS-POL-01)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0003_passkeys_and_provider"),
        ("signatures", "0004_by_what_a_signer_was_known"),
    ]

    operations = [
        migrations.AddField(
            model_name="acceptance",
            name="evidence",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="period",
            name="credentials",
            field=models.CharField(max_length=400, null=True),
        ),
        migrations.AlterField(
            model_name="period",
            name="credential",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="identity.credential",
            ),
        ),
    ]

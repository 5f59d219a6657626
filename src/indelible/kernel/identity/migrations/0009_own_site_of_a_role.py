"""Which site was the person's own when a role was proposed for it (URS-ACC-05); empty for roles of before."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0008_former_names"),
    ]

    operations = [
        migrations.AddField(
            model_name="grant",
            name="own_site",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="identity.site",
            ),
        ),
    ]

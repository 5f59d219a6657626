"""What a company decided about second factors (URS-ACC-08)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0003_passkeys_and_provider"),
    ]

    operations = [
        migrations.CreateModel(
            name="FactorRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("administrators", models.BooleanField()),
                ("networks", models.JSONField()),
                ("decided_by", models.CharField(max_length=64)),
                ("decided_at", models.DateTimeField()),
                ("act", models.BigIntegerField(unique=True)),
            ],
            options={
                "db_table": "identity_factor_rule",
            },
        ),
    ]

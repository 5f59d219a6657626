"""Why a password or an authenticator ended and since when it was out of hand (URS-CRD-04); empty for those of before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0013_provider_methods"),
    ]

    operations = [
        migrations.AddField(
            model_name="credential",
            name="ended_by",
            field=models.CharField(max_length=64, null=True),
        ),
        migrations.AddField(
            model_name="credential",
            name="ended_cause",
            field=models.CharField(max_length=40, null=True),
        ),
        migrations.AddField(
            model_name="credential",
            name="suspect_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="onetimecode",
            name="ended_cause",
            field=models.CharField(max_length=40, null=True),
        ),
        migrations.AddField(
            model_name="onetimecode",
            name="suspect_since",
            field=models.DateTimeField(null=True),
        ),
    ]

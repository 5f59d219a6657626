"""When an authenticator was tested last (URS-CRD-06); empty for those of before, whose enrolment by a right code was the test."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0010_ids_for_ever"),
    ]

    operations = [
        migrations.AddField(
            model_name="onetimecode",
            name="tested_at",
            field=models.DateTimeField(null=True),
        ),
    ]

"""Record, revision, link, attachment, counter."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("files", "0001_initial"),
        ("identity", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Link",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=64)),
                ("back", models.CharField(max_length=64)),
                ("author", models.CharField(max_length=150)),
                ("act", models.BigIntegerField(db_index=True)),
            ],
            options={
                "db_table": "records_link",
            },
        ),
        migrations.CreateModel(
            name="Counter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("series", models.CharField(max_length=24)),
                ("year", models.IntegerField()),
                ("last", models.IntegerField()),
            ],
            options={
                "db_table": "records_counter",
                "constraints": [
                    models.UniqueConstraint(fields=("series", "year"), name="records_counter_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="LinkEnd",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("author", models.CharField(max_length=150)),
                ("act", models.BigIntegerField(db_index=True)),
                (
                    "link",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="end", to="records.link"
                    ),
                ),
            ],
            options={
                "db_table": "records_link_end",
            },
        ),
        migrations.CreateModel(
            name="Record",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=40, unique=True)),
                ("process", models.CharField(max_length=64)),
                ("process_version", models.IntegerField()),
                ("fingerprint", models.CharField(max_length=64)),
                ("title", models.TextField()),
                ("state", models.CharField(max_length=64)),
                ("values", models.JSONField()),
                ("revision", models.IntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("state_entered_at", models.DateTimeField()),
                (
                    "legal_entity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.legalentity",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.person"
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.site"
                    ),
                ),
            ],
            options={
                "db_table": "records_record",
            },
        ),
        migrations.AddField(
            model_name="link",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="links", to="records.record"
            ),
        ),
        migrations.AddField(
            model_name="link",
            name="target",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="back_links", to="records.record"
            ),
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("field", models.CharField(blank=True, max_length=200)),
                ("version", models.IntegerField()),
                ("size", models.BigIntegerField()),
                ("media", models.CharField(max_length=100)),
                ("at", models.DateTimeField()),
                ("author", models.CharField(max_length=150)),
                ("act", models.BigIntegerField(db_index=True)),
                (
                    "blob",
                    models.ForeignKey(
                        db_column="sha256",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="files.blob",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attachments",
                        to="records.record",
                    ),
                ),
            ],
            options={
                "db_table": "records_attachment",
            },
        ),
        migrations.CreateModel(
            name="Revision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.IntegerField()),
                ("content", models.BinaryField()),
                ("digest", models.CharField(max_length=64)),
                (
                    "changed",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None),
                ),
                ("author", models.CharField(max_length=150)),
                ("act", models.BigIntegerField(db_index=True)),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revisions",
                        to="records.record",
                    ),
                ),
            ],
            options={
                "db_table": "records_revision",
            },
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(fields=["process", "state", "-id"], name="records_record_process"),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(fields=["site", "-id"], name="records_record_site"),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(fields=["owner", "-id"], name="records_record_owner"),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(fields=["-updated_at", "-id"], name="records_record_updated"),
        ),
        migrations.AddConstraint(
            model_name="record",
            constraint=models.CheckConstraint(
                condition=models.Q(("revision__gte", 1)), name="records_record_revision"
            ),
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.UniqueConstraint(
                fields=("record", "field", "name", "version"), name="records_attachment_version"
            ),
        ),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.UniqueConstraint(fields=("record", "number"), name="records_revision_once"),
        ),
    ]

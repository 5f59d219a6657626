"""The tables of records: what a record says now, every revision of it, its links, files and number."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class Record(models.Model):
    """One quality record as it stands now; what it said before stands in its revisions.

    `values` repeats the fields of the newest revision so that they can be searched and filtered;
    `process_version` and `fingerprint` pin the declaration the record is run by, for its whole life.
    `confidentiality` is the class of those who may know of it beside QA and inspectors; null: everybody of its site.
    Numbers of regulated fields inside `values` are decimal strings with the precision typed.
    All times are the database's (`audit.clock()`), stored as UTC instants.
    """

    number = models.CharField(max_length=40, unique=True)
    process = models.CharField(max_length=64)
    process_version = models.IntegerField()
    fingerprint = models.CharField(max_length=64)
    title = models.TextField()
    state = models.CharField(max_length=64)
    owner = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey("identity.Site", on_delete=models.PROTECT, related_name="+")
    legal_entity = models.ForeignKey("identity.LegalEntity", on_delete=models.PROTECT, related_name="+")
    values = models.JSONField()
    revision = models.IntegerField()
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    state_entered_at = models.DateTimeField()
    confidentiality = models.CharField(max_length=40, null=True)

    class Meta:
        db_table = "records_record"
        indexes: ClassVar = [
            models.Index(fields=["process", "state", "-id"], name="records_record_process"),
            models.Index(fields=["site", "-id"], name="records_record_site"),
            models.Index(fields=["owner", "-id"], name="records_record_owner"),
            models.Index(fields=["-updated_at", "-id"], name="records_record_updated"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(revision__gte=1), name="records_record_revision"),
        ]


class Revision(models.Model):
    """One saved content of a record, for ever: the canonical bytes, their SHA-256 and what they changed.

    `content` is RFC 8785 JSON of `{"attachments": [...], "fields": {...}}`; `changed` names the paths that
    differ from the revision before. Who, when and why stand in the act.
    """

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="revisions")
    number = models.IntegerField()
    content = models.BinaryField()
    digest = models.CharField(max_length=64)
    changed = ArrayField(models.TextField())
    author = models.CharField(max_length=150)
    act = models.BigIntegerField(db_index=True)

    class Meta:
        db_table = "records_revision"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["record", "number"], name="records_revision_once"),
        ]


class Link(models.Model):
    """From one record to another under a declared name, and the name by which the other sees it."""

    source = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="links")
    target = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="back_links")
    kind = models.CharField(max_length=64)
    back = models.CharField(max_length=64)
    author = models.CharField(max_length=150)
    act = models.BigIntegerField(db_index=True)

    class Meta:
        db_table = "records_link"


class LinkEnd(models.Model):
    """The end of a link: a row of its own, so that the link stays readable."""

    link = models.OneToOneField(Link, on_delete=models.PROTECT, related_name="end")
    author = models.CharField(max_length=150)
    act = models.BigIntegerField(db_index=True)

    class Meta:
        db_table = "records_link_end"


class Attachment(models.Model):
    """A file a record carries: which bytes, under which name, at which field ("" is the record itself).

    A second file of the same name at the same field is the next `version`, never an overwrite (URS-RET-06). `handwritten`
    labels the picture of a paper signed by hand (records.types.Handwritten; URS-LNK-05).
    """

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="attachments")
    blob = models.ForeignKey("files.Blob", on_delete=models.PROTECT, db_column="sha256", related_name="+")
    name = models.CharField(max_length=200)
    field = models.CharField(max_length=200, blank=True)
    version = models.IntegerField()
    size = models.BigIntegerField()
    media = models.CharField(max_length=100)
    at = models.DateTimeField()
    author = models.CharField(max_length=150)
    handwritten = models.JSONField(null=True)
    act = models.BigIntegerField(db_index=True)

    class Meta:
        db_table = "records_attachment"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["record", "field", "name", "version"], name="records_attachment_version"
            ),
        ]


class Counter(models.Model):
    """The last number given in a series (the declaration's prefix) and UTC year; its row lock orders them."""

    series = models.CharField(max_length=24)
    year = models.IntegerField()
    last = models.IntegerField()

    class Meta:
        db_table = "records_counter"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["series", "year"], name="records_counter_once"),
        ]


class Searchable(models.Model):
    """The words of a record as a search finds them; made and kept by a trigger of the database (sql/searchable.sql)."""

    record = models.OneToOneField(
        Record, on_delete=models.PROTECT, primary_key=True, related_name="+", db_constraint=False
    )
    words = SearchVectorField()

    class Meta:
        db_table = "records_searchable"
        indexes: ClassVar = [
            # a short list of what is not yet in the index: each search reads all of that list
            GinIndex(fields=["words"], name="records_searchable_words", gin_pending_list_limit=256),
        ]


AUDIT = {
    "records_record": {"pk": ["id"], "policy": {"values": "digest"}},
    "records_revision": {"pk": ["id"], "policy": {"content": "digest"}, "append_only": True},
    "records_link": {"pk": ["id"], "append_only": True},
    "records_link_end": {"pk": ["id"], "append_only": True},
    "records_attachment": {"pk": ["id"], "append_only": True},
    "records_counter": {"pk": ["id"]},
}

UNREGULATED = {
    "records_searchable": "the words of a record for the search: made from the record by a trigger, can be made again"
}
READ_ONLY = ("records_searchable",)
"""Unregulated tables that the service only reads; the database itself keeps them."""

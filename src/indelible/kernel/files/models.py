"""The register of stored bytes; the bytes themselves lie under the home's files folder by their digest."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Blob(models.Model):
    """Bytes that were received whole: their SHA-256 in lower-case hex, length, and what they look like.

    `media` is what the first bytes say, never what a client declared; `at` is the database's time.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.BigIntegerField()
    media = models.CharField(max_length=100)
    at = models.DateTimeField()
    act = models.BigIntegerField()

    class Meta:
        db_table = "files_blob"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(sha256__regex="^[0-9a-f]{64}$"), name="files_blob_digest"
            ),
            models.CheckConstraint(condition=models.Q(size__gt=0), name="files_blob_not_empty"),
        ]


AUDIT = {"files_blob": {"pk": ["sha256"], "append_only": True}}

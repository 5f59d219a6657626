"""The tables of urgent notices: what was noticed, who answered it, and each try to tell somebody outside the product."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Notice(models.Model):
    """Something that looks like misuse, noticed in the trail (21 CFR 11.300(d), URS-CRD-05).

    `kind` is one of notices.types.KINDS and `mark` what it was noticed by, so that the same is told once; `entry` the act
    it rests on (0: none), `subject` the user id it concerns, `told` the sentence people read.
    """

    kind = models.CharField(max_length=40)
    mark = models.CharField(max_length=100)
    entry = models.BigIntegerField()
    subject = models.CharField(max_length=64, default="")
    source = models.CharField(max_length=64, default="")
    record = models.CharField(max_length=40, default="")
    told = models.CharField(max_length=600)
    raised_at = models.DateTimeField()
    escalated_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=64, default="")
    answer = models.CharField(max_length=600, default="")

    class Meta:
        db_table = "notices_notice"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "mark"], name="notices_notice_once"),
        ]


class Delivery(models.Model):
    """One message about a notice by one channel to one audience; tried again until it is out or given up.

    `audience` is `security`, `management` or `owner`; `address` the mailboxes, comma apart, or the webhook's host.
    """

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="deliveries")
    channel = models.CharField(max_length=10)
    audience = models.CharField(max_length=10)
    address = models.CharField(max_length=1000)
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=300, default="")

    class Meta:
        db_table = "notices_delivery"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(channel__in=["email", "webhook"]), name="notices_delivery_channel"
            ),
        ]


class Watch(models.Model):
    """Up to when the trail was looked through; one row."""

    at = models.DateTimeField()

    class Meta:
        db_table = "notices_watch"


AUDIT = {"notices_notice": {"pk": ["id"]}, "notices_delivery": {"pk": ["id"]}}

UNREGULATED = {
    "notices_watch": "a bookmark of the watch: lost, it looks through a day again and tells nothing twice"
}

"""The tables of workflow: processes as they were put in force, and every passage of a record between states."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Process(models.Model):
    """One version of one process, for ever: `declaration` is its stored form, `fingerprint` its SHA-256.

    The highest version of a code is in force for new records; older ones still run the records begun
    under them (decision D5).
    """

    code = models.CharField(max_length=40)
    version = models.IntegerField()
    title = models.CharField(max_length=200)
    prefix = models.CharField(max_length=8)
    fingerprint = models.CharField(max_length=64)
    declaration = models.JSONField()
    published_by = models.CharField(max_length=150)
    published_at = models.DateTimeField()
    act = models.BigIntegerField()

    class Meta:
        db_table = "workflow_process"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "version"], name="workflow_process_once"),
        ]


class Passage(models.Model):
    """A record went from one state to another: by which step, at which revision, when and by whom.

    The first passage of a record has no step and no `origin_state`; `carried_from` is the number of the
    record whose fields it was opened with, so that they keep their authors.
    """

    record = models.ForeignKey("records.Record", on_delete=models.PROTECT, related_name="passages")
    step = models.CharField(max_length=40)
    origin_state = models.CharField(max_length=40)
    state = models.CharField(max_length=40)
    revision = models.IntegerField()
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    carried_from = models.CharField(max_length=40, blank=True)
    act = models.BigIntegerField()

    class Meta:
        db_table = "workflow_passage"
        indexes: ClassVar = [models.Index(fields=["record", "id"], name="workflow_passage_record")]


class ExceptedAct(models.Model):
    """What somebody did with a record who also administers, under the exception for a very small firm: it waits for a second
    person, and the record with it (URS-AUT-03)."""

    record = models.ForeignKey("records.Record", on_delete=models.PROTECT, related_name="excepted_acts")
    by = models.CharField(max_length=64)
    at = models.DateTimeField()
    act = models.BigIntegerField(unique=True)
    reviewed_by = models.CharField(max_length=64, default="")
    reviewed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "workflow_excepted_act"
        indexes: ClassVar = [
            models.Index(
                fields=["record"], condition=models.Q(reviewed_at=None), name="workflow_excepted_act_waiting"
            )
        ]


class Delegation(models.Model):
    """Steps of a process that one person lets another take for them, for a while and a stated task (URS-AUT-05).

    Counts from `begins_at` to `ends_at`, once the delegate accepted and a third person approved it, until it is ended, and at
    each use only as far as the delegator may still do it themselves.
    """

    delegator = models.ForeignKey(
        "identity.Person", on_delete=models.PROTECT, related_name="delegations_given"
    )
    delegate = models.ForeignKey(
        "identity.Person", on_delete=models.PROTECT, related_name="delegations_taken"
    )
    process = models.CharField(max_length=40)
    steps = models.JSONField()
    task = models.CharField(max_length=2000)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    offered_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=64, default="")
    approved_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=64, default="")
    act = models.BigIntegerField()

    class Meta:
        db_table = "workflow_delegation"
        indexes: ClassVar = [
            models.Index(fields=["delegate", "ends_at"], name="workflow_delegation_delegate")
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("begins_at")), name="workflow_delegation_span"
            ),
            models.CheckConstraint(
                condition=~models.Q(delegator=models.F("delegate")), name="workflow_delegation_two"
            ),
        ]


AUDIT = {
    "workflow_process": {"pk": ["id"], "append_only": True},
    "workflow_passage": {"pk": ["id"], "append_only": True},
    "workflow_delegation": {"pk": ["id"]},
    "workflow_excepted_act": {"pk": ["id"]},
}

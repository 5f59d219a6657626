"""The tables of access: credentials of programs, registered terminals, and rules from where an operation is allowed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from indelible.kernel.identity.models import Person, Site


class MachineCredential(models.Model):
    """What a program proves itself with: allowed by administration, drawn and answered for by its owner (URS-ACC-09).

    Known by the token's SHA-256 only; None until its owner drew it. `processes` and `operations` (access.types) are all it
    reaches. `networks` (CIDR) bind it always; none, or null by an earlier version: those that the company decided do. It
    counts until `expires_at`, while its owner's account is active, and not after it was ended.
    """

    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="machine_credentials")
    label = models.CharField(max_length=60)
    processes = models.JSONField()
    operations = models.JSONField()
    networks = models.JSONField(null=True)
    allowed_by = models.CharField(max_length=64)
    allowed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    token_digest = models.CharField(max_length=64, null=True, unique=True)
    drawn_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=64, default="")
    act = models.BigIntegerField()

    class Meta:
        db_table = "access_machine_credential"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("allowed_at")),
                name="access_machine_credential_span",
            ),
        ]


class Terminal(models.Model):
    """A device at a place of work that proves itself by a token it alone holds (URS-DEV-01).

    Registered by one administrator, enrolled at the device by another. `networks` (CIDR; none: any) is where it stands.
    """

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    networks = models.JSONField()
    registered_by = models.CharField(max_length=64)
    registered_at = models.DateTimeField()
    token_digest = models.CharField(max_length=64, null=True, unique=True)
    enrolled_by = models.CharField(max_length=64, default="")
    enrolled_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "access_terminal"


class SourceRule(models.Model):
    """From where an operation on a process's records is allowed; the newest of each counts (URS-DEV-01).

    `operation` is one of access.types.OPERATIONS, or `step:` and a step's name. Neither terminals (codes) nor networks
    (CIDR): from anywhere again.
    """

    process = models.CharField(max_length=40)
    operation = models.CharField(max_length=80)
    terminals = models.JSONField()
    networks = models.JSONField()
    decided_by = models.CharField(max_length=64)
    decided_at = models.DateTimeField()
    act = models.BigIntegerField(unique=True)

    class Meta:
        db_table = "access_source_rule"
        indexes: ClassVar = [
            models.Index(fields=["process", "operation", "-id"], name="access_source_rule_newest")
        ]


AUDIT = {
    "access_machine_credential": {"pk": ["id"], "policy": {"token_digest": "secret"}},
    "access_terminal": {"pk": ["id"], "policy": {"token_digest": "secret"}},
    "access_source_rule": {"pk": ["id"], "append_only": True},
}

UNREGULATED: dict[str, str] = {}

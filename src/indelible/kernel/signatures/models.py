"""The tables of signing: periods, signatures with the bytes they cover, certifications, what a session read, the doors."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Period(models.Model):
    """A single, continuous period of controlled system access of one session (21 CFR 11.200(a)(1)).

    Begun by its first signing, over when `ended_at` is set. `boot` names the run of the server, `credentials` all that the
    signer could prove themselves with, `credential` their password if they have one; `source`, `device` and `roles` are
    the signer's at its first signing (SIG-04): when one of these is another, the period is over (null: an earlier version's).
    """

    session = models.ForeignKey("identity.Session", on_delete=models.PROTECT, related_name="+")
    credential = models.ForeignKey(
        "identity.Credential", on_delete=models.PROTECT, related_name="+", null=True
    )
    credentials = models.CharField(max_length=400, null=True)
    boot = models.CharField(max_length=64)
    source = models.CharField(max_length=64, null=True)
    device = models.CharField(max_length=300, null=True)
    roles = models.CharField(max_length=400, null=True)
    began_at = models.DateTimeField()
    last_signed_at = models.DateTimeField()
    signings = models.IntegerField()
    ended_at = models.DateTimeField(null=True)
    ended_cause = models.CharField(max_length=40, default="")

    class Meta:
        db_table = "signatures_period"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["session"], condition=models.Q(ended_at=None), name="signatures_period_one_open"
            ),
        ]


class Signature(models.Model):
    """One execution of a person's electronic signature, for ever (21 CFR 11.50, 11.70, 11.200).

    `manifest` holds the exact bytes signed (Manifest v1, ledger.md 2) and `digest` their SHA-256. The
    other columns repeat what the manifest says so that it can be shown and searched; verification compares
    them with the manifest, never the other way round. `offset` is that of `zone` at `signed_at`, as +01:00.
    `evidence` says by what the signer was known at that moment (signatures.evidence), for testimony (URS-CRT-03).
    `withdraws` is the signature of the same person that this one takes back, once (URS-LNK-04).
    """

    record = models.ForeignKey("records.Record", on_delete=models.PROTECT, related_name="+")
    revision = models.ForeignKey("records.Revision", on_delete=models.PROTECT, related_name="+")
    step = models.CharField(max_length=64)
    meaning = models.CharField(max_length=200)
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    user_id = models.CharField(max_length=64)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=400)
    organisation = models.CharField(max_length=200)
    signed_at = models.DateTimeField()
    zone = models.CharField(max_length=64)
    offset = models.CharField(max_length=6)
    components = models.CharField(max_length=80)
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="signatures")
    position = models.IntegerField()
    manifest = models.BinaryField()
    digest = models.CharField(max_length=64, unique=True)
    evidence = models.JSONField(null=True)
    withdraws = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="+")
    act = models.BigIntegerField(unique=True)

    class Meta:
        db_table = "signatures_signature"
        indexes: ClassVar = [models.Index(fields=["record", "id"], name="signatures_signature_record")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["period", "position"], name="signatures_signature_position"),
        ]


class Certification(models.Model):
    """That a company told the agency its electronic signatures are meant to bind (21 CFR 11.100(c)(1)).

    `sent_on` is a calendar day; `receipt` says where the proof lies that the agency received the letter.
    """

    legal_entity = models.ForeignKey("identity.LegalEntity", on_delete=models.PROTECT, related_name="+")
    signatory = models.CharField(max_length=120)
    route = models.CharField(max_length=10)
    sent_on = models.DateField()
    receipt = models.CharField(max_length=400)
    recorded_by = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()
    act = models.BigIntegerField(unique=True)

    class Meta:
        db_table = "signatures_certification"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(route__in=["electronic", "paper"]), name="signatures_certification_route"
            ),
        ]


class CertificationFile(models.Model):
    """What proves a certification, as it is: the letter with its handwritten signature, or the receipt (21 CFR 11.100(c)(1))."""

    LETTER = "letter"
    RECEIPT = "receipt"

    certification = models.ForeignKey(Certification, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(max_length=10)
    blob = models.ForeignKey("files.Blob", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=150)
    by = models.CharField(max_length=64)
    at = models.DateTimeField()
    act = models.BigIntegerField(unique=True)

    class Meta:
        db_table = "signatures_certification_file"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["certification", "kind", "blob"], name="signatures_certification_file_once"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["letter", "receipt"]), name="signatures_certification_file_kind"
            ),
        ]


class Statement(models.Model):
    """A version of the accountability statement that a company published over the shipped one (21 CFR 11.10(j))."""

    version = models.IntegerField(unique=True)
    text = models.TextField()
    grace_until = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    act = models.BigIntegerField(unique=True)

    class Meta:
        db_table = "signatures_statement"


class Acceptance(models.Model):
    """That a person accepted a version of the statement with all components; `digest` is the SHA-256 of its text (URS-POL-01).

    `evidence` holds what their device or identity provider answered, and for which bytes (null: an earlier version's).
    """

    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    version = models.IntegerField()
    digest = models.CharField(max_length=64)
    components = models.CharField(max_length=80)
    evidence = models.JSONField(null=True)
    at = models.DateTimeField()
    act = models.BigIntegerField(unique=True)

    class Meta:
        db_table = "signatures_acceptance"
        indexes: ClassVar = [models.Index(fields=["person", "id"], name="signatures_acceptance_person")]


class IssuanceCheck(models.Model):
    """A dated, signed check of all credentials in use: of which list (SHA-256), and whose dormant ones it recalled (URS-CRD-02)."""

    by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    components = models.CharField(max_length=80)
    listed = models.IntegerField()
    recalled = models.JSONField()
    digest = models.CharField(max_length=64)
    evidence = models.JSONField()
    at = models.DateTimeField()
    act = models.BigIntegerField(unique=True)

    class Meta:
        db_table = "signatures_issuance_check"


class AccessReview(models.Model):
    """Somebody reviewed rights, one by one, and signed what they decided; `content` are the bytes signed, `digest` their SHA-256.

    Canonical JSON: whose right it is, which, since when, what stood out, `keep` or `remove` (signatures.access_reviews; URS-ACC-06).
    """

    by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    components = models.CharField(max_length=80)
    content = models.TextField()
    digest = models.CharField(max_length=64)
    evidence = models.JSONField()
    at = models.DateTimeField()
    act = models.BigIntegerField(unique=True)

    class Meta:
        db_table = "signatures_access_review"


class ReviewedRight(models.Model):
    """What one review decided of one right: `kind` is role, machine or class, `right` its row's id."""

    review = models.ForeignKey(AccessReview, on_delete=models.PROTECT, related_name="rights")
    kind = models.CharField(max_length=10)
    right = models.BigIntegerField()
    removed = models.BooleanField()

    class Meta:
        db_table = "signatures_reviewed_right"
        indexes: ClassVar = [models.Index(fields=["kind", "right"], name="signatures_reviewed_right_of")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["review", "kind", "right"], name="signatures_reviewed_right_once"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["role", "machine", "class"]),
                name="signatures_reviewed_right_kind",
            ),
        ]


class Reading(models.Model):
    """That a session was shown a record, at which revision last and with which links: no signing at any door without it.

    `shown` is the digest of what was shown (readings.digest_of); None where it was noted before links were.
    `at` is the database's time. It says what was delivered to the session, not what a person understood.
    """

    session = models.ForeignKey("identity.Session", on_delete=models.PROTECT, related_name="+")
    record = models.ForeignKey("records.Record", on_delete=models.PROTECT, related_name="+")
    revision = models.IntegerField()
    shown = models.CharField(max_length=64, null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "signatures_reading"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["session", "record"], name="signatures_reading_once"),
        ]


class Doors(models.Model):
    """A decision of the installation: may anything but the product's own page sign (decision 0007)? The last row counts."""

    machines = models.BooleanField()
    decided_by = models.CharField(max_length=64)
    decided_at = models.DateTimeField()
    act = models.BigIntegerField(unique=True)

    class Meta:
        db_table = "signatures_doors"


AUDIT = {
    "signatures_period": {
        "pk": ["id"],
        "noted": True,
    },  # one whose session moved is ended in the very refusal that tells of it
    "signatures_signature": {
        "pk": ["id"],
        "policy": {"manifest": "digest"},
        "append_only": True,
        "kind": "esign",
    },
    "signatures_certification": {"pk": ["id"], "append_only": True},
    "signatures_certification_file": {"pk": ["id"], "append_only": True},
    "signatures_statement": {"pk": ["id"], "append_only": True},
    "signatures_acceptance": {"pk": ["id"], "append_only": True},
    "signatures_doors": {"pk": ["id"], "append_only": True},
    "signatures_issuance_check": {"pk": ["id"], "append_only": True},
    "signatures_access_review": {"pk": ["id"], "append_only": True},
    "signatures_reviewed_right": {"pk": ["id"], "append_only": True},
}

UNREGULATED = {
    "signatures_reading": "what a session was shown last: written as a record is read, no record itself (URS-SIG-05)"
}

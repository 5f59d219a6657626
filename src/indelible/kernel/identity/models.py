"""The tables of people: companies and sites, persons, grants, lockouts, and by what a person proves themselves."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class LegalEntity(models.Model):
    """A company in law: whose certification its people's signatures rest on (21 CFR 11.100(c))."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)

    class Meta:
        db_table = "identity_legal_entity"


class Site(models.Model):
    """A place of work, with the IANA zone its due dates and copies are told in."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    zone = models.CharField(max_length=64)
    legal_entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "identity_site"


class Person(models.Model):
    """One named individual with one account, for ever: never deleted, the id never given again (URS-UNQ-01).

    `skeleton` and `name_skeleton` are what an id and a printed name look like (identity.skeletons), so that
    neither can be imitated; `email_key` and `staff_number` find a second account of the same person.
    """

    ACTIVE = "active"
    INACTIVE = "inactive"

    user_id = models.CharField(max_length=64, unique=True)
    skeleton = models.CharField(max_length=400, unique=True)
    name = models.CharField(max_length=120)
    name_skeleton = models.CharField(max_length=800, unique=True)
    email = models.CharField(max_length=254)
    email_key = models.CharField(max_length=254, unique=True)
    staff_number = models.CharField(max_length=40, unique=True, null=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    zone = models.CharField(max_length=64)
    status = models.CharField(max_length=10, default=ACTIVE)

    class Meta:
        db_table = "identity_person"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(status__in=["active", "inactive"]), name="identity_person_status"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.user_id})"


class FormerName(models.Model):
    """A printed name that a person had before: it stays theirs, because it stands beside what they signed (URS-MAN-02)."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="former_names")
    name = models.CharField(max_length=120)
    name_skeleton = models.CharField(max_length=800)
    until = models.DateTimeField()
    act = models.BigIntegerField()

    class Meta:
        db_table = "identity_former_name"
        indexes: ClassVar = [models.Index(fields=["name_skeleton"], name="identity_former_name_look")]


class SmallFirmException(models.Model):
    """That in a very small firm one person administers and has a part in the records, for a while (URS-AUT-03).

    Declared by administration, in force once QA approved it and until `ends_at`; the roles granted under it end with it.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="exceptions")
    ends_at = models.DateTimeField()
    declared_by = models.CharField(max_length=64)
    declared_at = models.DateTimeField()
    approved_by = models.CharField(max_length=64, default="")
    approved_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=64, default="")
    act = models.BigIntegerField()

    class Meta:
        db_table = "identity_small_firm_exception"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("declared_at")),
                name="identity_small_firm_exception_span",
            ),
        ]


class Grant(models.Model):
    """A role asked for a person; what became of it stands in its decisions, by rows (URS-ACC-05, AUT-04).

    `ends_at` is the first instant at which it no longer counts, null for no end. The scope is the person's own site while `site` is null and `everywhere` false. One under an `exception` counts only while
    that is in force. `own_site` is which site was the person's own when it was proposed (null: by an earlier version, or not meant).
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=40)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+")
    own_site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+")
    everywhere = models.BooleanField(default=False)
    exception = models.ForeignKey(
        SmallFirmException, on_delete=models.PROTECT, null=True, related_name="grants"
    )
    ends_at = models.DateTimeField(null=True)
    proposed_by = models.CharField(max_length=64)
    proposed_at = models.DateTimeField()
    act = models.BigIntegerField()

    class Meta:
        db_table = "identity_grant"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(everywhere=False) | models.Q(site=None), name="identity_grant_one_scope"
            ),
        ]


class GrantDecision(models.Model):
    """What happened to a grant: approved (from then on active), refused or ended; each once and for ever."""

    APPROVED = "approved"
    REFUSED = "refused"
    ENDED = "ended"

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="decisions")
    decision = models.CharField(max_length=10)
    by = models.CharField(max_length=64)
    at = models.DateTimeField()
    act = models.BigIntegerField()

    class Meta:
        db_table = "identity_grant_decision"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["grant", "decision"], name="identity_grant_decided_once"),
            models.CheckConstraint(
                condition=models.Q(decision__in=["approved", "refused", "ended"]),
                name="identity_grant_decision_kind",
            ),
        ]


class ClassGrant(models.Model):
    """That a person may know of records of a confidentiality class; ended, never taken away (URS-AUT-06)."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="class_grants")
    code = models.CharField(max_length=40)
    given_by = models.CharField(max_length=64)
    given_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=64, default="")
    act = models.BigIntegerField()

    class Meta:
        db_table = "identity_class_grant"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "code"], condition=models.Q(ended_at=None), name="identity_class_grant_once"
            ),
        ]


class Credential(models.Model):
    """What a person proves themselves with: in this version a password, as Argon2id digest.

    A temporary one works for one sign-in before `expires_at` and forces a change (URS-CRD-03). The one
    in force has no `ended_at`; ended ones stay as the history that no new password may repeat. `ended_by`, `ended_cause` and
    `suspect_since` are of one that was reported (identity.password_loss), else null.
    """

    PASSWORD = "password"  # noqa: S105  (a kind, not a secret)

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="credentials")
    kind = models.CharField(max_length=16, default=PASSWORD)
    secret = models.CharField(max_length=255)
    temporary = models.BooleanField(default=False)
    issued_by = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=64, null=True)
    ended_cause = models.CharField(max_length=40, null=True)
    suspect_since = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_credential"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "kind"],
                condition=models.Q(ended_at=None),
                name="identity_credential_one_in_force",
            ),
            models.CheckConstraint(condition=models.Q(kind="password"), name="identity_credential_kind"),
        ]


class Passkey(models.Model):
    """A key pair on a device that only its person can use: a second kind of credential (WebAuthn; URS-SIG-01, CRD-04, -06).

    Enrolled by its person and of no use until somebody else confirmed that it is theirs. `public_key` is COSE, `attestation`
    what the device said of itself at enrolment, both base64url; `sign_count` the highest count seen. It has to be tested
    within identity.types.TESTED_FOR. An ended one never works again.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="passkeys")
    label = models.CharField(max_length=60)
    credential_id = models.CharField(max_length=1400, unique=True)
    public_key = models.TextField()
    algorithm = models.IntegerField()
    aaguid = models.CharField(max_length=36)
    attestation = models.TextField()
    sign_count = models.BigIntegerField()
    enrolled_at = models.DateTimeField()
    confirmed_by = models.CharField(max_length=64, default="")
    confirmed_at = models.DateTimeField(null=True)
    tested_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=64, default="")
    ended_cause = models.CharField(max_length=40, default="")
    suspect_since = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_passkey"
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(sign_count__gte=0), name="identity_passkey_count"),
        ]


class OneTimeCode(models.Model):
    """An authenticator that shows one-time codes (TOTP), asked for beside the password once another person confirmed it.

    `secret` is the shared secret, encrypted under a key outside the database; `last_step` the time step of the newest code
    used: none at or before it works again. `tested_at` is empty where enrolment was the only test (identity.authenticators);
    `ended_cause` where it ended before causes were kept, or by no verb of its own.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="one_time_codes")
    secret = models.CharField(max_length=400)
    last_step = models.BigIntegerField()
    enrolled_at = models.DateTimeField()
    tested_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=64, default="")
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=64, default="")
    ended_cause = models.CharField(max_length=40, null=True)
    suspect_since = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_one_time_code"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(ended_at=None), name="identity_one_time_code_one"
            ),
        ]


class ProviderAccount(models.Model):
    """The account at the company's identity provider that is this person's, and nobody else's (URS-ACC-08).

    `issuer` and `subject` are what the provider's tokens say (`iss`, `sub`). Entered by one administrator, confirmed by
    another; neither is the person. One in force for a person, and no subject ever leads to a second person.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="provider_accounts")
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)
    entered_by = models.CharField(max_length=64)
    entered_at = models.DateTimeField()
    confirmed_by = models.CharField(max_length=64, default="")
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "identity_provider_account"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person"],
                condition=models.Q(ended_at=None),
                name="identity_provider_account_of_person",
            ),
            models.UniqueConstraint(
                fields=["issuer", "subject"],
                condition=models.Q(ended_at=None),
                name="identity_provider_account_of_subject",
            ),
        ]


class Challenge(models.Model):
    """What was asked of somebody's device or provider and not answered yet; answered once, within minutes, and forgotten.

    Known by the SHA-256 of its handle; `session` is the public id of the session it was asked in, "" before sign-in.
    """

    handle_digest = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=20)
    session = models.CharField(max_length=32, default="")
    payload = models.JSONField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "identity_challenge"
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="identity_challenge_expiry")]


class IdentityVerification(models.Model):
    """That somebody confirmed who a person is, or that it no longer counts; the last row of a person says which (URS-UNQ-02).

    `method` is one of identity.types.METHODS, `reference` says where the evidence lies, `verified_on` is a calendar day.
    """

    VERIFIED = "verified"
    ENDED = "ended"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="verifications")
    kind = models.CharField(max_length=10)
    method = models.CharField(max_length=40, default="")
    reference = models.CharField(max_length=200, default="")
    verified_on = models.DateField(null=True)
    cause = models.CharField(max_length=40, default="")
    by = models.CharField(max_length=64)
    at = models.DateTimeField()
    act = models.BigIntegerField()

    class Meta:
        db_table = "identity_verification"
        indexes: ClassVar = [models.Index(fields=["person", "id"], name="identity_verification_person")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind="ended") | models.Q(kind="verified", verified_on__isnull=False),
                name="identity_verification_kind",
            ),
        ]


class Lockout(models.Model):
    """Consecutive failed proofs of a person over all channels, sign-ins and signings together (URS-ACC-07)."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="lockout")
    failures = models.IntegerField(default=0)
    locked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_lockout"
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(failures__gte=0), name="identity_lockout_failures"),
        ]


class FactorRule(models.Model):
    """What a company decided about second factors; the newest counts (URS-ACC-08). `networks` are its own, as CIDR.

    `provider_asks`: the identity provider always asks for one, also where its tokens do not say so; null: decided before
    that was asked.
    """

    administrators = models.BooleanField()
    networks = models.JSONField()
    provider_asks = models.BooleanField(null=True)
    decided_by = models.CharField(max_length=64)
    decided_at = models.DateTimeField()
    act = models.BigIntegerField(unique=True)

    class Meta:
        db_table = "identity_factor_rule"


class Unlocking(models.Model):
    """That somebody lifted the lock on an account, once they had confirmed that it was its person who asked (URS-ACC-07).

    `confirmed` is one of identity.types.CONFIRMATIONS; the reason stands in the act's entry.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="unlockings")
    confirmed = models.CharField(max_length=40)
    by = models.CharField(max_length=64)
    at = models.DateTimeField()
    act = models.BigIntegerField(unique=True)

    class Meta:
        db_table = "identity_unlocking"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(confirmed=""), name="identity_unlocking_confirmed"),
        ]


class Strain(models.Model):
    """Failed sign-ins of an address: `accounts` lately, once a failure (identity.sources).

    Of a network: `accounts` it locked and ids that came to five failures (`locks`) since `locks_since`. Of an id that no lock
    counts (`source` is `unknown:` and its keyed digest, or `person:` and an id not active) `locks` are the failures as it, five at most.
    """

    source = models.CharField(max_length=64, unique=True)
    accounts = models.JSONField(default=list)
    last_at = models.DateTimeField()
    locks = models.IntegerField(default=0)
    locks_since = models.DateTimeField()

    class Meta:
        db_table = "identity_strain"


class Session(models.Model):
    """A person's signed-in stay at one door; the token is known here by its SHA-256 only (URS-ACC-04).

    It is locked while `locked_at` is later than `unlocked_at`. `public_id` names it in the trail; `begun_by` says by what
    the person proved themselves (`password`, `passkey 7`, `provider 3`; null: by an earlier version, a password). `said` is how the identity provider knew them, as its token says (identity.methods).
    """

    COOKIE = "cookie"
    BEARER = "bearer"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="sessions")
    public_id = models.CharField(max_length=32, unique=True)
    token_digest = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=10)
    source = models.CharField(max_length=64)
    device = models.CharField(max_length=300)
    begun_by = models.CharField(max_length=40, null=True)
    said = models.JSONField(null=True)
    began_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    locked_at = models.DateTimeField(null=True)
    unlocked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_cause = models.CharField(max_length=40, default="")

    class Meta:
        db_table = "identity_session"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["cookie", "bearer"]), name="identity_session_kind"
            ),
        ]


class SessionSeen(models.Model):
    """When the person last did something in a session; kept apart because it is no record of quality."""

    session = models.OneToOneField(Session, on_delete=models.PROTECT, primary_key=True, related_name="seen")
    at = models.DateTimeField()

    class Meta:
        db_table = "identity_session_seen"


AUDIT = {
    "identity_legal_entity": {"pk": ["id"]},
    "identity_site": {"pk": ["id"]},
    "identity_person": {"pk": ["id"]},
    "identity_former_name": {"pk": ["id"], "append_only": True},
    "identity_small_firm_exception": {"pk": ["id"]},
    "identity_grant": {"pk": ["id"], "append_only": True},
    "identity_grant_decision": {"pk": ["id"], "append_only": True},
    "identity_class_grant": {"pk": ["id"]},
    "identity_credential": {"pk": ["id"], "policy": {"secret": "secret"}},
    "identity_passkey": {
        "pk": ["id"],
        "noted": True,
    },  # a copied one is ended in the very refusal that tells of it
    "identity_factor_rule": {"pk": ["id"], "append_only": True},
    "identity_one_time_code": {"pk": ["id"], "policy": {"secret": "secret"}},
    "identity_provider_account": {"pk": ["id"]},
    "identity_verification": {"pk": ["id"], "append_only": True},
    "identity_lockout": {
        "pk": ["id"],
        "noted": True,
    },  # counted in the very refusal that tells of the failure
    "identity_unlocking": {"pk": ["id"], "append_only": True},
    "identity_session": {"pk": ["id"], "policy": {"token_digest": "secret"}},
}

UNREGULATED = {
    "identity_session_seen": "last-seen times of sessions: written at every page, no record (URS-ACC-04)",
    "identity_strain": "counts of failed sign-ins by network address, worth an hour; each failure is an entry itself",
    "identity_challenge": "questions that wait for a device's or provider's answer, for minutes; the answer is an act",
}

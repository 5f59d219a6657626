"""What records, signatures and the trail look like in answers; the kernel's documents, named for the description."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Schema
from pydantic import Field


class StepSignature(Schema):
    """The signature a step asks for."""

    meaning: str


class Step(Schema):
    """A step as a machine needs it to take it; `from` is always a list."""

    name: str
    title: str
    help: str
    from_: list[str] = Field(alias="from")
    to: str
    roles: list[str]
    signature: StepSignature | None
    required_fields: list[str]
    fills: list[str]
    reason_required: bool


class Withdrawal(Step):
    """The step by which the caller may take back a signature of theirs now: `withdraws` is its id."""

    withdraws: int


class Withheld(Step):
    """A step of this state that is not the caller's to take now, with the rule and why."""

    rule: str
    clause: str
    code: str
    why: str


class LinkKind(Schema):
    """A kind of link a process declares."""

    kind: str
    to: list[str]
    back: str


class Opening(Schema):
    """Who may open a record."""

    roles: list[str]


class Retention(Schema):
    """How long a record is kept."""

    rule: str
    years: int


class Process(Schema):
    """A declaration in force; `fields` is a JSON Schema (2020-12)."""

    code: str
    title: str
    version: int
    fingerprint: str
    help: str
    requirements: list[str]
    fields: dict[str, Any]
    states: list[str]
    state_titles: dict[str, str]
    final: list[str]
    steps: list[Step]
    links: list[LinkKind]
    create: Opening
    retain: Retention


class ProcessList(Schema):
    """The declarations in force, by title."""

    items: list[Process]
    next: str | None


class Link(Schema):
    """A link as this record sees it."""

    kind: str
    label: str
    direction: Literal["to", "from"]
    number: str
    title: str
    process: str
    state: str
    open: bool


class Handwritten(Schema):
    """Of the picture of a paper signed by hand: by whom, when, where it lies, and whether another record carries it, too."""

    signer: str
    signed_on: str
    original: str
    reused: bool


class Attachment(Schema):
    """A file the record carries or carried; `handwritten` where it shows a signature by hand, which is no electronic one."""

    sha256: str
    name: str
    field: str
    version: int
    size: int
    media: str
    at: str
    by: str
    handwritten: Handwritten | None


class Signature(Schema):
    """One executed signature; `at` is UTC, `zone` and `offset` the signer's then; `sealed`: a signed checkpoint holds it."""

    id: int
    step: str
    revision: int
    meaning: str
    user_id: str
    name: str
    role: str
    organisation: str
    at: str
    zone: str
    offset: str
    components: list[str]
    digest: str
    sealed: bool
    withdraws: int | None
    standing: Literal["stands", "earlier revision", "withdrawn", "invalid"]
    why: str


class SignatureList(Schema):
    """The signatures of a record, in the order they were executed."""

    items: list[Signature]
    next: str | None


class Difference(Schema):
    """One part in which a signature no longer says what was signed."""

    part: str
    detail: str


class Verification(Schema):
    """Whether the bond of a signature holds, found out now from the bytes."""

    valid: bool
    differences: list[Difference]


class Flag(Schema):
    """A value that lies or lay beyond its acceptance limits."""

    field: str
    label: str
    value: dict[str, Any]
    why: str
    revision: int
    retyped_in: int | None
    verified: bool


class RecordRow(Schema):
    """A record as lists show it."""

    number: str
    process: str
    process_title: str
    state: str
    state_title: str
    title: str
    revision: int
    owner: str
    owner_name: str
    site: str
    confidentiality: str | None = Field(
        description="The class of those who may know of it; null: everybody of its site"
    )
    created_at: str
    updated_at: str
    due: str | None
    overdue: bool


class RecordList(Schema):
    """One page of records."""

    items: list[RecordRow]
    next: str | None


class Record(RecordRow):
    """A record as it stands, before this caller; the `ETag` of the answer is the revision."""

    process_version: int
    fingerprint: str
    fields: dict[str, Any]
    digest: str
    links: list[Link]
    attachments: list[Attachment]
    signatures: list[Signature]
    steps: list[Step]
    withheld: list[Withheld]
    withdrawal: Withdrawal | None
    editable: list[str]
    flags: list[Flag]
    entered: dict[str, str]
    retain_until: str | None


class Named(Schema):
    """A person, as named at that moment."""

    user_id: str
    name: str


class Revision(Schema):
    """A saved revision; `changed` names declared paths."""

    revision: int
    at: str
    person: Named
    reason: str
    digest: str
    changed: list[str]


class RevisionList(Schema):
    """The revisions of a record, oldest first."""

    items: list[Revision]
    next: str | None


class RevisionWhole(Revision):
    """A revision with what it says."""

    fields: dict[str, Any]
    attachments: list[dict[str, Any]]


class TrailPerson(Schema):
    """Who acted, with the roles of that moment."""

    user_id: str
    name: str
    role: str


class TrailChange(Schema):
    """One field's earlier and later value."""

    field: str
    label: str
    old: Any = None
    new: Any = None


class TrailItem(Schema):
    """One act; `seq` is its leaf in the ledger, null until sealed."""

    seq: int | None
    at: str
    time_doubtful: bool = Field(description="Whether the clock had been set and not been found right again")
    person: TrailPerson
    on_behalf_of: str | None
    action: str
    title: str
    object: str | None
    record: str | None
    changes: list[TrailChange]
    reason: str | None
    source: str | None
    terminal: str | None = Field(description="The registered terminal it was done at (21 CFR 11.10(h))")
    channel: str
    outcome: str
    rule: str | None
    clause: str | None


class TrailList(Schema):
    """One page of the trail."""

    items: list[TrailItem]
    next: str | None

"""The verbs of records: plain functions inside an open act; who may call them is decided above, in workflow."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from indelible.kernel.audit import actions as audit
from indelible.kernel.audit.actions import Act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.files import actions as files
from indelible.kernel.files.types import Original, Upload
from indelible.kernel.identity.models import Person, Site
from indelible.kernel.records import events, queries
from indelible.kernel.records.differences import (
    canonical,
    changed_paths,
    changes,
    digest_of,
    parsed,
    without_empties,
)
from indelible.kernel.records.models import Attachment, Link, LinkEnd, Record, Revision
from indelible.kernel.records.numbering import draw
from indelible.kernel.records.types import Change, Fields, Handwritten, as_typed

# ----------------------------------------------------------------- reading through a door


def open_record(actor: Actor, number: str) -> Record:
    """The record for a reading door; "not there or not yours" is written down once, with the number as typed."""
    try:
        return queries.get(actor, number)
    except Refusal as refusal:
        audit.refuse(actor, events.READ, refusal, record=as_typed(number))
        raise


def open_file(actor: Actor, number: str, sha256: str) -> tuple[Attachment, Original]:
    """A file of a record, verified as it is read; the caller closes it. Refusals (404, 409) are written down."""
    try:
        found = queries.attachment(actor, number, sha256)
    except Refusal as refusal:
        audit.refuse(actor, events.READ, refusal, object=as_typed(sha256), record=as_typed(number))
        raise
    return found, files.original(actor, found.blob_id, record=found.record.number)


# ----------------------------------------------------------------- inside an act


def lock(actor: Actor, number: str) -> Record:
    """The record, held to the end of the act, so that nobody changes it between check and write; or "not there"."""
    record = queries.visible_to(actor).select_for_update(of=("self",)).filter(number=as_typed(number)).first()
    if record is None:
        raise queries.not_there(number)
    return record


def require_revision(record: Record, expected: int) -> None:
    """Refusal (409), telling what changed meanwhile, unless the locked record is at the revision the person saw."""
    if record.revision != expected:
        raise Refusal(events.STALE, _what_changed(record, expected))


def create(
    act: Act,
    actor: Actor,
    *,
    process: str,
    process_version: int,
    fingerprint: str,
    prefix: str,
    state: str,
    title: str,
    fields: Fields,
    site: str = "",
    owner: Person | None = None,
    confidentiality: str | None = None,
) -> Record:
    """Opens a record with revision 1, under the next number of its series and year (UTC).

    The site is the actor's unless given by code, the owner the actor unless given. Raises Refusal for a site
    the actor may not see.
    """
    now = clock()
    at_site = _site(actor, site or actor.site)
    content = canonical(fields, [])
    record = Record.objects.create(
        number=draw(act, prefix, now.year),
        process=process,
        process_version=process_version,
        fingerprint=fingerprint,
        title=title,
        state=state,
        owner=owner or Person.objects.get(user_id=actor.user_id),
        site=at_site,
        legal_entity=at_site.legal_entity,
        values=parsed(content)["fields"],
        revision=1,
        digest=digest_of(content),
        created_at=now,
        updated_at=now,
        state_entered_at=now,
        confidentiality=confidentiality,
    )
    _write_revision(act, actor, record, content, changes({}, parsed(content)))
    return record


def _site(actor: Actor, code: str) -> Site:
    found = Site.objects.select_related("legal_entity").filter(code=as_typed(code)).first()
    if found is None or not actor.sees_site(found.code):
        raise Refusal(events.SITE_NOT_YOURS, "Choose a site you work for; records are opened only there.")
    return found


def revise(
    act: Act, actor: Actor, record: Record, *, expected: int, fields: Fields, title: str
) -> Revision | None:
    """Saves a new content as the next revision; None, and nothing written, where it says the same as before.

    `fields` is the whole content. Raises Refusal (409) unless the record still is at revision `expected`.
    """
    held = _held(act, actor, record, expected)
    return _save(act, actor, record, held, fields, title)


def move_state(
    act: Act, actor: Actor, record: Record, *, expected: int, state: str, since: datetime | None = None
) -> None:
    """Moves the record to a state; no revision, for its content stays. `since`: it never left it (a withdrawal), and what is
    due in it is due as before. Raises Refusal (409) when stale."""
    held = _held(act, actor, record, expected)
    held.state = state
    held.updated_at = clock()
    held.state_entered_at = since or held.updated_at
    held.save(update_fields=["state", "updated_at", "state_entered_at"])
    _refresh(record, held)


def reassign(act: Act, actor: Actor, record: Record, *, owner: Person) -> bool:
    """Gives the record another owner; False, and nothing written, where the person owns it already."""
    held = _held(act, actor, record, None)
    if held.owner_id == owner.pk:
        return False
    held.owner = owner
    held.updated_at = clock()
    held.save(update_fields=["owner", "updated_at"])
    _refresh(record, held)
    record.owner = owner
    return True


def confine(act: Act, actor: Actor, record: Record, *, confidentiality: str | None) -> bool:
    """Puts the record into a confidentiality class, or into none; False, and nothing written, where it is there already."""
    held = _held(act, actor, record, None)
    if held.confidentiality == confidentiality:
        return False
    held.confidentiality = confidentiality
    held.updated_at = clock()
    held.save(update_fields=["confidentiality", "updated_at"])
    _refresh(record, held)
    record.confidentiality = confidentiality
    return True


def attach(
    act: Act,
    actor: Actor,
    record: Record,
    *,
    upload: Upload,
    field: str = "",
    expected: int | None = None,
    handwritten: Handwritten | None = None,
) -> Attachment:
    """Gives the record a received file, at an attachment field (`evidence`, `check.evidence`) or as a whole (""): a revision.

    The same bytes under the same name at the same place change nothing and give the attachment that is there; other
    bytes under the name are its next version (URS-RET-06). `handwritten` labels the picture of a paper signed by hand; the same
    bytes with another label are the next version, too (URS-LNK-05). Raises Refusal (409) when `expected` is given and stale.
    """
    held = _held(act, actor, record, expected)
    blob = files.register(act, upload)
    earlier = list(Attachment.objects.filter(record=held, field=field, name=upload.name).order_by("version"))
    label = handwritten.document() if handwritten else None
    if earlier and earlier[-1].blob_id == blob.sha256 and label in (None, earlier[-1].handwritten):
        return earlier[-1]
    made = Attachment.objects.create(
        record=held,
        blob=blob,
        name=upload.name,
        field=field,
        version=len(earlier) + 1,
        size=blob.size,
        media=blob.media,
        at=clock(),
        author=actor.user_id,
        handwritten=label,
        act=act.id,
    )
    fields = _with_file(held.values, field.split("."), blob.sha256) if field else held.values
    _save(act, actor, record, held, fields, held.title)
    return made


def _with_file(fields: Fields, path: list[str], sha256: str) -> dict[str, Any]:
    inner = fields.get(path[0])
    if len(path) > 1:
        return {**fields, path[0]: _with_file(inner or {}, path[1:], sha256)}
    listed = [*(inner or [])]
    return {**fields, path[0]: listed if sha256 in listed else [*listed, sha256]}


def add_link(act: Act, actor: Actor, source: Record, target: Record, *, kind: str, back: str) -> Link:
    """Links two records under a declared name; makes no revision. Raises Refusal where the same link stands."""
    if source.pk == target.pk:
        raise Refusal(events.LINK_TO_ITSELF, f"{source.number} is the record you are in; choose another one.")
    list(Record.objects.select_for_update().filter(pk__in=[source.pk, target.pk]).order_by("pk"))
    if Link.objects.filter(source=source, target=target, kind=kind, end=None).exists():
        raise Refusal(
            events.LINK_STANDS, f"{source.number} and {target.number} are linked so already; see its links."
        )
    return Link.objects.create(
        source=source, target=target, kind=kind, back=back, author=actor.user_id, act=act.id
    )


def end_link(act: Act, actor: Actor, link: Link) -> LinkEnd:
    """Ends a link by a row of its own; the link stays readable. Raises Refusal where it has ended."""
    Record.objects.select_for_update().get(pk=link.source_id)
    if LinkEnd.objects.filter(link=link).exists():
        raise Refusal(events.LINK_ENDED, "Somebody ended this link before you; open the record again.")
    return LinkEnd.objects.create(link=link, author=actor.user_id, act=act.id)


# ----------------------------------------------------------------- saving


def _held(act: Act, actor: Actor, record: Record, expected: int | None) -> Record:
    if act.actor.user_id != actor.user_id:
        raise ValueError("an act writes for the person who opened it")
    held = Record.objects.select_for_update().get(pk=record.pk)
    if expected is not None and held.revision != expected:
        raise Refusal(events.STALE, _what_changed(held, expected))
    return held


def _what_changed(held: Record, expected: int) -> str:
    """Tells the second of two people what the first one changed (URS-OPS-04)."""
    since = list(queries.revisions(held).filter(number__gt=expected).order_by("number"))
    if not since:
        return f"{held.number} is at revision {held.revision}; there is no revision {expected} yet."
    names = dict(Person.objects.filter(user_id__in=[r.author for r in since]).values_list("user_id", "name"))
    authors = ", ".join(dict.fromkeys(f"{names.get(r.author, r.author)} ({r.author})" for r in since))
    paths = ", ".join(dict.fromkeys(path for r in since for path in r.changed))
    return (
        f"You opened revision {expected}; since then {authors} changed: {paths}. {held.number} is now at revision "
        f"{held.revision}. Nothing of yours was saved: open it again, compare, and enter your change there."
    )


def _save(
    act: Act, actor: Actor, record: Record, held: Record, fields: Fields, title: str
) -> Revision | None:
    """Writes the next revision if anything differs from the last one, and brings the caller's record up to date."""
    content = canonical(fields, _carried(held, without_empties(fields)))
    found = changes(parsed(queries.revision(held, held.revision).content), parsed(content))
    if not found:
        _refresh(record, held)
        return None
    held.values = parsed(content)["fields"]
    held.title = title
    held.revision += 1
    held.digest = digest_of(content)
    held.updated_at = clock()
    held.save(update_fields=["values", "title", "revision", "digest", "updated_at"])
    _refresh(record, held)
    return _write_revision(act, actor, held, content, found)


def _carried(held: Record, fields: Fields) -> list[dict[str, str]]:
    """The files that belong to this content: those of the record itself, and those its attachment fields name."""
    return [
        {"field": a.field, "name": a.name, "sha256": a.blob_id}
        for a in queries.attachments_of(held)
        if not a.field or a.blob_id in _listed(fields, a.field)
    ]


def _listed(fields: Fields, path: str) -> list[str]:
    found: Any = fields
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, list) else []


def _write_revision(act: Act, actor: Actor, record: Record, content: bytes, found: list[Change]) -> Revision:
    return Revision.objects.create(
        record=record,
        number=record.revision,
        content=content,
        digest=record.digest,
        changed=changed_paths(found),
        author=actor.user_id,
        act=act.id,
    )


def _refresh(record: Record, held: Record) -> None:
    for name in (
        "state",
        "values",
        "title",
        "revision",
        "digest",
        "updated_at",
        "state_entered_at",
        "owner_id",
    ):
        setattr(record, name, getattr(held, name))

"""The step after every migration, as owner: functions, closed lists, triggers, grants, layouts, baselines, expectation."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from django.apps import apps
from django.db import connection, transaction

from indelible.home.keys import trail_secret
from indelible.home.layout import find_home
from indelible.kernel.audit import attestation, events, tokens
from indelible.kernel.audit.types import Action

_FUNCTIONS: Final = (
    "clock",
    "capture",
    "entries",
    "protections",
    "views",
    "acts",
    "testimony",
    "epochs",
    "structure",
    "digests",
    "installation",
)
_GUARDED: Final = ("act", "event", "leaf", "checkpoint")
_FOR_APP: Final = (
    "begin(jsonb)",
    "note(jsonb, text, boolean)",
    "name_act(text, text)",
    "clock()",
    "is_protected()",
    "differences()",
    "count_floods(jsonb)",
    "floods_waiting()",
    "highest_lost(text)",
)
_DEMONSTRATION: Final = (
    "A demonstration database, not for regulated use. Until its filling ended, its clock was shifted so that a year of "
    "made-up events could be entered through the product's own verbs; people, events and times before that are invented."
)
_UNREGULATED_FRAMEWORK: Final[Mapping[str, str]] = {
    "django_migrations": "bookkeeping of the framework: which migrations ran; changed by the owner only",
}


def install(
    *,
    version: str,
    reason: str,
    keep_clock: bool = False,
    since: int | None = None,
    watch: Callable[[], object] | None = None,
) -> None:
    """Puts the whole control plane in place on the default connection, which must be the owner's; idempotent.

    What the owner did to the structure after entry `since` (None: after now) is this installation's own. `watch` puts the
    event triggers in place, as superuser; without it, those that are there stay.
    Every table of our rooms must be declared regulated (AUDIT) or not (UNREGULATED, with its reason), else
    LookupError and nothing changes: an undeclared table would be one without a trail (URS-AUD-01).
    """
    regulated, unregulated = declared_tables()
    _refuse_undeclared(set(regulated) | set(unregulated))
    since = last_entry() if since is None else since
    with transaction.atomic(durable=True):
        _as_audit_owner(lambda: _put_functions(keep_clock=keep_clock))
        _as_audit_owner(_put_lists)
        _guard_trail()
        _grant_roles()
        if keep_clock:
            _as_audit_owner(
                lambda: _execute("grant execute on function audit.demo_advance(interval) to indelible_app")
            )
        for table, declaration in sorted(regulated.items()):
            _protect(table, declaration)
        for table in unregulated:
            _grant_unregulated(table)
        _execute("grant execute on all functions in schema public to indelible_app")  # the job queue's own
    if watch is not None:
        watch()
    with transaction.atomic(durable=True):
        _open_act(version, reason, since)
        for table in sorted(regulated):
            _as_audit_owner(lambda table=table: _execute("select audit.baseline(%s)", [table]))
        _as_audit_owner(lambda: _execute("select audit.expect_present()"))


def begin_demonstration(*, shift_days: int) -> None:
    """Gives this new, empty database the demonstration's clock, `shift_days` back, and says so in its first entry.

    As owner, after the tables and before `install(keep_clock=True)`. Raises LookupError where the trail is not empty.
    """
    with transaction.atomic(durable=True):
        _execute("set local role audit_owner")
        if _execute("select exists(select from audit.act union all select from audit.event)")[0]:
            raise LookupError("this database has a history: no demonstration can be made of it")
        _put_functions(keep_clock=False)
        _execute(_sql("demonstration"))
        _execute("insert into audit.demo_clock (shift) values (make_interval(days => %s))", [-shift_days])
        _execute(
            "insert into audit.event (id, xid, at, kind, db, new) values (audit.next_entry(), pg_current_xact_id(),"
            " audit.clock(), 'demo', session_user, jsonb_build_object('says', %s::text))",
            [_DEMONSTRATION],
        )
        _execute("reset role")


def end_demonstration(*, version: str) -> None:
    """Puts the plain clock back and takes the seam away for ever; the ledger's first entry stays."""
    since = last_entry()
    with transaction.atomic(durable=True):
        _execute("set local role audit_owner")
        _execute("drop function audit.demo_advance(interval)")
        _execute(_sql("clock"))
        _execute("drop table audit.demo_clock")
        _execute("select audit.expect_present()")
        _execute("reset role")
        _open_act(version, "The demonstration's year is over: the plain clock is put back", since)


def last_entry() -> int:
    """The number of the newest entry of the trail, as owner; 0 where there is no trail yet."""
    with transaction.atomic():
        _execute("set local role audit_owner")
        there = _execute("select to_regclass('audit.entry_id_seq') is not null")[0]
        last = (
            _execute("select case when is_called then last_value else 0 end from audit.entry_id_seq")[0]
            if there
            else 0
        )
        _execute("reset role")
    return int(last)


def declared_tables() -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Every table with its declaration of capture, and the unregulated ones with their reasons."""
    regulated: dict[str, dict[str, Any]] = {}
    unregulated: dict[str, str] = dict(_UNREGULATED_FRAMEWORK)
    for module in _room_modules("models"):
        regulated |= getattr(module, "AUDIT", {})
        unregulated |= getattr(module, "UNREGULATED", {})
    if apps.is_installed("procrastinate.contrib.django"):
        unregulated |= dict.fromkeys(
            _existing("procrastinate_%"), "the job queue; what a job does is an act of its own"
        )
    return regulated, unregulated


def declared_actions() -> list[Action]:
    """The closed list of every room, in order of name; a name declared twice is a LookupError."""
    found: dict[str, Action] = {}
    for module in _room_modules("events"):
        for action in module.ACTIONS:
            if found.setdefault(action.name, action) is not action:
                raise LookupError(f"the action {action.name} is declared twice")
    return [found[name] for name in sorted(found)]


def _room_modules(name: str) -> Iterator[Any]:
    """The module of this name in every installed room of the product, wherever it lies."""
    for config in apps.get_app_configs():
        if config.name.startswith("indelible.") and name in {
            m.name for m in pkgutil.iter_modules([config.path])
        }:
            yield importlib.import_module(f"{config.name}.{name}")


def _existing(pattern: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
            " and relname like %s order by 1",
            [pattern],
        )
        return [row[0] for row in cursor.fetchall()]


def _refuse_undeclared(declared: set[str]) -> None:
    unknown = set(_existing("%")) - declared
    if unknown:
        raise LookupError(f"tables without a declaration of capture: {', '.join(sorted(unknown))}")


def _execute(sql: str, parameters: Iterable[Any] | None = None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, None if parameters is None else list(parameters))
        return cursor.fetchone() if cursor.description else None


def _as_audit_owner(work: Any) -> None:
    _execute("set local role audit_owner")
    work()
    _execute("reset role")


def _put_functions(*, keep_clock: bool) -> None:
    for name in _FUNCTIONS:
        if not (keep_clock and name == "clock"):
            _execute(_sql(name))


def _sql(name: str) -> str:
    return (files("indelible.kernel.audit") / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def _put_lists() -> None:
    for action in declared_actions():
        _execute(
            "insert into audit.action (name, title, kind, reason) values (%s, %s, %s, %s) on conflict (name) do update"
            " set title = excluded.title, kind = excluded.kind, reason = excluded.reason",
            [action.name, action.title, action.kind, action.reason],
        )
    key = trail_secret(find_home()).ljust(64, b"\0")
    _execute(
        "insert into audit.secret (ipad, opad) values (%s, %s) on conflict do nothing",
        [bytes(b ^ 0x36 for b in key), bytes(b ^ 0x5C for b in key)],
    )


def _protect(table: str, declaration: Mapping[str, Any]) -> None:
    append_only = declaration.get("append_only", False)
    _execute("set local role audit_owner")
    arguments = _execute(
        "select audit.register(%s, %s, %s, %s, %s, %s)",
        [
            table,
            list(declaration.get("pk", ["id"])),
            append_only,
            declaration.get("kind", "row"),
            declaration.get("noted", False),
            json.dumps(declaration.get("policy", {})),
        ],
    )[0]
    _execute("reset role")
    _trigger(
        f"public.{table}",
        "indelible_capture",
        "after insert or update or delete",
        "row",
        f"audit.capture({arguments})",
    )
    _trigger(
        f"public.{table}", "indelible_no_truncate", "before truncate", "statement", "audit.refuse_truncate()"
    )
    if append_only:
        _trigger(
            f"public.{table}",
            "indelible_append_only",
            "before update or delete",
            "row",
            "audit.refuse_change()",
        )
    _grant(table, "select, insert" if append_only else "select, insert, update")


def _trigger(table: str, name: str, when: str, each: str, call: str) -> None:
    _execute(f"drop trigger if exists {name} on {table}")
    _execute(f"create trigger {name} {when} on {table} for each {each} execute function {call}")
    _execute(f"alter table {table} enable always trigger {name}")


def _grant(table: str, rights: str) -> None:
    _execute(f"revoke all on public.{table} from public, indelible_app")
    _execute(f"grant {rights} on public.{table} to indelible_app")
    _execute(f"grant select on public.{table} to indelible_verify, audit_owner")
    for sequence in _sequences(table):
        _execute(f"revoke all on sequence {sequence} from public, indelible_app")
        _execute(f"grant usage on sequence {sequence} to indelible_app")


def _grant_unregulated(table: str) -> None:
    only_read = {"django_migrations"}.union(*(getattr(m, "READ_ONLY", ()) for m in _room_modules("models")))
    _grant(table, "select" if table in only_read else "select, insert, update, delete")


def _sequences(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select d.objid::regclass::text from pg_depend as d join pg_class as c on c.oid = d.objid"
            " where d.refobjid = %s::regclass and c.relkind = 'S'",
            [f"public.{table}"],
        )
        return [row[0] for row in cursor.fetchall()]


def _guard_trail() -> None:
    def guard() -> None:
        for table in _GUARDED:
            _trigger(
                f"audit.{table}",
                "indelible_no_truncate",
                "before truncate",
                "statement",
                "audit.refuse_truncate()",
            )
            function = "audit.refuse_act_change()" if table == "act" else "audit.refuse_change()"
            _trigger(f"audit.{table}", "indelible_append_only", "before update or delete", "row", function)

    _as_audit_owner(guard)


def _grant_roles() -> None:
    def grant() -> None:
        _execute(
            "revoke all on all tables in schema audit from public, indelible_app, indelible_seal, indelible_verify"
        )
        _execute(
            "revoke all on all functions in schema audit from public, indelible_app, indelible_seal, indelible_verify"
        )
        _execute(
            "grant usage on schema audit to indelible_app, indelible_seal, indelible_verify, indelible_owner"
        )
        _execute(
            "grant select on audit.acts, audit.events, audit.checkpoints, audit.actions, audit.regulated, audit.demonstration,"
            " audit.leaves, audit.epochs to indelible_app"
        )
        for function in _FOR_APP:
            _execute(f"grant execute on function audit.{function} to indelible_app, indelible_owner")
        _execute("grant select on audit.act, audit.event, audit.leaf, audit.checkpoint to indelible_seal")
        _execute("grant select on sequence audit.entry_id_seq to indelible_seal, indelible_verify")
        _execute("grant insert on audit.leaf, audit.checkpoint to indelible_seal")
        _execute(
            "grant execute on function audit.testify(text, jsonb), audit.never_below(bigint),"
            " audit.lose(bigint, bigint, text), audit.state_digest() to indelible_seal"
        )
        _execute(
            "grant select on audit.action, audit.act, audit.event, audit.leaf, audit.checkpoint, audit.layout, audit.protection,"
            " audit.policy, audit.expected, audit.acts, audit.events, audit.regulated, audit.checkpoints to indelible_verify"
        )
        for role in ("indelible_seal", "indelible_verify"):
            _execute(
                "grant execute on function audit.entries(bigint, bigint, int), audit.entry_bytes(audit.act),"
                " audit.entry_bytes(audit.event), audit.text_member(text, text), audit.image_member(text, jsonb, text),"
                " audit.instant(timestamptz), audit.act_image(audit.act), audit.digest_of(jsonb, boolean),"
                f" audit.clock() to {role}"
            )
        _execute(
            "grant execute on function audit.image(text, jsonb), audit.key_of(jsonb, text[]), audit.differences(),"
            " audit.same_image(jsonb, int, jsonb), audit.is_protected() to indelible_verify"
        )

        triggers = "audit.capture(), audit.refuse_truncate(), audit.refuse_change()"
        _execute(f"grant execute on function {triggers} to indelible_owner")

    _as_audit_owner(grant)


def _open_act(version: str, reason: str, since: int) -> None:
    parts = [events.INSTALLED.name, "", "", reason, "done", ""]
    context = {
        "action": events.INSTALLED.name,
        "reason": reason,
        "channel": "init",
        "user_id": "installation",
        "name": "Installation of the product",
        "detail": {
            "version": version,
            "actions": _list_digest(),
            "control_plane": attestation.digest_of(attestation.lines_now(connection)),
            "since": str(since),
        },
        "token": tokens.mint("installation", "", parts),
    }
    _as_audit_owner(
        lambda: _execute(
            "select set_config('indelible.act', audit.write_act(%s, 'done', false)::text || ':'"
            " || pg_current_xact_id()::text, true)",
            [json.dumps(context)],
        )
    )


def _list_digest() -> str:
    return sha256("\n".join(f"{a.name}|{a.kind}|{a.reason}" for a in declared_actions()).encode()).hexdigest()

"""What protects the trail: triggers, grants, roles and functions are those of this version of the product.

The database's own list of what it expects can be rewritten by who rewrites the database; so the triggers are compared with
the tables declared in code, and the functions with the SQL files of the installed package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from indelible.kernel.audit.verification.examination import Check, Examination, Finding, Table

_SQL_FILES: Final = (
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
_FUNCTION: Final = re.compile(
    r"create (?:or replace )?function audit\.(\w+)\s*\((.*?)\)\s*returns .*?\nas \$\$(.*?)\$\$", re.DOTALL
)
_TRAIL: Final = {
    "act": "refuse_act_change",
    "event": "refuse_change",
    "leaf": "refuse_change",
    "checkpoint": "refuse_change",
}


def protections(examined: Examination) -> Iterator[Finding]:
    """The control plane is the one that was installed, as the database itself remembers it."""
    for change, item in examined.rows("select change, item from audit.differences() order by item, change"):
        was = "is not as installed" if change == "missing" else "was added since the installation"
        yield Finding(
            "protections", item.split(" ", 3)[0] + " " + item.split(" ", 3)[1], f"It {was}: {item}."
        )


def triggers(examined: Examination) -> Iterator[Finding]:
    """Every declared table and the trail itself has its triggers: always enabled, unconditional, the right function."""
    present = {(row[0], row[1]): row[2] for row in examined.rows(_TRIGGERS)}
    for table, function in _expected_triggers(examined.tables):
        examined.count("triggers")
        how = present.get((table, function))
        if how is None:
            yield Finding("triggers", table, f"The trigger that calls audit.{function} is missing.")
        elif how:
            yield Finding("triggers", table, f"The trigger that calls audit.{function} {how}.")


def functions(examined: Examination) -> Iterator[Finding]:
    """The functions of the trail have the bodies that this version of the product ships."""
    shipped = _shipped()
    present: dict[str, list[str]] = {}
    for name, body in examined.rows(
        "select proname, prosrc from pg_proc where pronamespace = 'audit'::regnamespace"
    ):
        present.setdefault(name, []).append(body)
        examined.count("functions")
    for name in sorted(shipped.keys() | present.keys()):
        if sorted(present.get(name, [])) != sorted(shipped.get(name, [])):
            told = (
                "is not the one"
                if name in shipped and name in present
                else "is missing or foreign: it is not"
            )
            yield Finding("functions", f"function audit.{name}", f"Its body {told} that this version ships.")


def rights(examined: Examination) -> Iterator[Finding]:
    """No login of the service may alter the trail, delete a regulated row or change an append-only one."""
    added_only = [table.name for table in examined.tables if table.append_only]
    values = {"tables": [table.name for table in examined.tables], "added_only": added_only}
    for role, sentence in examined.rows(_POWERS, values):
        yield Finding("rights", role, sentence)


def declarations(examined: Examination) -> Iterator[Finding]:
    """The database registers exactly the tables, keys and column policies that the code declares."""
    declared = {
        table.name: (
            list(table.key),
            table.append_only,
            table.noted,
            {k: v for k, v in table.policy.items() if v != "full"},
        )
        for table in examined.tables
    }
    registered = {row[0]: row[1:] for row in examined.rows(_REGISTERED)}
    for name in sorted(declared.keys() | registered.keys()):
        if declared.get(name) != registered.get(name):
            yield Finding(
                "declarations",
                name,
                "Its registration as a regulated table is not the one the code declares.",
            )


CHECKS: Final = (
    Check("protections", "the control plane against the one installed", protections, quick=True),
    Check("triggers", "the triggers of every regulated table", triggers, quick=True),
    Check("functions", "the trail's functions against those shipped", functions, quick=True),
    Check("rights", "what the service's logins may do", rights, quick=True),
    Check("declarations", "the registered tables against the declared ones", declarations, quick=True),
)

_TRIGGERS: Final = """
    select n.nspname || '.' || c.relname, p.proname,
           concat_ws(' and ', case when t.tgenabled <> 'A' then 'can be silent (' || t.tgenabled::text || ')' end,
                     case when t.tgqual is not null then 'has a condition' end,
                     case when p.pronamespace <> 'audit'::regnamespace then 'calls a function of another schema' end,
                     case when t.tgtype <> case p.proname when 'capture' then 29 when 'refuse_truncate' then 34 else 27 end
                          then 'fires at other moments' end,
                     case when t.tgattr::text <> '' then 'looks at some columns only' end)
      from pg_trigger as t join pg_class as c on c.oid = t.tgrelid join pg_namespace as n on n.oid = c.relnamespace
      join pg_proc as p on p.oid = t.tgfoid
     where not t.tgisinternal and n.nspname in ('public', 'audit')
"""
_REGISTERED: Final = """
    select p.tbl, p.pk, p.append_only, p.noted,
           coalesce((select jsonb_object_agg(col, policy) from audit.policy where tbl = p.tbl), '{}')
      from audit.protection as p
"""
_POWERS: Final = """
    with logins as (select * from pg_roles where rolname in ('indelible_app', 'indelible_seal', 'indelible_verify'))
    select rolname::text, 'This login is ' || what || '.' from logins,
           lateral (values (rolsuper, 'a superuser'), (rolbypassrls, 'allowed to bypass row security'),
                           (rolreplication, 'allowed to replicate'), (rolcreaterole, 'allowed to make roles'),
                           (rolcreatedb, 'allowed to make databases')) as p(has, what)
     where has
    union all
    select r.rolname, 'This login is a member of ' || g.rolname || '.'
      from pg_auth_members as m join pg_roles as g on g.oid = m.roleid join logins as r on r.oid = m.member
    union all
    select r.rolname, 'This login may ' || p || ' audit.' || c.relname || '.'
      from logins as r, pg_class as c, unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES']) as p
     where c.relnamespace = 'audit'::regnamespace and c.relkind in ('r', 'v', 'p') and has_table_privilege(r.oid, c.oid, p)
       and not (r.rolname = 'indelible_seal' and p = 'INSERT' and c.relname in ('leaf', 'checkpoint'))
    union all
    select r.rolname, 'This login may ' || p || ' ' || c.relname || '.'
      from logins as r, pg_class as c, unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES']) as p
     where c.relnamespace = 'public'::regnamespace and c.relname = any(%(tables)s) and has_table_privilege(r.oid, c.oid, p)
       and not (r.rolname = 'indelible_app' and (p = 'INSERT' or p = 'UPDATE' and not c.relname = any(%(added_only)s)))
    union all
    select pg_get_userbyid(c.relowner), 'This login owns ' || c.relname || '; indelible_owner should.'
      from pg_class as c where c.relnamespace = 'public'::regnamespace and c.relname = any(%(tables)s)
       and pg_get_userbyid(c.relowner) <> 'indelible_owner'
    union all
    select pg_get_userbyid(c.relowner), 'This login owns audit.' || c.relname || '; audit_owner should.'
      from pg_class as c where c.relnamespace = 'audit'::regnamespace and pg_get_userbyid(c.relowner) <> 'audit_owner'
"""


def _expected_triggers(tables: Sequence[Table]) -> Iterator[tuple[str, str]]:
    for table in tables:
        yield f"public.{table.name}", "capture"
        yield f"public.{table.name}", "refuse_truncate"
        if table.append_only:
            yield f"public.{table.name}", "refuse_change"
    for name, function in _TRAIL.items():
        yield f"audit.{name}", function
        yield f"audit.{name}", "refuse_truncate"


@cache
def _shipped() -> dict[str, list[str]]:
    """Bodies by function name, as they stand in the package's SQL files."""
    found: dict[str, list[str]] = {}
    folder = files("indelible.kernel.audit") / "sql"
    for name in _SQL_FILES:
        text = (folder / f"{name}.sql").read_text(encoding="utf-8")
        for function, _arguments, body in _FUNCTION.findall(text):
            found.setdefault(function, []).append(body)
    return found

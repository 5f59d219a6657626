-- Entry v1: the bytes of a leaf, built once by the sealer from these functions, stored, never built again (ledger.md 2).

create or replace function audit.text_member(key text, value text) returns text
language sql immutable set search_path = pg_catalog, pg_temp
as $$ select case when coalesce(value, '') = '' then '' else ',"' || key || '":' || to_json(value)::text end $$;

create or replace function audit.json_member(key text, value jsonb) returns text
language sql immutable set search_path = pg_catalog, pg_temp
as $$ select case when value is null then '' else ',"' || key || '":' || value::text end $$;

create or replace function audit.instant(at timestamptz) returns text
language sql immutable set search_path = pg_catalog, pg_temp
as $$ select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') $$;

-- An image too large for a tile entry (65 535 bytes) is stored by hash and length.
create or replace function audit.fitted(image jsonb) returns jsonb
language sql immutable set search_path = pg_catalog, pg_temp
as $$ select case when octet_length(image::text) > 30000 then audit.digest_of(image, false) else image end $$;

create or replace function audit.entry_bytes(e audit.event) returns bytea
language sql stable set search_path = pg_catalog, pg_temp
as $$
    select convert_to('{"v":1,"kind":"' || e.kind || '","id":' || e.id
        || case when e.act is null then '' else ',"act":' || e.act end
        || ',"at":"' || audit.instant(e.at) || '","xid":"' || e.xid || '"'
        || audit.text_member('table', e.tbl)
        || case when e.layout is null then '' else ',"layout":' || e.layout end
        || audit.text_member('pk', e.pk) || audit.text_member('op', e.op::text) || audit.text_member('db', e.db)
        || audit.json_member('old', audit.fitted(e.old)) || audit.json_member('new', audit.fitted(e.new)) || '}', 'UTF8')
$$;

-- What an act's entry carries in `new`: everything of the act that has no key of its own in Entry v1.
create or replace function audit.act_image(a audit.act) returns jsonb
language sql stable set search_path = pg_catalog, pg_temp
as $$
    select coalesce(jsonb_object_agg(m.key, m.value) filter (where m.value not in ('null', '""')), '{}')
      from jsonb_each(to_jsonb(a) - 'id' - 'xid' - 'at' - 'db' - 'token' - 'action' - 'reason' - 'source' - 'outcome' - 'rule') as m
$$;

create or replace function audit.entry_bytes(a audit.act) returns bytea
language sql stable set search_path = pg_catalog, pg_temp
as $$
    select convert_to('{"v":1,"kind":"act","id":' || a.id
        || ',"at":"' || audit.instant(a.at) || '","xid":"' || a.xid || '"'
        || audit.text_member('db', a.db) || audit.text_member('token', a.token) || audit.text_member('action', a.action)
        || audit.text_member('reason', a.reason) || audit.text_member('source', a.source)
        || audit.text_member('outcome', a.outcome) || audit.text_member('rule', a.rule)
        || audit.json_member('new', audit.fitted(audit.act_image(a))) || '}', 'UTF8')
$$;

-- All entries after one id, in order, as the sealer takes them.
create or replace function audit.entries(after bigint, upto bigint, most int) returns table (id bigint, bytes bytea)
language sql stable set search_path = pg_catalog, pg_temp
as $$
    select * from (
        (select a.id, audit.entry_bytes(a) from audit.act as a where a.id > after and a.id <= upto order by a.id limit most)
        union all
        (select e.id, audit.entry_bytes(e) from audit.event as e where e.id > after and e.id <= upto order by e.id limit most)
    ) as both_kinds(id, bytes) order by id limit most
$$;

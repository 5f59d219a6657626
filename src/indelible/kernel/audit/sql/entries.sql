-- Entry v1: the bytes of a leaf, built once by the sealer from these functions, stored, never built again (ledger.md 2).
-- The small ones pin no search_path of their own: called only inside entry_bytes, which does, they become part of its one
-- expression; with a path each they cost a third more than everything else together.

create or replace function audit.text_member(key text, value text) returns text
language sql stable
as $$ select case when coalesce(value, '') = '' then '' else ',"' || key || '":' || to_json(value)::text end $$;

-- An image and its text, made once; one too large for a tile entry (65 535 bytes) is stored by hash and length.
create or replace function audit.image_member(key text, image jsonb, said text) returns text
language sql stable
as $$
    select case when said is null then '' when octet_length(said) > 30000 then ',"' || key || '":' || audit.digest_of(image, false)::text
                else ',"' || key || '":' || said end
$$;

create or replace function audit.instant(at timestamptz) returns text
language sql stable
as $$ select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') $$;

create or replace function audit.entry_bytes(e audit.event) returns bytea
language sql stable set search_path = pg_catalog, pg_temp
as $$
    select convert_to('{"v":1,"kind":"' || e.kind || '","id":' || e.id
        || case when e.act is null then '' else ',"act":' || e.act end
        || ',"at":"' || audit.instant(e.at) || '","xid":"' || e.xid || '"'
        || audit.text_member('table', e.tbl)
        || case when e.layout is null then '' else ',"layout":' || e.layout end
        || audit.text_member('pk', e.pk) || audit.text_member('op', e.op::text) || audit.text_member('db', e.db)
        || audit.image_member('old', e.old, said.old) || audit.image_member('new', e.new, said.new) || '}', 'UTF8')
      from (select e.old::text as old, e.new::text as new offset 0) as said
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
        || audit.image_member('new', said.image, said.image::text) || '}', 'UTF8')
      from (select audit.act_image(a) as image offset 0) as said
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

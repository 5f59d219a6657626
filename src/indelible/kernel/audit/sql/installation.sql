-- What the installation step (as owner, after every migration) does to a table; none of it is granted to the service.

-- Registers a table: its key, policies and present columns; returns the arguments of its capture trigger.
create or replace function audit.register(table_name text, key text[], only_added boolean, event_kind text, is_noted boolean, policies jsonb)
returns text language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    present jsonb := (select jsonb_agg(jsonb_build_array(attname, format_type(atttypid, atttypmod)) order by attnum)
                        from pg_attribute where attrelid = ('public.' || quote_ident(table_name))::regclass
                         and attnum > 0 and not attisdropped);
    layout_id int;
begin
    insert into audit.layout (tbl, columns, at) values (table_name, present, audit.clock()) on conflict do nothing;
    select id into layout_id from audit.layout where tbl = table_name and columns = present;
    insert into audit.protection (tbl, pk, append_only, kind, noted, layout)
    values (table_name, key, only_added, event_kind, is_noted, layout_id)
        on conflict (tbl) do update set pk = excluded.pk, append_only = excluded.append_only, kind = excluded.kind,
                                        noted = excluded.noted, layout = excluded.layout;
    delete from audit.policy where tbl = table_name;
    insert into audit.policy (tbl, col, policy, bytes)
        select table_name, p.key, p.value,
               exists (select from pg_attribute where attrelid = ('public.' || quote_ident(table_name))::regclass
                        and attname = p.key and atttypid = 'bytea'::regtype)
          from jsonb_each_text(policies) as p where p.value <> 'full';
    return (select format('%s, %L, %L, %L, %L, %L, %L', layout_id, array_to_string(key, ','),
                coalesce(string_agg(col, ',' order by col) filter (where policy = 'digest'), ''),
                coalesce(string_agg(col, ',' order by col) filter (where bytes), ''),
                coalesce(string_agg(col, ',' order by col) filter (where policy = 'secret'), ''), event_kind,
                case when is_noted then 'noted' else '' end)
              from (select 1) as one left join audit.policy on tbl = table_name);
end $$;

-- Whether a row is what its last event said, when columns were added (still empty) or dropped in between.
create or replace function audit.same_image(last_image jsonb, last_layout int, image jsonb) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select (select jsonb_object_agg(key, value) from jsonb_each(image)
             where value <> 'null' or key in (select c ->> 0 from audit.layout, jsonb_array_elements(columns) as c where id = last_layout))
         = (select jsonb_object_agg(key, value) from jsonb_each(last_image) where image ? key)
$$;

-- Baseline events for the rows whose present image is not that of their last event (rows a migration made or changed).
create or replace function audit.baseline(table_name text) returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set bytea_output = 'hex'
set extra_float_digits = 1 set intervalstyle = 'iso_8601' set datestyle = 'ISO, YMD'
as $$
declare
    written bigint;
begin
    execute format($q$
        with last as (select distinct on (pk) pk, op, new, layout from audit.event where tbl = %1$L order by pk, id desc),
             now_ as (select audit.key_of(to_jsonb(t), %2$L::text[]) as pk, audit.image(%1$L, to_jsonb(t)) as image from public.%1$I as t)
        insert into audit.event (id, act, xid, at, kind, tbl, layout, pk, op, db, new)
        select audit.next_entry(), audit.current_act(), pg_current_xact_id(), audit.clock(), 'baseline', %1$L,
               (select layout from audit.protection where tbl = %1$L), n.pk, 'I', session_user, n.image
          from now_ as n left join last as l on l.pk = n.pk
         where l.pk is null or l.op = 'D'
            or (l.new is distinct from n.image
                and (l.layout = (select layout from audit.protection where tbl = %1$L)
                     or not coalesce(audit.same_image(l.new, l.layout, n.image), false)))
         order by n.pk
    $q$, table_name, (select pk from audit.protection where tbl = table_name));
    get diagnostics written = row_count;
    return written;
end $$;

-- Fixes the control plane as it is now as the expected one: the last thing an installation does.
create or replace function audit.expect_present() returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    delete from audit.expected;
    insert into audit.expected select distinct c from audit.control_plane() as c;
$$;

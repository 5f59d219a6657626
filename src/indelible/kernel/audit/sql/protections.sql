-- The control plane: what protects the trail, as installed and as it is now (URS-AUD-02, ledger.md 3.4).

create or replace function audit.control_plane() returns setof text
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select 'trigger ' || t.tgname || ' on ' || c.relname || ' ' || t.tgenabled::text || ' ' || p.proname || ' ' || t.tgtype
           || ' ' || encode(t.tgargs, 'escape') || case when t.tgqual is null then '' else ' with a condition' end
      from pg_trigger as t join pg_class as c on c.oid = t.tgrelid join pg_proc as p on p.oid = t.tgfoid
     where p.pronamespace = 'audit'::regnamespace
    union all
    select 'triggers always on: ' || count(*) from pg_trigger as t
     where t.tgfoid in ('audit.capture'::regproc, 'audit.refuse_change'::regproc, 'audit.refuse_act_change'::regproc,
                        'audit.refuse_truncate'::regproc) and t.tgenabled = 'A' and t.tgqual is null
    union all
    select 'table ' || c.relname || ' of ' || pg_get_userbyid(c.relowner) || ' '
           || coalesce((select string_agg(g::text, ' ' order by g::text) from unnest(c.relacl) as g), '')
      from pg_class as c
     where c.relkind in ('r', 'v', 'S', 'p')
       and (c.relnamespace = 'audit'::regnamespace
            or c.relnamespace = 'public'::regnamespace and c.relname in (select tbl from audit.protection))
    union all
    select 'function ' || p.proname || ' of ' || pg_get_userbyid(p.proowner) || ' ' || encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex')
           || ' ' || p.prosecdef || ' ' || coalesce(array_to_string(p.proconfig, ';'), '') || ' '
           || coalesce((select string_agg(g::text, ' ' order by g::text) from unnest(p.proacl) as g), '')
      from pg_proc as p where p.pronamespace = 'audit'::regnamespace
    union all
    select 'event trigger ' || e.evtname || ' on ' || e.evtevent || ' ' || e.evtenabled::text || ' ' || e.evtfoid::regproc::text
      from pg_event_trigger as e
    union all
    select 'role ' || r.rolname || case when r.rolsuper then ' superuser' else '' end
           || case when r.rolbypassrls then ' bypassrls' else '' end || case when r.rolreplication then ' replication' else '' end
           || case when r.rolcreaterole then ' createrole' else '' end
           || coalesce((select ' member of ' || string_agg(g.rolname, ',' order by g.rolname) from pg_auth_members as m
                          join pg_roles as g on g.oid = m.roleid where m.member = r.oid), '')
      from pg_roles as r where r.rolname in ('indelible_app', 'indelible_seal', 'indelible_verify', 'audit_owner')
$$;

-- One row a difference: 'missing' or 'added', and the item.
create or replace function audit.differences() returns table (change text, item text)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    (select 'missing', e.item from audit.expected as e except select 'missing', c from audit.control_plane() as c)
    union all
    (select 'added', c from audit.control_plane() as c except select 'added', e.item from audit.expected as e)
$$;

-- Asked by every act: are all capture and guard triggers there, always enabled, unconditional? A count, because it is
-- cheap (`audit.begin` asks the same in its own body, which is cheaper still); `differences` says the whole, at start,
-- every minute and in `verify`.
create or replace function audit.is_protected() returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select exists (select from audit.expected as e where e.item = (
        select 'triggers always on: ' || count(*) from pg_trigger as t
         where t.tgfoid in ('audit.capture'::regproc, 'audit.refuse_change'::regproc, 'audit.refuse_act_change'::regproc,
                            'audit.refuse_truncate'::regproc) and t.tgenabled = 'A' and t.tgqual is null))
$$;

-- What was done to the structure of the database: an entry for each statement, under the act of an installation or none
-- (ledger.md 3.1). Called by the event triggers that a superuser makes at installation (indelible.home.roles).
create or replace function audit.record_structure() returns event_trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    touched jsonb;
begin
    if tg_event = 'sql_drop' then
        select jsonb_agg(distinct object_type || ' ' || object_identity) into touched
          from pg_event_trigger_dropped_objects() where original and not is_temporary;
    else
        select jsonb_agg(distinct object_type || coalesce(' ' || object_identity, '')) into touched
          from pg_event_trigger_ddl_commands() where schema_name is distinct from 'pg_temp';
    end if;
    if touched is null then return; end if;
    insert into audit.event (id, act, xid, at, kind, db, new)
    values (audit.next_entry(), audit.current_act(), pg_current_xact_id(), audit.clock(), 'ddl', session_user,
            jsonb_build_object('command', tg_tag, 'on', touched));
end $$;

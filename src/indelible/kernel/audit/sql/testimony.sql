-- What the sealer's side says in the ledger about the ledger: an event without an act, sealed like any other entry.
create or replace function audit.testify(kind text, image jsonb) returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    entry bigint;
begin
    if kind not in ('attest', 'digest', 'receipt', 'epoch') then
        raise exception 'nobody testifies to a %', kind using errcode = 'IN003';
    end if;
    insert into audit.event (id, xid, at, kind, db, new)
        values (audit.next_entry(), pg_current_xact_id(), audit.clock(), testify.kind, session_user, image)
        returning id into entry;
    return entry;
end $$;

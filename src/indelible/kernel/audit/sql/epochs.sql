-- A database that was put back (URS-BCK-02): what the sealer, and nobody else, does about the numbers that were lost with it.

-- Entries of the trail go on above this id; ids are drawn, not set, so that nothing running beside is given one twice.
create or replace function audit.never_below(entry bigint) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform nextval('audit.entry_id_seq')
       from generate_series((select case when is_called then last_value else 0 end from audit.entry_id_seq) + 1, entry);
end $$;

-- One entry in place of each ledger entry that was lost, so that no index is ever given to another. Their ids lie above
-- every id the sequence gives: 2^62 and the index.
create or replace function audit.lose(first bigint, upto bigint, log text) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    insert into audit.event (id, xid, at, kind, db, new)
    select (1::bigint << 62) + i, pg_current_xact_id(), audit.clock(), 'epoch', session_user,
           jsonb_build_object('epoch', 'lost', 'log', lose.log)
      from generate_series(lose.first, lose.upto - 1) as i
$$;

-- The highest record number of a series and year that a lost part of the trail bore; 0 for none.
create or replace function audit.highest_lost(stem text) returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select coalesce(max((e.new -> 'records' ->> stem)::bigint), 0) from audit.event as e
     where e.kind = 'epoch' and e.new ->> 'epoch' <> 'lost' and e.db = 'indelible_seal'
$$;

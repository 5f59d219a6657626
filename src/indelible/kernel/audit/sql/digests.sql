-- State digests: how many rows each regulated table holds and a root over them, as the ledger remembers it (ledger.md 3.4).
-- Called in a transaction of one snapshot, which stands in the entry: whoever replays the trail takes what it shows.
create or replace function audit.state_digest() returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set bytea_output = 'hex'
set extra_float_digits = 1 set intervalstyle = 'iso_8601' set datestyle = 'ISO, YMD'
as $$
declare
    one audit.protection;
    digest jsonb;
    tables jsonb := '{}';
begin
    if current_setting('transaction_isolation') not in ('repeatable read', 'serializable') then
        raise exception 'a digest is made of one snapshot' using errcode = 'IN003';
    end if;
    for one in select * from audit.protection order by tbl loop
        execute format($q$
            select jsonb_build_object('rows', count(*)::text, 'layout', %1$L, 'root', encode(sha256(coalesce(
                       string_agg(sha256(convert_to(pk || E'\n' || image::text, 'UTF8')), '' order by pk collate "C"), '')), 'hex'))
              from (select audit.key_of(to_jsonb(t), %2$L) as pk, audit.image(%3$L, to_jsonb(t)) as image from public.%3$I as t) as x
        $q$, one.layout, one.pk, one.tbl) into digest;
        tables := tables || jsonb_build_object(one.tbl, digest);
    end loop;
    return jsonb_build_object('snapshot', pg_current_snapshot()::text, 'tables', tables);
end $$;

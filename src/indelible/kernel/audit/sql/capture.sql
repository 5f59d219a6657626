-- Capture: what a row looked like before and after, by whom is known through the act (URS-AUD-01, -03, -04).

create or replace function audit.keyed(value text) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select encode(sha256(opad || sha256(ipad || convert_to(value, 'UTF8'))), 'hex') from audit.secret $$;

-- The digest form of one value; a bytea arrives from to_jsonb as '\x...' and is digested as the bytes it is.
create or replace function audit.digest_of(value jsonb, is_bytes boolean) returns jsonb
language sql immutable set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_object('sha256', encode(sha256(b), 'hex'), 'len', length(b))
      from (select case when is_bytes then decode(substr(value #>> '{}', 3), 'hex')
                        when jsonb_typeof(value) = 'string' then convert_to(value #>> '{}', 'UTF8')
                        else convert_to(value::text, 'UTF8') end as b) as x
$$;

-- A row image as the trail shows it: policies applied, values over 4 KB digested.
create or replace function audit.shown(image jsonb, digests text[], byte_columns text[], secrets text[]) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    col text;
    val jsonb;
begin
    if image is null then return null; end if;
    foreach col in array secrets loop
        val := image -> col;
        if val is not null and val <> 'null' then
            image := jsonb_set(image, array[col], jsonb_build_object('hmac', audit.keyed(val #>> '{}')));
        end if;
    end loop;
    foreach col in array digests loop
        val := image -> col;
        if val is not null and val <> 'null' then
            image := jsonb_set(image, array[col], audit.digest_of(val, col = any(byte_columns)));
        end if;
    end loop;
    if pg_column_size(image) > 4096 then
        for col, val in select key, value from jsonb_each(image) loop
            if pg_column_size(val) > 4096 or octet_length(val #>> '{}') > 4096 then
                image := jsonb_set(image, array[col], audit.digest_of(val, false));
            end if;
        end loop;
    end if;
    return image;
end $$;

-- The same for a table's row by the policy tables; what `verify` compares with the last event.
create or replace function audit.image(table_name text, row_image jsonb) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select audit.shown(row_image,
        coalesce(array_agg(p.col) filter (where p.policy = 'digest'), '{}'),
        coalesce(array_agg(p.col) filter (where p.bytes), '{}'),
        coalesce(array_agg(p.col) filter (where p.policy = 'secret'), '{}'))
      from audit.policy as p where p.tbl = table_name
$$;

-- The low-water mark (ledger.md 3.3), published by a transaction before its first entry: a shared advisory lock whose
-- key is the sequence's last value, held to commit, so that the sealer waits for us.
create or replace function audit.publish_mark() returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform pg_advisory_xact_lock_shared((7::bigint << 48) | (select last_value from audit.entry_id_seq));
    perform set_config('indelible.lw', pg_current_xact_id()::text, true);
end $$;

-- The next id of the ledger's order.
create or replace function audit.next_entry() returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if current_setting('indelible.lw', true) is distinct from pg_current_xact_id()::text then
        perform audit.publish_mark();
    end if;
    return nextval('audit.entry_id_seq');
end $$;

-- The act of this transaction, or null. The setting alone proves nothing: the row must exist in this very transaction.
create or replace function audit.current_act() returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select id from audit.act
     where id = nullif(split_part(current_setting('indelible.act', true), ':', 1), '')::bigint
       and xid = pg_current_xact_id_if_assigned()
$$;

-- Arguments: layout, primary key columns, digest columns, bytea columns, secret columns, kind, `noted` where rows may be
-- written under an event or a refusal (lists joined by commas).
-- Runs once a row: what it needs stands in it, because each function called inside is set up anew in each transaction
-- (measured: a third of the cost of an audited row).
create or replace function audit.capture() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set bytea_output = 'hex'
set extra_float_digits = 1 set intervalstyle = 'iso_8601' set datestyle = 'ISO, YMD'
as $$
declare
    o jsonb;
    n jsonb;
    act_id bigint;
    is_note boolean;
begin
    if TG_OP = 'UPDATE' and not (OLD *<> NEW) then return null; end if;   -- binary image: 1.0 to 1.00 is a change
    select a.id, a.note into act_id, is_note from audit.act as a          -- as audit.current_act()
     where a.id = nullif(split_part(current_setting('indelible.act', true), ':', 1), '')::bigint
       and a.xid = pg_current_xact_id_if_assigned();
    if act_id is null and session_user = 'indelible_app' then
        raise exception 'a write to % needs an open act', TG_TABLE_NAME using errcode = 'IN002';
    end if;
    if is_note and TG_ARGV[6] <> 'noted' then
        raise exception 'a write to % needs an act, not an event or a refusal', TG_TABLE_NAME using errcode = 'IN002';
    end if;
    if TG_OP <> 'INSERT' then o := to_jsonb(OLD); end if;
    if TG_OP <> 'DELETE' then n := to_jsonb(NEW); end if;
    if TG_ARGV[2] <> '' or TG_ARGV[4] <> '' or pg_column_size(o) > 4096 or pg_column_size(n) > 4096 then
        o := audit.shown(o, string_to_array(TG_ARGV[2], ','), string_to_array(TG_ARGV[3], ','), string_to_array(TG_ARGV[4], ','));
        n := audit.shown(n, string_to_array(TG_ARGV[2], ','), string_to_array(TG_ARGV[3], ','), string_to_array(TG_ARGV[4], ','));
    end if;
    if current_setting('indelible.lw', true) is distinct from pg_current_xact_id()::text then
        perform audit.publish_mark();
    end if;
    insert into audit.event (id, act, xid, at, kind, tbl, layout, pk, op, db, old, new)
    values (nextval('audit.entry_id_seq'), act_id, pg_current_xact_id(), audit.clock(), TG_ARGV[5], TG_TABLE_NAME, TG_ARGV[0]::int,
            case when position(',' in TG_ARGV[1]) = 0 then coalesce(n, o) ->> TG_ARGV[1]
                 else audit.key_of(coalesce(n, o), string_to_array(TG_ARGV[1], ',')) end,
            left(TG_OP, 1)::"char", session_user, o, n);
    return null;
end $$;

create or replace function audit.key_of(image jsonb, columns text[]) returns text
language sql immutable set search_path = pg_catalog, pg_temp
as $$ select string_agg(image ->> c, ',' order by i) from unnest(columns) with ordinality as k(c, i) $$;

create or replace function audit.refuse_truncate() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$ begin raise exception 'TRUNCATE of % is refused: records are never emptied', TG_TABLE_NAME using errcode = 'IN004'; end $$;

create or replace function audit.refuse_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$ begin raise exception '% of % is refused: its rows are only ever added', TG_OP, TG_TABLE_NAME using errcode = 'IN004'; end $$;

-- An act may be given its record and object once, by the transaction that opened it; nothing else of it ever changes.
create or replace function audit.refuse_act_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    if TG_OP = 'UPDATE' and OLD.xid = pg_current_xact_id()
       and OLD.record in ('', NEW.record) and OLD.object in ('', NEW.object)
       and to_jsonb(OLD) - 'record' - 'object' = to_jsonb(NEW) - 'record' - 'object' then
        return NEW;
    end if;
    raise exception '% of the audit trail is refused', TG_OP using errcode = 'IN004';
end $$;

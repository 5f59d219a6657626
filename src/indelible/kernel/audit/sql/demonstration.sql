-- The one seam in time (URS-TIM-01): in a database that `indelible demo` creates, and only while it fills it, the clock
-- adds a shift that the demonstration moves forward. The ledger's first entry says so. `serve` and `verify` refuse this body.
create table audit.demo_clock (one boolean primary key default true check (one), shift interval not null);

create or replace function audit.clock() returns timestamptz
language sql volatile parallel safe security definer set search_path = pg_catalog, pg_temp
as $$ select clock_timestamp() + (select shift from audit.demo_clock) $$;

-- Moves the demonstration's time forward, never back, and never past the true time.
create function audit.demo_advance(given interval) returns timestamptz
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if given < interval '0' then raise exception 'time only moves forward' using errcode = 'IN007'; end if;
    update audit.demo_clock set shift = least(shift + given, interval '0');
    return audit.clock();
end $$;

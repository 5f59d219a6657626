-- The one clock of all SQL (URS-TIM-01). Only `indelible demo` may put another body here, in a database it creates itself.
create or replace function audit.clock() returns timestamptz
language sql volatile parallel safe set search_path = pg_catalog, pg_temp
as $$ select clock_timestamp() $$;

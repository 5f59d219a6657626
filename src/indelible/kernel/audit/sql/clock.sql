-- The one clock of all SQL (URS-TIM-01). Only `indelible demo` may put another body here, in a database it creates itself.
create or replace function audit.clock() returns timestamptz
language sql volatile parallel safe
as $$ select pg_catalog.clock_timestamp() $$;          -- no setting of its own, so that callers inline it

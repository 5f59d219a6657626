-- What a search looks through in a record: its number, its title and every text in its fields.
-- The 'simple' configuration is in every PostgreSQL and treats all languages alike. Punctuation becomes
-- space, so that numbers, file names and 9.90 are found by their parts and no compound is indexed twice.
-- The cost is set high on purpose: reading a record for its words is some hundred times an index probe, and the planner
-- shall use the index for a rare word and the order of the list for a common one.
-- A tsvector holds at most 1 MiB: 200,000 characters are the most that always fit, whatever the script.
CREATE FUNCTION public.records_search(number text, title text, content jsonb) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 4000 AS $$
    SELECT pg_catalog.to_tsvector('pg_catalog.simple', pg_catalog.translate(pg_catalog.left(
        number || ' ' || title || ' ' || coalesce((
            SELECT pg_catalog.string_agg(part #>> '{}', ' ')
            FROM pg_catalog.jsonb_path_query(content, 'strict $.** ? (@.type() == "string")') AS part
        ), ''), 200000), '-_/\.,:;@+=&#%~?', '                '))
$$;
GRANT EXECUTE ON FUNCTION public.records_search(text, text, jsonb) TO PUBLIC;
CREATE INDEX records_record_search ON public.records_record
    USING gin (public.records_search(number, title, "values"));

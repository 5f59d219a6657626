-- The words of each record in a table of their own, kept by the database: a search then reads words made once, at the save,
-- where the expression index before it had them made again for each row that was looked at. Not in the record's own row,
-- where they would stand in the trail at every change. Nobody but this trigger writes them.
CREATE FUNCTION public.records_keep_searchable() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_RELID <> 'public.records_record'::regclass THEN  -- else a login could hang it onto a table of its own
        RAISE EXCEPTION 'only records are searched' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'INSERT' OR (NEW.number, NEW.title, NEW."values") IS DISTINCT FROM (OLD.number, OLD.title, OLD."values") THEN
        INSERT INTO public.records_searchable (record_id, words)
        VALUES (NEW.id, public.records_search(NEW.number, NEW.title, NEW."values"))
        ON CONFLICT (record_id) DO UPDATE SET words = excluded.words;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER records_searchable AFTER INSERT OR UPDATE ON public.records_record
    FOR EACH ROW EXECUTE FUNCTION public.records_keep_searchable();
ALTER TABLE public.records_record ENABLE ALWAYS TRIGGER records_searchable;

-- Up to `most` records with these words, by the index alone: the planner cannot tell a rare word from a common one and would
-- now and then read the whole table for a rare one. Settings of the function hold for its own statement only.
CREATE FUNCTION public.records_hits(wanted tsquery, most int) RETURNS SETOF bigint
LANGUAGE sql STABLE PARALLEL SAFE SET enable_seqscan = off SET enable_indexscan = off AS $$
    SELECT record_id FROM public.records_searchable WHERE words @@ wanted LIMIT most
$$;

INSERT INTO public.records_searchable (record_id, words)
    SELECT id, public.records_search(number, title, "values") FROM public.records_record;
DROP INDEX public.records_record_search;

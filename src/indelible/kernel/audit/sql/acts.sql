-- Acts: the one door through which a regulated write becomes possible (decision D2, URS-AUD-02, -04, -05).

create or replace function audit.write_act(context jsonb, given_outcome text, is_note boolean) returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    token constant text := coalesce(context ->> 'token', '');
    entry bigint;
begin
    if current_setting('indelible.lw', true) is distinct from pg_current_xact_id()::text then
        perform audit.publish_mark();
    end if;
    -- One statement, because it stands before every write; what it does not take is told apart below. Of the token only
    -- the shape is asked: whether it is genuine is for whoever holds the public key to say.
    insert into audit.act (id, xid, at, db, token, action, reason, source, channel, session, outcome, rule, clause, user_id,
                           name, role, on_behalf_of, site, object, record, detail, note)
    select nextval('audit.entry_id_seq'), pg_current_xact_id(), audit.clock(), session_user, token, a.name,
           coalesce(context ->> 'reason', ''), coalesce(context ->> 'source', ''), coalesce(context ->> 'channel', ''),
           coalesce(context ->> 'session', ''), given_outcome, coalesce(context ->> 'rule', ''),
           coalesce(context ->> 'clause', ''), context ->> 'user_id', context ->> 'name', coalesce(context ->> 'role', ''),
           coalesce(context ->> 'on_behalf_of', ''), coalesce(context ->> 'site', ''), coalesce(context ->> 'object', ''),
           coalesce(context ->> 'record', ''), context -> 'detail', nullif(is_note, false)
      from audit.action as a
     where a.name = context ->> 'action'
       and token like 'v1|_%|%|%|%|%|%' and split_part(token, '|', 2) = context ->> 'user_id'
       and length(split_part(token, '|', 4)) = 32 and length(split_part(token, '|', 7)) = 86
       and not (a.reason = 'required' and given_outcome = 'done' and length(btrim(coalesce(context ->> 'reason', ''))) < 2)
    returning id into entry;
    if entry is not null then return entry; end if;
    if not exists (select from audit.action as a where a.name = context ->> 'action') then
        raise exception 'unknown action %', context ->> 'action' using errcode = 'IN003';
    end if;
    if token like 'v1|_%|%|%|%|%|%' and split_part(token, '|', 2) = context ->> 'user_id'
       and length(split_part(token, '|', 4)) = 32 and length(split_part(token, '|', 7)) = 86 then
        raise exception 'action % needs a reason', context ->> 'action' using errcode = 'IN005';
    end if;
    raise exception 'an act needs the token of its actor' using errcode = 'IN002';
end $$;

create or replace function audit.begin(context jsonb) returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    entry bigint;
begin
    if split_part(current_setting('indelible.act', true), ':', 2) = pg_current_xact_id()::text then
        raise exception 'an act is open already: one act is one transaction' using errcode = 'IN006';
    end if;
    if not exists (select from audit.expected as e where e.item = (      -- as audit.is_protected()
            select 'triggers always on: ' || count(*) from pg_trigger as t
             where t.tgfoid in ('audit.capture'::regproc, 'audit.refuse_change'::regproc, 'audit.refuse_act_change'::regproc,
                                'audit.refuse_truncate'::regproc) and t.tgenabled = 'A' and t.tgqual is null)) then
        raise exception 'a protection of the audit trail is missing' using errcode = 'IN001';
    end if;
    entry := audit.write_act(context, 'done', false);
    perform set_config('indelible.act', entry::text || ':' || pg_current_xact_id()::text, true);
    return entry;
end $$;

-- Gives the open act the record or object that only came to be inside it (a number drawn in the act).
create or replace function audit.name_act(given_object text, given_record text) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    update audit.act set object = case when object = '' then given_object else object end,
                         record = case when record = '' then given_record else record end
     where id = audit.current_act()
$$;

-- An event or a refusal: under it only rows of tables declared `noted` may be written, because it is written where no act
-- may open (a protection is missing) and asks for no reason. What nobody signed in is behind, and no account's lock counts
-- (`throttled`), stands alone the first 20 times a minute and source and 200 times a minute in all; the rest is counted.
create or replace function audit.note(context jsonb, given_outcome text, throttled boolean) returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    this_minute timestamptz := date_trunc('minute', audit.clock());
    from_source text := left(coalesce(context ->> 'source', ''), 64);
    already int;
begin
    if given_outcome not in ('done', 'denied') then
        raise exception 'unknown outcome %', given_outcome using errcode = 'IN003';
    end if;
    if throttled then
        insert into audit.flood as f (source, minute, n) values (from_source, this_minute, 1)
            on conflict (source, minute) do update set n = f.n + 1 returning kept into already;
        if already >= 20 or (select sum(kept) from audit.flood where minute = this_minute) >= 200 then return null; end if;
        update audit.flood set kept = kept + 1 where source = from_source and minute = this_minute;
    end if;
    return audit.write_act(context, given_outcome, true);
end $$;

-- Turns the counts of past minutes into one entry a source and minute, as many as `context` brings tokens; returns how
-- many are still to be written. The context is the job's.
create or replace function audit.count_floods(context jsonb) returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    past audit.flood;
    given_token text;
begin
    delete from audit.flood where minute < date_trunc('minute', audit.clock()) and n = kept;
    for given_token in select jsonb_array_elements_text(context -> 'tokens') loop
        delete from audit.flood where (source, minute) = (
            select f.source, f.minute from audit.flood as f where f.minute < date_trunc('minute', audit.clock())
             order by f.minute, f.source limit 1 for update skip locked) returning * into past;
        exit when not found;
        perform audit.write_act(context || jsonb_build_object('source', past.source, 'token', given_token,
            'detail', jsonb_build_object('minute', past.minute, 'further', past.n - past.kept)), 'counted', true);
    end loop;
    return (select count(*) from audit.flood where minute < date_trunc('minute', audit.clock()));
end $$;

create or replace function audit.floods_waiting() returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select count(*) from audit.flood where minute < date_trunc('minute', audit.clock()) and n > kept $$;

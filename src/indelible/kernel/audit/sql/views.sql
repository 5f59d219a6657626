-- What the service may read of the trail: views, never the tables (decision D3).
create or replace view audit.acts as
    select l.seq, a.* from audit.act as a left join audit.leaf as l on l.entry = a.id;
create or replace view audit.events as
    select l.seq, e.* from audit.event as e left join audit.leaf as l on l.entry = e.id;
create or replace view audit.checkpoints as
    select size, root, note, at from audit.checkpoint;
create or replace view audit.actions as
    select name, title, kind, reason from audit.action;
create or replace view audit.regulated as
    select tbl, append_only, kind from audit.protection;
create or replace view audit.demonstration as
    select at, new ->> 'says' as says from audit.event where kind = 'demo';
create or replace view audit.leaves as
    select seq, entry, bytes, hash from audit.leaf;
create or replace view audit.epochs as
    select l.seq, e.id, e.at, e.new from audit.event as e left join audit.leaf as l on l.entry = e.id
     where e.kind = 'epoch' and e.new ->> 'epoch' <> 'lost' and e.db = 'indelible_seal';

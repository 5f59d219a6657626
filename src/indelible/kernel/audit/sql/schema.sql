-- The tables of the trail. Owner audit_owner; written only by the functions beside this file (ledger.md 3.1, decision D2).

create sequence audit.entry_id_seq cache 1;            -- one sequence for acts and events: the order of the ledger

create table audit.action (                            -- the closed list: a name is for ever
    name   text primary key check (name ~ '^[a-z_]+\.[a-z_]+$'),
    title  text not null,
    kind   text not null check (kind in ('act', 'event')),
    reason text not null check (reason in ('none', 'optional', 'required'))
);

create table audit.act (
    id      bigint primary key,
    xid     xid8 not null,
    at      timestamptz not null,
    db      text not null,
    token   text not null,
    action  text not null,                             -- of audit.action; audit.write_act looks it up, and a reference would
                                                       -- lock one hot row of that list in every transaction
    reason  text not null default '',
    source  text not null default '',
    channel text not null default '',
    session text not null default '',
    outcome text not null default 'done',              -- done, denied or counted: the functions that write it see to that
    rule    text not null default '',
    clause  text not null default '',
    user_id text not null,
    name    text not null,
    role    text not null default '',
    on_behalf_of text not null default '',
    site    text not null default '',
    object  text not null default '',
    record  text not null default '',
    detail  jsonb,
    note    boolean                                    -- true: an event or a refusal, under which only rows of tables declared
                                                       -- for it may be written (audit.capture); null: an act
);
create unique index act_nonce on audit.act (split_part(token, '|', 4));      -- one token, one act: a replay is refused
create index act_record on audit.act (record, id) where record <> '';
create index act_object on audit.act (object, id) where object <> '';
create index act_person on audit.act (user_id, id);
create index act_action on audit.act (action, id);
create index act_at on audit.act using brin (at);

create table audit.event (
    id     bigint primary key,
    act    bigint,                                     -- of audit.act: audit.capture looks it up in this very transaction
                                                       -- for each row; null: a privileged login wrote without an act
    xid    xid8 not null,
    at     timestamptz not null,
    kind   text not null,                              -- row, esign, ddl, baseline, attest, digest, receipt, epoch, demo
    tbl    text not null default '',
    layout int,
    pk     text not null default '',
    op     "char",
    db     text not null,
    old    jsonb,
    new    jsonb
);
create index event_act on audit.event (act);
create index event_row on audit.event (tbl, pk, id);
create index event_epoch on audit.event (id) where kind = 'epoch' and new ->> 'epoch' <> 'lost';


create table audit.leaf (
    seq   bigint primary key,
    entry bigint not null unique,
    bytes bytea not null,
    hash  bytea not null check (length(hash) = 32),
    late  boolean not null default false
);

create table audit.checkpoint (
    size bigint primary key,
    root bytea not null check (length(root) = 32),
    note text not null,
    at   timestamptz not null
);

create table audit.layout (                            -- which columns a table had when its events were written
    id      int generated always as identity primary key,
    tbl     text not null,
    columns jsonb not null,
    at      timestamptz not null,
    unique (tbl, columns)
);

create table audit.protection (                        -- every regulated table
    tbl         text primary key,
    pk          text[] not null,
    append_only boolean not null,
    kind        text not null default 'row' check (kind in ('row', 'esign')),
    noted       boolean not null default false,        -- its rows may be written under an event or a refusal
    layout      int not null references audit.layout
);

create table audit.policy (                            -- columns whose value does not stand in the trail itself
    tbl    text not null references audit.protection,
    col    text not null,
    policy text not null check (policy in ('digest', 'secret')),
    bytes  boolean not null default false,             -- the column is bytea: its digest is of the bytes themselves
    primary key (tbl, col)
);

create table audit.secret (                            -- the key of keyed digests (HMAC-SHA-256), padded; audit_owner only
    one  boolean primary key default true check (one),
    ipad bytea not null,
    opad bytea not null
);

create table audit.expected (item text primary key);   -- the control plane as installed, item by item

create table audit.flood (                             -- unsigned-in requests a source and minute; counted, not regulated
    source text not null,
    minute timestamptz not null,
    n      int not null,
    kept   int not null default 0,                     -- how many of them stand alone in the trail
    primary key (source, minute)
);

"""The tables of journal.db.

`events` is the truth. `inbox` is the only table that clients write. The rest is derived or passing: `live`
and `samples` are overwritten and thinned, `checkpoints` and `chunks` follow from the events.
"""

from __future__ import annotations

VERSION = 1

SCHEMA = f"""
create table events(
    seq integer primary key,            -- gapless, from 1
    at integer not null,                -- microseconds UTC, never decreasing
    researcher text not null,           -- empty: the whole fleet
    kind text not null,
    body blob not null,                 -- JSON of one event
    chain blob not null                 -- 16 bytes, see chain.py
);
create index events_of on events(researcher, seq);
create index events_kind on events(kind, seq);
create table inbox(
    id integer primary key autoincrement,
    at integer not null,
    by text not null,
    kind text not null,                 -- a verb of events.VERBS
    body text not null                  -- JSON object of strings
);
create table live(name text primary key, at integer not null, body blob not null) without rowid;
create table samples(at integer not null, device text not null, body blob not null);
create index samples_at on samples(at);
create table checkpoints(seq integer primary key, state blob not null);   -- zstd of msgpack of RunState
create table chunks(                    -- what a transcript must know before it reads: sizes per 256 seqs
    chunk integer not null, researcher text not null,
    events integer not null, lines integer not null, chars integer not null,
    primary key (chunk, researcher)
) without rowid;
pragma user_version = {VERSION};
"""

BUSY_MS = 10_000  # a client holds the write lock for one insert
WRITER_PRAGMAS = (
    f"pragma busy_timeout = {BUSY_MS}",
    "pragma journal_mode = wal",
    "pragma synchronous = full",
)

INSERT_EVENT = "insert into events(seq, at, researcher, kind, body, chain) values (?, ?, ?, ?, ?, ?)"
ADD_CHUNK = """
insert into chunks(chunk, researcher, events, lines, chars) values (?, ?, ?, ?, ?)
on conflict(chunk, researcher) do update set
    events = events + excluded.events, lines = lines + excluded.lines, chars = chars + excluded.chars
"""

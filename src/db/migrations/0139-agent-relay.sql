-- Several servers on one database: an agent calls one of them, and its talk may be with another. Who is called
-- carries what both say. Nothing of it is worth keeping: a talk ends with its server, as a connection would.
create unlogged table agent_server (
  server text primary key check (length(server) between 1 and 100),
  seen_at timestamptz not null
);

create unlogged table agent_talk (
  talk text primary key check (length(talk) between 1 and 100),
  host text not null check (length(host) between 1 and 100),
  server text not null,
  -- The host was told of it.
  is_begun boolean not null,
  opened_at timestamptz not null default now()
);
create index agent_talk_waiting on agent_talk (host) where not is_begun;

create unlogged table agent_part (
  id text primary key check (length(id) between 1 and 100),
  -- Whose talk it is, and who was called.
  server text not null,
  asker text not null,
  host text not null,
  -- Null: the host calls and was told of no talk yet.
  talk text,
  said bytea not null,
  is_last boolean not null,
  asked_at timestamptz not null default now(),
  is_taken boolean not null default false,
  -- JSON; null until it is answered.
  answer bytea
);
create index agent_part_new on agent_part (server) where not is_taken;
create index agent_part_answered on agent_part (asker) where answer is not null;

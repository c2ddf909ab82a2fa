-- Files that come to hosts before their wave opens (decision 31). A wave whose time to do so has come gets
-- a row for each of its hosts, once; claims then walk a small index.
alter table wave add column staging_at timestamptz;

create table staged_target (
  rollout text not null,
  host text not null,
  primary key (rollout, host),
  foreign key (rollout, host) references target (rollout, host) on delete cascade,
  wave integer not null,
  -- over: the job came, or its time went by, before the host had said that all is there.
  state text not null default 'waiting' check (state in ('waiting', 'staged', 'refused', 'over')),
  code text check (length(code) <= 40),
  why text check (length(why) <= 400),
  files integer not null default 0 check (files >= 0),
  kilobytes bigint not null default 0 check (kilobytes >= 0),
  -- The host's own signed word, and its signature.
  document text,
  signature text,
  tries integer not null default 0,
  tried_at timestamptz,
  next_at timestamptz not null,
  check ((state = 'staged') <= (document is not null and signature is not null))
);
create index staged_target_due on staged_target (next_at) where state in ('waiting', 'refused');
create index staged_target_host on staged_target (host);

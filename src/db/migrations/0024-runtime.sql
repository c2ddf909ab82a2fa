-- What runs on hosts, as inspections saw it: which packages are in memory, who listens where, which
-- kernel modules are loaded or switched off.

-- Stored once under its digest, like package sets: hosts of one role share it. How many processes there
-- are changes with every look and stands outside, at the host.
create table runtime_set (
  id integer generated always as identity primary key,
  digest text not null unique check (digest ~ '^[0-9a-f]{64}$'),
  content jsonb not null,
  created_at timestamptz not null
);

-- The same two histories as of package sets. No current row means that it is not known.
create table host_runtime (
  host_num integer not null references host (num),
  set_id integer not null references runtime_set,
  observed_from timestamptz not null,
  observed_to timestamptz check (observed_to > observed_from),
  recorded_from timestamptz not null,
  recorded_to timestamptz check (recorded_to > recorded_from)
);

create unique index host_runtime_current on host_runtime (host_num) include (set_id)
  where observed_to is null and recorded_to is null;
create index host_runtime_by_host on host_runtime (host_num, recorded_from);
create index host_runtime_by_set on host_runtime (set_id, host_num);

-- The numbers of the last look; null where processes were never read.
alter table host add column runtime jsonb;

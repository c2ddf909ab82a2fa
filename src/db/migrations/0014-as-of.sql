-- What was known on a past day, told exactly as it would have been told on that day. Nothing of this is
-- ever thinned out: the past goes back to the first look at a host and the first feed.

-- Since when vulnerability, state and fixed version hold. A row itself begins anew when only who says
-- so, or why, has changed, so that a past day is told with the reasons of that day.
alter table finding_pair add column since timestamptz;
update finding_pair set since = valid_from;
alter table finding_pair alter column since set not null;

-- Vulnerabilities that something here has or had: of these the history of facts is kept.
create table vulnerability_touched (id text primary key);
insert into vulnerability_touched select distinct vulnerability from finding_pair;

-- Facts as they were known until a moment; those after the last such moment are the current ones.
-- Known exploitation and SSVC have ranges of their own.
create table fact_past (
  id text not null,
  title text not null,
  published_at timestamptz,
  status text not null check (status in ('published', 'rejected', 'withdrawn', 'disputed')),
  cvss jsonb not null,
  score real,
  percentile real,
  valid_to timestamptz not null,
  primary key (id, valid_to)
);

-- Which kernel a host ran, as this server knew it. What was known before this table is not told apart:
-- the kernel of now stands for all of it.
create table host_kernel (
  host_num integer not null references host (num),
  kernel_running text,
  recorded_from timestamptz not null,
  recorded_to timestamptz check (recorded_to > recorded_from)
);
create unique index host_kernel_current on host_kernel (host_num) where recorded_to is null;
create index host_kernel_by_host on host_kernel (host_num, recorded_from);
insert into host_kernel (host_num, kernel_running, recorded_from)
  select num, kernel_running, created_at from host;

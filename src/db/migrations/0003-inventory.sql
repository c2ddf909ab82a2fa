-- Hosts, what is on them, and what their own sources offer them.
--
-- Sets are stored once under their digest; hosts point to them through history rows. `num`, package,
-- offer and set ids are small integers, so that the posting lists package -> sets -> hosts stay compact.

create table host (
  id text primary key,
  num integer generated always as identity unique,
  -- Sorted and paged by bytes, whatever the locale of the database.
  name text collate "C" not null,
  protocol_id text not null unique,
  labels jsonb not null default '{}',
  way jsonb not null,
  mode text not null check (mode in ('managed', 'inspect-only')),
  -- The key that signs results, once the host is enrolled.
  signing_key text,
  contact_state text not null default 'unknown'
    check (contact_state in ('reachable', 'unreachable', 'unknown')),
  inspected_at timestamptz,
  tried_at timestamptz,
  problem text,
  facts jsonb,
  created_at timestamptz not null,
  -- A removed host keeps its row and its history, so reports about past days stay exact.
  removed_at timestamptz
);

create unique index host_name_live on host (name) where removed_at is null;
create index host_labels on host using gin (labels jsonb_path_ops) where removed_at is null;

create table package (
  id integer generated always as identity primary key,
  ecosystem text not null,
  name text not null,
  version text not null,
  arch text not null,
  source text not null,
  source_version text not null,
  origin text not null,
  module text not null,
  unique (ecosystem, name, version, arch, source, source_version, origin, module)
);

create index package_source on package (ecosystem, source);

create table package_set (
  id integer generated always as identity primary key,
  digest text not null unique check (digest ~ '^[0-9a-f]{64}$'),
  ecosystem text not null,
  distribution text not null,
  release text not null,
  channel text not null,
  package_count integer not null,
  created_at timestamptz not null
);

-- Both ways: set -> packages by the primary key, package -> sets by the index.
create table package_set_member (
  set_id integer not null references package_set,
  package_id integer not null references package,
  primary key (set_id, package_id)
);

create index package_set_member_package on package_set_member (package_id, set_id);

create table offer (
  id integer generated always as identity primary key,
  name text not null,
  arch text not null,
  version text not null,
  sha256 text not null,
  size_bytes bigint not null,
  origin text not null,
  suite text not null,
  component text not null,
  source text not null,
  source_version text not null,
  unique (sha256, name, arch, version, size_bytes, origin, suite, component, source, source_version)
);

create table offer_set (
  id integer generated always as identity primary key,
  digest text not null unique check (digest ~ '^[0-9a-f]{64}$'),
  offer_count integer not null,
  created_at timestamptz not null
);

create table offer_set_member (
  set_id integer not null references offer_set,
  offer_id integer not null references offer,
  primary key (set_id, offer_id)
);

create index offer_set_member_offer on offer_set_member (offer_id, set_id);

-- Two histories with two times each: when it was so on the host (observed), and when this server
-- believed it (recorded). Ranges are half-open, null means open. Exactly one row of a host is current:
-- the unique index says so. (An exclusion constraint over both ranges cost 0.24 ms a row, which is
-- minutes for a large fleet; a test holds that the rows written never overlap.)
create table host_set (
  host_num integer not null references host (num),
  set_id integer not null references package_set,
  observed_from timestamptz not null,
  observed_to timestamptz check (observed_to > observed_from),
  recorded_from timestamptz not null,
  recorded_to timestamptz check (recorded_to > recorded_from)
);

create unique index host_set_current on host_set (host_num) include (set_id)
  where observed_to is null and recorded_to is null;
create index host_set_by_host on host_set (host_num, recorded_from);
create index host_set_by_set on host_set (set_id, host_num);

create table host_offer (
  host_num integer not null references host (num),
  set_id integer not null references offer_set,
  observed_from timestamptz not null,
  observed_to timestamptz check (observed_to > observed_from),
  recorded_from timestamptz not null,
  recorded_to timestamptz check (recorded_to > recorded_from)
);

create unique index host_offer_current on host_offer (host_num) include (set_id)
  where observed_to is null and recorded_to is null;
create index host_offer_by_host on host_offer (host_num, recorded_from);
create index host_offer_by_set on host_offer (set_id, host_num);

-- Live hosts with the sets they point to now; null means unknown, never "nothing".
create view host_now as
  select h.id, h.num, h.name, h.protocol_id, h.labels, h.mode, h.contact_state, h.inspected_at,
         hs.set_id as package_set_id, ps.digest as package_set, ps.ecosystem,
         ho.set_id as offer_set_id, os.digest as offer_set
    from host h
    left join host_set hs
      on hs.host_num = h.num and hs.observed_to is null and hs.recorded_to is null
    left join package_set ps on ps.id = hs.set_id
    left join host_offer ho
      on ho.host_num = h.num and ho.observed_to is null and ho.recorded_to is null
    left join offer_set os on os.id = ho.set_id
   where h.removed_at is null;

create table scan (
  id text primary key,
  requested_by text not null,
  selector text not null,
  -- Package lists are refreshed into private folders first.
  is_refresh boolean not null,
  host_count integer not null,
  created_at timestamptz not null,
  finished_at timestamptz
);

create index scan_newest on scan (created_at desc, id desc);

create table scan_host (
  scan_id text not null references scan,
  host_id text not null references host,
  state text not null default 'waiting'
    check (state in ('waiting', 'running', 'changed', 'unchanged', 'failed')),
  -- A claim is a lease with a fencing number: whoever holds an older number may not write.
  claim integer not null default 0,
  leased_until timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  problem_kind text,
  problem text,
  primary key (scan_id, host_id)
);

create index scan_host_open on scan_host (state, scan_id, host_id) where state in ('waiting', 'running');

-- What one host answered for all hosts with the same pair of sets.
create table resolution (
  package_set_id integer not null references package_set,
  offer_set_id integer not null references offer_set,
  -- Digest of the canonical list of wanted versions.
  target text not null,
  wants jsonb not null,
  answer jsonb not null,
  asked_host text not null references host,
  asked_at timestamptz not null,
  primary key (package_set_id, offer_set_id, target)
);

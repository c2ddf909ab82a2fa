-- Freezes that people set at once, and calendars that were imported. What stands in the policy file is
-- among the versions of policies.

create sequence freeze_number;

create table calendar_freeze (
  id text primary key,
  number integer not null unique default nextval('freeze_number'),
  name text not null,
  -- A label expression; empty selects every host.
  hosts text not null,
  reason text not null check (length(reason) between 1 and 500),
  starts_at timestamptz not null,
  ends_at timestamptz not null check (ends_at > starts_at),
  passes_emergency boolean not null,
  set_by text not null,
  set_at timestamptz not null default now(),
  lifted_by text,
  lifted_at timestamptz,
  lifted_reason text,
  check ((lifted_at is null) = (lifted_by is null))
);
create index calendar_freeze_live on calendar_freeze (ends_at) where lifted_at is null;

-- One imported iCalendar each: its text as it came, and what the last try to fetch it met.
create table calendar_source (
  id text primary key,
  name text not null unique,
  kind text not null check (kind in ('window', 'blackout', 'freeze', 'peak', 'release', 'cab')),
  hosts text not null,
  passes_emergency boolean not null,
  -- Null where somebody handed in a file.
  url text,
  etag text,
  text text not null,
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  added_by text not null,
  added_at timestamptz not null default now(),
  fetched_at timestamptz not null default now(),
  tried_at timestamptz not null default now(),
  problem text
);

-- Addresses under which a calendar can be subscribed to without signing in. Only the digest of the
-- secret is kept.
create table calendar_feed (
  id text primary key,
  name text not null,
  hosts text not null,
  secret_digest text not null unique check (secret_digest ~ '^[0-9a-f]{64}$'),
  made_by text not null,
  made_at timestamptz not null default now(),
  revoked_at timestamptz
);

-- On whose wall clock a host lives: its label `tz`, and the zone that it reported. One column, so that
-- the few there are among a million hosts can be asked for.
alter table host add column zone_key text not null
  generated always as (coalesce(labels ->> 'tz', '') || ' ' || coalesce(facts ->> 'zone', '')) stored;
create index host_zone_key on host (zone_key) where removed_at is null;

-- Channels that hosts may install from, how long products are supported, and what was learned when.

-- Which channels beside its release a host may install from: its own sources offer them, or a label
-- says so (`channel=pro`, `channel/eus=yes`). The names are those of ecosystems, small and with
-- hyphens: `Ubuntu:Pro:FIPS:22.04:LTS` is `pro-fips`. They stand among the host's marks, each behind
-- an @ so that none reads as a filter scope, and hosts that differ in them are told apart wherever
-- groups of equal hosts are made.
create function host_channels(labels jsonb, facts jsonb) returns setof text
language sql immutable parallel safe as $$
  select lower(l.value) from jsonb_each_text(labels) as l where l.key = 'channel'
  union
  select replace(lower(substr(l.key, 9)), '/', '-') from jsonb_each_text(labels) as l
   where l.key like 'channel/%' and lower(l.value) not in ('no', 'off', 'false', '0')
  union
  select case part when 'infra' then 'pro' when 'apps' then 'pro'
              when 'realtime' then 'pro-realtime' else 'pro-' || part end
    from jsonb_array_elements(coalesce(facts -> 'sources', '[]')) as s,
         substring(s ->> 'uri' from '^[a-z+]+://(?:[^/@]*@)?esm\.ubuntu\.com/([a-z-]+)') as part
   where part is not null
$$;

create or replace function filter_marks_of(labels jsonb) returns text language sql stable as $$
  select coalesce(string_agg(id::text, ',' order by id), '') from filter_scope
   where labels_fit(requirements, labels)
$$;

create function host_marks_of(labels jsonb, facts jsonb) returns text language sql stable as $$
  select concat_ws(',', nullif(filter_marks_of(labels), ''),
    (select string_agg('@' || c, ',' order by c collate "C") from host_channels(labels, facts) as c))
$$;

create or replace function host_marks() returns trigger language plpgsql as $$
begin
  new.filter_marks := host_marks_of(new.labels, new.facts);
  return new;
end
$$;
drop trigger host_marks on host;
create trigger host_marks before insert or update of labels, facts on host
  for each row execute function host_marks();

create or replace function filter_scope_marks() returns trigger language plpgsql as $$
begin
  update host set filter_marks = host_marks_of(labels, facts)
   where removed_at is null and filter_marks <> host_marks_of(labels, facts);
  return null;
end
$$;
update host set filter_marks = host_marks_of(labels, facts)
 where filter_marks <> host_marks_of(labels, facts);

-- A finding as hosts see it that may install from a channel which has a fix; else empty. Hosts that
-- may not see the row without a channel.
alter table finding_pair add column channel text not null default '';
drop index finding_pair_current;
create unique index finding_pair_current on finding_pair (package_id, vulnerability, channel)
  where valid_to is null;

-- How long releases of products are supported, as feeds say; half-open ranges.
create table support_cycle (
  feed text not null,
  product text not null,
  cycle text not null,
  released_at timestamptz,
  -- A day, or where nobody knows the day only whether it is over.
  support_ends timestamptz,
  is_support_over boolean,
  extended_ends timestamptz,
  is_extended_over boolean,
  latest text not null,
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to >= valid_from)
);
create unique index support_cycle_current on support_cycle (product, cycle, feed)
  where valid_to is null;

-- What was decided for a release that nobody supports, or soon will not; the newest row holds.
create table support_strategy (
  id text primary key,
  product text not null,
  cycle text not null,
  strategy text not null check (strategy in ('migrate', 'isolate', 'extend', 'accept')),
  owner text not null check (owner <> ''),
  reason text not null check (reason <> ''),
  due_at timestamptz not null,
  decided_by text not null,
  decided_at timestamptz not null,
  ended_at timestamptz
);
create unique index support_strategy_current on support_strategy (product, cycle)
  where ended_at is null;

-- Scores as they were known, of vulnerabilities that something here has.
create table epss_seen (
  id text not null,
  at timestamptz not null,
  score real not null,
  percentile real not null,
  primary key (id, at)
);

-- A table of its own no longer tells that scores changed.
create trigger epss_block_noted after insert or update or delete on epss_block
  for each statement execute function intel_note_change();

-- When each feed first told of a vulnerability.
alter table vulnerability_text add column learned_at timestamptz not null default now();

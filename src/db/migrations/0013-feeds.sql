-- What feeds say, kept by what is distinct, and where feeds come from.
--
-- One row says of several packages that the same versions are touched by the same vulnerabilities:
-- advisories name a dozen packages and a handful of CVEs each, and every pair of them is nothing new.
-- `statement` stays readable as one row a package and vulnerability.
alter table statement rename to statement_group;
alter table statement_group
  add column package_names text[] not null default '{}',
  add column vulnerabilities text[] not null default '{}';
update statement_group set package_names = array[package_name],
  vulnerabilities = array[vulnerability];
drop index statement_package;
drop index statement_vulnerability;
alter table statement_group
  drop column package_name,
  drop column vulnerability,
  alter column package_names drop default,
  alter column vulnerabilities drop default,
  add check (cardinality(package_names) > 0 and cardinality(vulnerabilities) > 0);
create index statement_group_package on statement_group using gin (package_names)
  where valid_to is null;
create index statement_group_vulnerability on statement_group using gin (vulnerabilities)
  where valid_to is null;

create view statement as
  select g.id, g.feed, g.ecosystem, p.package_name, g.matches, v.vulnerability, g.advisory, g.state,
         g.urgency, g.row_key, g.generation, g.valid_from, g.valid_to
    from statement_group g
   cross join unnest(g.package_names) as p (package_name)
   cross join unnest(g.vulnerabilities) as v (vulnerability);

-- Scores of a thousand neighbours in one row, each in the slot of its last three digits: all of them
-- are replaced every day, and a row of its own would be mostly overhead.
create table epss_block (
  prefix text primary key,
  scores real[] not null,
  percentiles real[] not null,
  check (cardinality(scores) = 1000 and cardinality(percentiles) = 1000)
);
insert into epss_block
  select b.prefix, array_agg(e.score order by s.slot), array_agg(e.percentile order by s.slot)
    from (select distinct left(id, -3) as prefix from epss) b
   cross join generate_series(0, 999) as s (slot)
    left join epss e on e.id = b.prefix || lpad(s.slot::text, 3, '0')
   group by b.prefix;
drop table epss;

create view epss as
  select b.prefix || lpad((s.slot - 1)::text, 3, '0') as id, s.score, s.percentile
    from epss_block b
   cross join unnest(b.scores, b.percentiles) with ordinality as s (score, percentile, slot)
   where s.score is not null;

-- What people read of a vulnerability (description, references, weaknesses), packed by neighbours:
-- texts are a tenth of their size when they are packed together. Read and written by the program only.
create table vulnerability_detail (
  feed text not null,
  bucket text not null,
  body bytea not null,
  primary key (feed, bucket)
);
alter table vulnerability_detail alter column body set storage external;

-- A day in the past is asked seldom, and only of what ended.
drop index ssvc_history;
create index ssvc_history on ssvc (id, valid_from) where valid_to is not null;
drop index kev_history;
create index kev_history on kev (id, valid_from) where valid_to is not null;

-- Which readers read what is loaded: newer ones may find more in the same bytes.
alter table feed drop column etag, drop column last_modified, drop column next_check_at;
alter table feed add column reader integer not null default 0;
-- Since when it could not be had or was refused, however often it was tried.
alter table feed add column failing_since timestamptz;
update feed set failing_since = failed_at where failure is not null;
alter table feed_generation add column feed_count integer not null default 1;
create index feed_generation_digest on feed_generation (digest);

-- Where feeds come from. A source without a row is asked as the catalogue of the program says.
create table feed_source (
  name text primary key,
  kind text not null,
  parameter text not null default '',
  -- The operator's own address and mirrors, in the order they are tried; empty: the catalogue's.
  urls text[] not null default '{}',
  -- Name of a file that holds the key the publisher gave; its content is never kept here.
  secret_file text,
  -- What the operator chose; null leaves it to what hosts need.
  is_enabled boolean,
  changed_by text,
  changed_at timestamptz,
  -- Of the last answers, for asking again only when they changed.
  validators jsonb not null default '{}',
  -- How far a source that comes in pieces has come.
  progress jsonb not null default '{}',
  checked_at timestamptz,
  good_at timestamptz,
  failure text,
  failed_at timestamptz,
  failing_since timestamptz,
  -- Before this moment nobody asks again: also the lease of who asks now.
  next_check_at timestamptz
);

-- Whose bundles are believed, and which were taken.
create table feed_signer (
  fingerprint text primary key,
  public_key text not null,
  added_by text not null,
  added_at timestamptz not null
);

create table feed_bundle (
  digest text primary key check (digest ~ '^[0-9a-f]{64}$'),
  origin text not null,
  made_at timestamptz not null,
  signer text not null,
  imported_by text not null,
  imported_at timestamptz not null
);

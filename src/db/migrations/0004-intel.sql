-- Feeds, what they say, and which packages it touches.
--
-- Statements, known exploitation and SSVC carry half-open ranges, so that a day in the past can be
-- asked again; of scores and texts only the latest is kept. Rows are written only when they change.

create table feed (
  name text primary key,
  -- Digest of the input that holds now; null as long as nothing was ever loaded.
  generation text check (generation ~ '^[0-9a-f]{64}$'),
  origin text check (origin in ('starter', 'file', 'network')),
  -- When the content was made, by its own word or the publisher's; null when nobody said.
  as_of timestamptz,
  -- The newest moment for which we know that this is what the publisher offers. Staleness counts from
  -- here: a catalogue that is a week old may still be the current one.
  confirmed_at timestamptz,
  loaded_at timestamptz,
  label text not null default '',
  licence text not null default '',
  -- False when absence from the feed means nothing.
  is_complete boolean not null default false,
  entry_count integer not null default 0,
  ecosystems text[] not null default '{}',
  problem_count integer not null default 0,
  problems jsonb not null default '[]',
  -- The last attempt failed or was refused; cleared by the next good one.
  failure text,
  failed_at timestamptz,
  -- Of the last answer of the publisher, for asking again only when it changed.
  etag text,
  last_modified text,
  -- Before this moment nobody asks the network again: also the lease of who asks now.
  next_check_at timestamptz,
  check (generation is null or (origin is not null and loaded_at is not null))
);

-- One row for each input that was taken over, never for one that was not.
create table feed_generation (
  id bigint generated always as identity primary key,
  feed text not null references feed,
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  extent text not null check (extent in ('whole', 'part')),
  origin text not null check (origin in ('starter', 'file', 'network')),
  as_of timestamptz,
  loaded_at timestamptz not null,
  entry_count integer not null,
  added_count integer not null,
  ended_count integer not null,
  -- Who took over a generation that the shrink guard had held back.
  accepted_by text
);

create index feed_generation_feed on feed_generation (feed, loaded_at desc);

create table statement (
  id bigint generated always as identity primary key,
  -- No reference: a check per row would double the time of a load that locks the feed anyway.
  feed text not null,
  ecosystem text not null,
  package_name text not null,
  matches text not null check (matches in ('source', 'binary')),
  vulnerability text not null,
  advisory text not null,
  state jsonb not null,
  urgency text not null,
  -- Half of the SHA-256 of all of the above: equal rows have equal keys.
  row_key uuid not null,
  -- Digest of the input that said it first.
  generation text not null,
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to >= valid_from)
);

create unique index statement_current on statement (feed, row_key) where valid_to is null;
create index statement_package on statement (ecosystem, package_name) where valid_to is null;
create index statement_vulnerability on statement (vulnerability) where valid_to is null;

create table vulnerability_text (
  feed text not null,
  id text not null,
  title text not null,
  published_at timestamptz,
  status text not null check (status in ('published', 'rejected', 'withdrawn', 'disputed')),
  cvss jsonb not null,
  primary key (id, feed)
);

create table kev (
  id text not null,
  added_at timestamptz not null,
  due_at timestamptz,
  is_ransomware boolean not null,
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to >= valid_from)
);

create unique index kev_current on kev (id) where valid_to is null;
create index kev_history on kev (id, valid_from);

create table ssvc (
  id text not null,
  exploitation text not null check (exploitation in ('none', 'poc', 'active')),
  is_automatable boolean not null,
  technical_impact text not null check (technical_impact in ('partial', 'total')),
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to >= valid_from)
);

create unique index ssvc_current on ssvc (id) where valid_to is null;
create index ssvc_history on ssvc (id, valid_from);

create table epss (
  id text primary key,
  score real not null check (score between 0 and 1),
  percentile real not null check (percentile between 0 and 1)
);

-- Work for the matcher, put here by the transaction that changed the statements.
create table rematch_source (
  ecosystem text not null,
  package_name text not null,
  primary key (ecosystem, package_name)
);

-- How each distinct package was judged; a package without a row is still to be matched.
create table package_match (
  package_id integer primary key references package,
  ecosystem text not null,
  name text not null,
  -- The source and version that advisories speak of (a signed kernel's unsigned source).
  source text not null,
  version text not null,
  role text not null check (role in ('ordinary', 'kernel-image', 'kernel-support')),
  blind_spot text check (blind_spot in ('backport', 'foreign-origin')),
  -- True when a feed speaks of this package at all.
  is_named boolean not null
);

create index package_match_source on package_match (ecosystem, source);
create index package_match_name on package_match (ecosystem, name);

create table finding_pair (
  id bigint generated always as identity primary key,
  vulnerability text not null,
  package_id integer not null references package,
  ecosystem text not null,
  -- The package name of the statement: the source for distributions.
  source text not null,
  state text not null check (state in (
    'affected-fix-available', 'affected-no-fix', 'fix-deferred', 'will-not-fix', 'end-of-life',
    'under-investigation', 'unknown-coverage'
  )),
  fixed_version text,
  statement_id bigint not null references statement,
  rule text not null,
  installed text not null,
  compared_with text,
  comparison text not null check (comparison in (
    'lower', 'equal', 'higher', 'not-comparable', 'not-compared'
  )),
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to >= valid_from)
);

create unique index finding_pair_current on finding_pair (package_id, vulnerability)
  where valid_to is null;
create index finding_pair_vulnerability on finding_pair (vulnerability) where valid_to is null;
create index finding_pair_history on finding_pair (package_id, valid_from);

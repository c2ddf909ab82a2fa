-- The keys by which this server itself verifies a source, and what it saw when it last looked. `dated`,
-- `digest` are of the newest index that was verified: nothing older is taken after it.
create table package_source_key (
  uri text not null,
  suite text not null,
  form text not null check (form in ('deb', 'rpm')),
  keyring bytea not null check (octet_length(keyring) between 1 and 262144),
  fingerprints text[] not null check (cardinality(fingerprints) between 1 and 16),
  reason text not null,
  pinned_by text not null references subject (id),
  pinned_at timestamptz not null,
  checked_at timestamptz,
  state text check (state in ('verified', 'refused', 'unreached')),
  because text,
  dated timestamptz,
  valid_until timestamptz,
  digest text check (digest ~ '^[0-9a-f]{64}$'),
  signed_by text,
  primary key (uri, suite),
  check ((state is null) = (checked_at is null)),
  check ((state = 'verified') is not true or (dated is not null and digest is not null))
);

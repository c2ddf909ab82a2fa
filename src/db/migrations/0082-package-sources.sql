-- What people decided about the sources that hosts take packages from. What a source is, and on which
-- hosts, is told by the hosts themselves; this is the assessment only.
create table package_source_assessment (
  uri text not null,
  suite text not null,
  trust text not null check (trust in ('trusted', 'blocked')),
  kind text not null check (kind in ('distribution', 'vendor', 'third-party', 'community')),
  reason text not null,
  assessed_by text not null references subject (id),
  assessed_at timestamptz not null,
  primary key (uri, suite)
);

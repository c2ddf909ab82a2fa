-- What the lists of a source say, once this server read them from a signed index by their digests: which
-- file stands behind each name and version, and since when. A pin that is made anew forgets them.
alter table package_source_key add column num integer generated always as identity unique;
-- `listed` is the digest of the signed index whose lists are all read; `lists` names them.
alter table package_source_key add column listed text check (listed ~ '^[0-9a-f]{64}$');
alter table package_source_key add column listed_dated timestamptz;
alter table package_source_key add column lists jsonb not null default '[]';
-- Why they could not be read; null where they are, or where nobody tried.
alter table package_source_key add column unlisted text;

create table signed_package (
  source_num integer not null references package_source_key (num) on delete cascade,
  name text not null,
  arch text not null,
  version text not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  -- Place in the source's `lists` of the one that names it.
  list smallint not null,
  -- Date of the signed index in which it stood first, and of the first one without it.
  first_seen timestamptz not null,
  gone timestamptz,
  primary key (source_num, name, arch, version, sha256)
);
-- Plans ask for names, whatever source has them.
create index signed_package_name on signed_package (name, version);

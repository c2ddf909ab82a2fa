-- Directories that keep people and groups here by SCIM 2.0 (RFC 7643, RFC 7644).

-- One row a directory. Its subject is what events name; it has no rights, only tokens of the SCIM kind.
create table directory (
  subject text primary key references subject (id),
  title text not null check (length(title) between 1 and 100),
  made_at timestamptz not null default now()
);

-- A token of a directory opens /scim/v2 and nothing else; every other token opens all but that.
alter table api_token
  add column purpose text not null default 'api' check (purpose in ('api', 'scim'));

-- A person as one directory says it. Belongs to that directory alone.
create table scim_user (
  subject text primary key references subject (id),
  directory text not null references directory (subject),
  user_name text not null check (length(user_name) between 1 and 300),
  external_id text check (length(external_id) between 1 and 300),
  -- What RFC 7643 §4.1 calls name, displayName and emails, as it was sent.
  attributes jsonb not null default '{}',
  -- Whether the directory disabled the account: what people disabled here, no directory enables.
  is_ended_by_it boolean not null default false,
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  version integer not null default 1,
  -- The subject stays, disabled, as its handle is never given again.
  deleted_at timestamptz
);
create unique index scim_user_name on scim_user (directory, lower(user_name));
create unique index scim_user_external on scim_user (directory, external_id)
  where deleted_at is null;

create table scim_group (
  id text primary key,
  directory text not null references directory (subject),
  display_name text not null check (length(display_name) between 1 and 300),
  external_id text check (length(external_id) between 1 and 300),
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  version integer not null default 1
);
create unique index scim_group_name on scim_group (directory, lower(display_name));

create table scim_member (
  group_id text not null references scim_group (id) on delete cascade,
  subject text not null references scim_user (subject),
  primary key (group_id, subject)
);
create index scim_member_subject on scim_member (subject);

-- What a group of a directory may do here. Only people set it, and only within their own rights.
create table group_rule (
  id text primary key,
  directory text not null references directory (subject),
  group_name text not null check (length(group_name) between 1 and 300),
  role text not null,
  scope text not null,
  made_by text not null,
  made_at timestamptz not null default now()
);
create unique index group_rule_once on group_rule (directory, lower(group_name), role, scope);

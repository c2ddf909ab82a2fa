-- Who may do what: subjects, grants, sessions, tokens, approver keys, one-time secrets.
-- Secrets are stored as SHA-256 (tokens, sessions, one-time secrets: 256 random bits) or argon2id
-- (passwords) only.

create table subject (
  id text primary key,
  kind text not null check (kind in ('person', 'service')),
  -- What protocol documents carry; never given to anybody else, even after its owner is disabled.
  handle text not null unique check (handle ~ '^[a-z0-9][a-z0-9.-]{0,62}$'),
  name text not null check (length(name) between 1 and 200),
  -- The person who answers for a service: separation of duties counts people.
  owner text references subject (id),
  password_hash text,
  created_at timestamptz not null default now(),
  disabled_at timestamptz,
  version integer not null default 1,
  check ((kind = 'service') = (owner is not null)),
  check (kind = 'person' or password_hash is null)
);

create table role_grant (
  id text primary key,
  subject text not null references subject (id),
  role text not null check (role in ('viewer', 'operator', 'approver', 'admin')),
  -- A label expression; empty means everywhere.
  scope text not null,
  granted_by text not null,
  granted_at timestamptz not null default now(),
  unique (subject, role, scope)
);

create table session (
  hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
  subject text not null references subject (id),
  created_at timestamptz not null default now(),
  seen_at timestamptz not null default now()
);
create index session_subject on session (subject);

create table api_token (
  id text primary key,
  hash text not null unique check (hash ~ '^[0-9a-f]{64}$'),
  subject text not null references subject (id),
  -- The token that made this one: it never outlives or outranks its parent.
  parent text references api_token (id),
  title text not null check (length(title) between 1 and 100),
  -- null: whatever the subject may do; else a list of {role, scope} it is narrowed to.
  limits jsonb check (jsonb_typeof(limits) = 'array'),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null check (expires_at <= created_at + interval '90 days'),
  revoked_at timestamptz,
  used_at timestamptz
);
create index api_token_subject on api_token (subject);
create index api_token_parent on api_token (parent) where parent is not null;

create table approver_key (
  id text primary key,
  subject text not null references subject (id),
  class text not null check (class in ('ssh', 'sk', 'desk', 'page')),
  type text not null,
  -- One key never under two people, not even after it was removed.
  base64 text not null unique,
  fingerprint text not null,
  title text not null,
  added_at timestamptz not null default now(),
  removed_at timestamptz
);
create index approver_key_subject on approver_key (subject);

create table one_time_secret (
  hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
  purpose text not null check (purpose in ('setup', 'invite')),
  subject text references subject (id),
  expires_at timestamptz not null,
  used_at timestamptz,
  check ((purpose = 'invite') = (subject is not null))
);

-- One row, once: the first administrator was made, and setup is over for good.
create table setup_over (
  is_over boolean primary key default true check (is_over),
  subject text not null references subject (id),
  at timestamptz not null default now()
);
create function setup_stays_over() returns trigger language plpgsql as $$
begin
  raise exception 'setup is over for good' using errcode = 'insufficient_privilege';
end
$$;
create trigger setup_stays_over before update or delete on setup_over
  for each row execute function setup_stays_over();
create trigger setup_not_truncated before truncate on setup_over
  for each statement execute function setup_stays_over();

-- Tries at doors that a stranger can knock on.
create table sign_in_try (
  door text not null,
  at timestamptz not null default now()
);
create index sign_in_try_door on sign_in_try (door, at);

-- Answers to POST requests that carried an Idempotency-Key, for a day.
create table idempotent_answer (
  subject text not null,
  key text not null check (length(key) between 1 and 128),
  -- SHA-256 of method, path and body.
  request text not null check (request ~ '^[0-9a-f]{64}$'),
  -- null while the first request is still at work.
  status integer,
  body text,
  at timestamptz not null default now(),
  primary key (subject, key)
);
create index idempotent_answer_at on idempotent_answer (at);

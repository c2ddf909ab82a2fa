-- How and when somebody proved who they are, and what they prove it with.

-- The last proof of a sign-in, and whether it took one factor or two. Sign-ins of before had a password.
alter table session
  add column proved_at timestamptz not null default now(),
  add column strength text not null default 'one' check (strength in ('one', 'two')),
  -- The OpenID Connect provider that vouches for the sign-in; null for one of this server's own.
  add column provider text;
update session set proved_at = created_at;

-- A token of before, and one for a service, has no proof.
alter table api_token
  add column proved_at timestamptz,
  add column strength text check (strength in ('one', 'two')),
  add constraint api_token_proof check ((proved_at is null) = (strength is null));

create table passkey (
  id text primary key,
  subject text not null references subject (id),
  -- As authenticators name it, base64url; one credential never under two people.
  credential text not null unique,
  -- The COSE public key (RFC 9052 §7), base64url.
  public_key text not null,
  counter bigint not null check (counter >= 0),
  transports text[] not null default '{}',
  is_backup_eligible boolean not null,
  is_backed_up boolean not null,
  rp_id text not null,
  title text not null check (length(title) between 1 and 100),
  added_at timestamptz not null default now(),
  used_at timestamptz,
  removed_at timestamptz
);
create index passkey_subject on passkey (subject) where removed_at is null;

-- One-time codes (RFC 6238). The secret is sealed with a key that is outside the database.
create table one_time_code (
  subject text primary key references subject (id),
  sealed text not null,
  -- null until a first code was typed back.
  confirmed_at timestamptz,
  -- The newest time step whose code was used: a code works once (RFC 6238 §5.2).
  last_step bigint not null default 0,
  added_at timestamptz not null default now()
);

create table recovery_code (
  hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
  subject text not null references subject (id),
  used_at timestamptz
);
create index recovery_code_subject on recovery_code (subject) where used_at is null;

-- What a sign-in that is under way must come back with: used once, within minutes.
create table challenge (
  hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
  purpose text not null check (purpose in ('sign-in', 'passkey', 'proof', 'provider')),
  subject text references subject (id),
  facts jsonb not null default '{}',
  expires_at timestamptz not null
);
create index challenge_expires on challenge (expires_at);

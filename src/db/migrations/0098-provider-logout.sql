-- Sign-outs that an OpenID Connect provider tells of (Back-Channel Logout 1.0).

-- What the provider calls the session there; a sign-out may name it instead of the person.
alter table session add column provider_session text check (length(provider_session) <= 255);
create index session_provider on session (provider) where provider is not null;

-- Logout tokens that were used: each counts once (§2.6). Kept as a digest until it is over anyway.
create table logout_token_used (
  hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
  expires_at timestamptz not null
);

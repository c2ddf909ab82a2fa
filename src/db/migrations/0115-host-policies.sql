-- Policies of hosts that roots signed as a chain (host protocol §10.3). The server only carries them: the
-- texts are kept as they were signed, because hosts judge them by themselves.
create table host_policy (
  version integer primary key check (version >= 2),
  policy text not null check (octet_length(policy) <= 262144),
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  -- Of the policy before it, to which its signatures were checked.
  follows text not null check (follows ~ '^[0-9a-f]{64}$'),
  -- [{"name", "side": "old"|"new", "signature"}]
  roots jsonb not null,
  published_by text not null,
  published_at timestamptz not null default now()
);
create trigger host_policy_append_only before update or delete on host_policy
  for each row execute function approval_refuse_change();
create trigger host_policy_no_truncate before truncate on host_policy
  for each statement execute function ledger_refuse_change();

-- How far each host has come, as it said itself.
create table host_policy_host (
  host text primary key references host,
  version integer not null check (version >= 1),
  outcome text not null default 'waiting' check (outcome in ('waiting', 'taken', 'refused')),
  code text,
  why text check (length(why) <= 300),
  tries integer not null default 0,
  tried_at timestamptz,
  next_at timestamptz not null default now()
);
create index host_policy_host_waiting on host_policy_host (next_at) where outcome = 'waiting';

-- What people signed away (host protocol §3, revoke): plans and keys that count no more. The texts are
-- kept as they were signed, because hosts judge them by themselves.
create table revocation (
  id text primary key,
  what text not null check (what in ('plan', 'key')),
  -- A plan's digest, or the key's base64.
  target text not null check (length(target) between 16 and 800),
  -- SHA256:… of a key; null for plans.
  target_fingerprint text check ((target_fingerprint is null) = (what = 'plan')),
  change text references change (id),
  -- As hosts look them up: an approver's handle, or the name of a root.
  signer text not null,
  signer_class text not null check (signer_class in ('ssh', 'sk', 'desk', 'page', 'root')),
  -- `<type> <base64>`, without comment.
  key_line text not null,
  document text not null,
  signature text not null,
  reason text not null check (length(reason) between 1 and 4000),
  -- Who handed it in.
  by text not null,
  at timestamptz not null,
  -- Another signer's word helps where hosts do not know the first one's key.
  unique (what, target, key_line)
);
create index revocation_newest on revocation (at desc, id desc);
create trigger revocation_append_only before update or delete on revocation
  for each row execute function approval_refuse_change();

-- Who was told, and what the host said to it.
create table revocation_host (
  revocation text not null references revocation,
  host text not null references host,
  outcome text not null default 'waiting' check (outcome in ('waiting', 'taken', 'refused')),
  -- The host's code of a refusal, and the last reason why it was not told or did not take it.
  code text,
  why text check (length(why) <= 300),
  tries integer not null default 0,
  tried_at timestamptz,
  next_at timestamptz not null default now(),
  primary key (revocation, host)
);
create index revocation_host_waiting on revocation_host (next_at) where outcome = 'waiting';

-- A key that a root revoked is registered by nobody again.
alter table approver_key add column revoked_at timestamptz;

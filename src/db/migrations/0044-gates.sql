-- Gates that a policy names beside the share of verified hosts, for each wave and for the time after
-- the last one (wave 0), with what is known of them. What was measured is kept with its digest.
create table rollout_gate (
  rollout text not null references rollout,
  wave integer not null check (wave >= 0),
  name text not null,
  -- In the policy's order.
  position integer not null check (position >= 0),
  -- The rule as the approved policy has it.
  gate jsonb not null,
  -- The last reading, since when readings are alike, and how many; null before the first.
  state jsonb,
  next_at timestamptz not null default now(),
  primary key (rollout, wave, name)
);
create index rollout_gate_due on rollout_gate (next_at) where gate -> 'rule' ? 'interval';

create table gate_reading (
  id text primary key,
  rollout text not null,
  wave integer not null,
  gate text not null,
  at timestamptz not null,
  kind text not null check (kind in ('good', 'bad', 'unsure', 'none')),
  words text not null,
  -- Everything that was measured, and the SHA-256 of its canonical text (RFC 8785).
  evidence jsonb not null,
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  foreign key (rollout, wave, gate) references rollout_gate (rollout, wave, name)
);
create index gate_reading_of on gate_reading (rollout, wave, gate, at desc);

-- What people said about a gate; each once.
create table gate_word (
  rollout text not null,
  wave integer not null,
  gate text not null,
  person text not null,
  verdict text not null check (verdict in ('accept', 'refuse')),
  words text not null check (length(words) between 1 and 2000),
  at timestamptz not null default now(),
  primary key (rollout, wave, gate, person),
  foreign key (rollout, wave, gate) references rollout_gate (rollout, wave, name)
);

-- What the policy says of the rollout as a whole; empty: nothing, as for those that began earlier.
alter table rollout add column rules jsonb not null default '{}';

-- Where measurements are asked for. The token lies in a file of the server that only it reads.
create table metric_source (
  name text primary key check (name ~ '^[a-z0-9][a-z0-9.-]{0,62}$'),
  url text not null,
  secret_file text,
  -- Certificates (PEM) that are believed for this address beside the system's.
  authority text,
  changed_by text not null,
  changed_at timestamptz not null
);

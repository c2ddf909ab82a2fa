-- Hosts that call in themselves (host protocol §9 agent, §10).

alter table host_enrolment drop constraint host_enrolment_way_check;
alter table host_enrolment add constraint host_enrolment_way_check
  check (way in ('piped', 'installed', 'agent'));

-- Policies that hosts are set up with, under the digest that stands in the install line: a host takes
-- no other, so what lies here can only be right or useless.
create table agent_policy (
  digest text primary key check (digest ~ '^[0-9a-f]{64}$'),
  policy text not null,
  created_at timestamptz not null
);

-- What lets one machine enrol, once. The token itself is never here.
create table agent_token (
  id text primary key,
  token_digest text not null unique check (token_digest ~ '^[0-9a-f]{64}$'),
  ring text not null,
  labels jsonb not null,
  policy text not null references agent_policy,
  made_by text not null,
  made_at timestamptz not null,
  until timestamptz not null check (until > made_at and until <= made_at + interval '24 hours'),
  used_at timestamptz,
  used_by text references host,
  withdrawn_at timestamptz
);

-- One row a host that calls in; it stays when the host is removed, so that its id is never given again.
create table agent (
  host text primary key references host,
  protocol_id text not null unique,
  state text not null default 'live' check (state in ('live', 'quarantined', 'buried')),
  state_reason text,
  state_at timestamptz not null,
  -- The ratchet (host protocol §10.2): tokens are made from their number, so none is kept.
  poll_count bigint not null default 0 check (poll_count >= 0),
  poll_nonce text,
  poll_recent jsonb not null default '[]',
  is_released boolean not null default false,
  polled_at timestamptz,
  next_at timestamptz,
  certificate_serial text not null,
  certificate_until timestamptz not null,
  -- Set by a person: the next poll brings a new certificate, whatever the age of this one.
  renews boolean not null default false
) with (fillfactor = 80);

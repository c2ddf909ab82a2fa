-- Plans: immutable, named by the digest of the statement that people sign.
--
-- The number of a change is drawn when its first plan is made, because the statement names it.

create sequence change_number as integer;

-- Every version of a rings policy that a plan ever used, under the SHA-256 of its exact text.
create table rings_policy (
  digest text primary key check (digest ~ '^[0-9a-f]{64}$'),
  name text not null,
  text text not null
);

create table plan (
  digest text primary key check (digest ~ '^[0-9a-f]{64}$'),
  -- The exact bytes; printable ASCII and line feeds only.
  statement text not null check (octet_length(statement) <= 16384),
  patch text not null references patch (id),
  change_number integer not null,
  class text not null check (class in ('normal', 'emergency')),
  rings_policy text not null references rings_policy (digest),
  -- Who asked: the subject, the person who answers for it, and the handle in the statement.
  requested_by text not null,
  requester text not null,
  need integer not null check (need between 1 and 8),
  host_count integer not null check (host_count >= 1),
  -- Reversibility, restarts, detectable rates, warnings: what the planner found.
  report jsonb not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index plan_patch on plan (patch, created_at desc);
create index plan_newest on plan (created_at desc, digest);
create index plan_change_number on plan (change_number);

create table plan_body (
  plan text not null references plan (digest),
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  text text not null check (octet_length(text) <= 262144),
  primary key (plan, digest)
);

create table plan_wave (
  plan text not null references plan (digest),
  number integer not null check (number >= 1),
  ring text not null,
  not_before timestamptz not null,
  not_after timestamptz not null check (not_after >= not_before),
  -- [{"from": ms, "to": ms}], empty when open throughout.
  windows jsonb not null,
  host_count integer not null check (host_count >= 1),
  limits jsonb not null,
  primary key (plan, number)
);

-- The text of a leaf follows from its row and its wave; reading it back checks the digest.
create table plan_leaf (
  plan text not null,
  index integer not null check (index >= 0),
  wave integer not null,
  host text not null references host (id),
  protocol_id text not null,
  body text not null,
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  primary key (plan, index),
  unique (plan, host),
  foreign key (plan, wave) references plan_wave (plan, number),
  foreign key (plan, body) references plan_body (plan, digest)
);
create index plan_leaf_host on plan_leaf (host);

-- Hosts that were looked at and left out, each with its typed reason.
create table plan_excluded (
  plan text not null references plan (digest),
  host text not null references host (id),
  because jsonb not null,
  primary key (plan, host)
);

-- A plan is what was signed: nothing of it ever changes.
create function plan_refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the table % is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
create trigger plan_immutable before update or delete on plan
  for each statement execute function plan_refuse_change();
create trigger plan_body_immutable before update or delete on plan_body
  for each statement execute function plan_refuse_change();
create trigger plan_wave_immutable before update or delete on plan_wave
  for each statement execute function plan_refuse_change();
create trigger plan_leaf_immutable before update or delete on plan_leaf
  for each statement execute function plan_refuse_change();
create trigger plan_excluded_immutable before update or delete on plan_excluded
  for each statement execute function plan_refuse_change();
create trigger rings_policy_immutable before update or delete on rings_policy
  for each statement execute function plan_refuse_change();

-- Procedures: how a change is taken back, as documents that people must have read before it starts.

-- The newest version of each; whoever starts a plan holds this row, so that no newer one comes between.
create table procedure (
  name text collate "C" primary key,
  version integer not null,
  digest text not null check (digest ~ '^[0-9a-f]{64}$')
);

create table procedure_text (
  digest text primary key check (digest ~ '^[0-9a-f]{64}$'),
  text text not null
);
create trigger procedure_text_immutable before update or delete on procedure_text
  for each statement execute function plan_refuse_change();

create table procedure_version (
  name text collate "C" not null,
  version integer not null check (version > 0),
  digest text not null references procedure_text,
  put_by text not null references subject,
  put_at timestamptz not null,
  primary key (name, version)
);
create trigger procedure_version_immutable before update or delete on procedure_version
  for each statement execute function plan_refuse_change();

-- Which procedures somebody attached to a plan, beside those that its policy names; the newest row counts.
create table plan_procedure (
  id bigint generated always as identity primary key,
  plan text not null references plan,
  names text[] not null,
  attached_by text not null references subject,
  attached_at timestamptz not null
);
create index plan_procedure_by_plan on plan_procedure (plan, id);
create trigger plan_procedure_immutable before update or delete on plan_procedure
  for each statement execute function plan_refuse_change();

-- Who answers that which text was read, for this very plan. One person speaks for one party.
create table procedure_acknowledgement (
  plan text not null references plan,
  digest text not null references procedure_text,
  person text not null references subject,
  party text not null check (party in ('operations', 'security', 'application')),
  reason text not null,
  at timestamptz not null,
  primary key (plan, digest, person)
);
create trigger procedure_acknowledgement_immutable
  before update or delete on procedure_acknowledgement
  for each statement execute function plan_refuse_change();

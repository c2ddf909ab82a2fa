-- Mirrors of changes in ITSM systems (src/itsm): which systems, how far each is, and each change's record.
create table itsm_system (
  name text primary key,
  kind text not null check (kind in ('webhook', 'servicenow', 'jira')),
  url text not null,
  secret_file text not null,
  -- Key of what the system reports by itself.
  report_file text,
  authority text,
  settings jsonb not null,
  -- A state that was read longer ago counts as not known; null where the system reports by itself.
  fresh_seconds integer check (fresh_seconds > 0),
  -- Index of the ledger's entry that is looked at next.
  next bigint not null,
  problem text,
  problem_since timestamptz,
  changed_by text not null references subject (id),
  changed_at timestamptz not null,
  owner text,
  owner_until timestamptz
);

create table itsm_link (
  system text not null references itsm_system (name) on delete cascade,
  change text not null references change (id),
  -- Indexes in the ledger: the change's newest event, and the last one that the record tells.
  wanted bigint not null,
  told bigint not null default -1,
  -- The record there.
  outside_id text,
  outside_key text,
  outside_url text,
  outside_state text,
  is_holding boolean not null default false,
  checked_at timestamptz,
  -- Of the last report, which none before it may follow.
  said_at timestamptz,
  said_id text,
  -- What the record was last made to say.
  written jsonb,
  conflict text,
  -- A request went out whose answer is not known.
  unsure_at timestamptz,
  attempts integer not null default 0,
  next_at timestamptz,
  problem text,
  problem_since timestamptz,
  dead_at timestamptz,
  primary key (system, change),
  unique (system, outside_id)
);
create index itsm_link_change on itsm_link (change);

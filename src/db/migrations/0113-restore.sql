-- After an older database was put back (host protocol §12): until two approvers have signed what was
-- lost, the server answers questions and changes nothing.
create table ledger_restore (
  id text primary key,
  number integer generated always as identity unique,
  opened_at timestamptz not null default now(),
  -- The head of the database as it was put back; roots in hex.
  old_size bigint not null check (old_size >= 0),
  old_root text not null check (old_root ~ '^[0-9a-f]{64}$'),
  -- The newest head known, and who had it: `files`, or whom a person named.
  newest_size bigint not null check (newest_size >= old_size),
  newest_root text not null check (newest_root ~ '^[0-9a-f]{64}$'),
  newest_from text not null check (length(newest_from) between 1 and 200),
  -- What was done again and what was held; null while the missing entries cannot be had.
  replayed jsonb,
  replayed_at timestamptz,
  -- Why they could not.
  problem text check (length(problem) <= 1000),
  -- The text that is signed now, and when it was made.
  document text,
  document_at timestamptz,
  finished_at timestamptz,
  finished_by text,
  check ((replayed is null) = (replayed_at is null)),
  check ((document is null) = (document_at is null)),
  check ((finished_at is null) = (finished_by is null))
);
create unique index ledger_restore_open on ledger_restore ((true)) where finished_at is null;

-- One signature a person, over the text as it was then.
create table ledger_restore_signature (
  restore text not null references ledger_restore,
  document text not null,
  person text not null references subject (id),
  signer text not null,
  class text not null check (class in ('ssh', 'sk', 'desk', 'page')),
  key text not null references approver_key (id),
  key_line text not null,
  signature text not null,
  signed_at timestamptz not null default now(),
  primary key (restore, person, document)
);

-- Codes by which two people together, on the server's machine, bring back an administrator.
create table recovery_share (
  subject text primary key references subject (id),
  -- null until the person took the code; only its digest is kept.
  hash text unique check (hash ~ '^[0-9a-f]{64}$'),
  appointed_by text not null,
  appointed_at timestamptz not null default now(),
  taken_at timestamptz,
  check ((hash is null) = (taken_at is null))
);

-- A person sees where they are signed in and can end one sign-in without the others. What tells them
-- apart leaves with the session; nothing of it goes into the ledger.
alter table session
  add column id text not null default gen_random_uuid()::text,
  add column address text not null default '' check (length(address) <= 100),
  add column program text not null default '' check (length(program) <= 400);
create unique index session_id on session (id);

-- The ledger: what happened, in the transaction in which it happened.
--
-- `event` is written by the actions, `event_queue` names the events that have no place in the tree
-- yet, `ledger_entry` is the tree's leaf sequence, `ledger_tile` its hashes, `ledger_head` the one
-- current head and `ledger_checkpoint` every head that was ever signed.

create table event (
  id text primary key,
  -- The order of insertion. Late commits have low numbers, so this is never used as a watermark.
  inserted bigint generated always as identity,
  at timestamptz not null default now(),
  type text not null check (type ~ '^[a-z][a-z-]*\.[a-z][a-z-]*$'),
  actor text not null,
  object text not null check (length(object) between 1 and 300),
  patch text,
  change text,
  plan text,
  -- "<plan digest> <digest of the sorted signatures>", only on a complete approval.
  approved text check (approved ~ '^[0-9a-f]{64} [0-9a-f]{64}$'),
  facts jsonb not null default '{}' check (jsonb_typeof(facts) = 'object')
);
create index event_object on event (object, inserted);
create index event_patch on event (patch, inserted) where patch is not null;
create index event_change on event (change, inserted) where change is not null;
create index event_plan on event (plan, inserted) where plan is not null;
create index event_inserted on event (inserted);

create table event_queue (
  event text primary key references event (id),
  inserted bigint not null
);
create index event_queue_inserted on event_queue (inserted);

create table ledger_entry (
  index bigint primary key check (index >= 0),
  event text not null unique references event (id),
  -- The exact bytes that were hashed: canonical JSON (RFC 8785).
  entry text not null check (octet_length(entry) <= 61440)
);

-- C2SP tlog-tiles: level L, position N, up to 256 hashes of 32 bytes.
create table ledger_tile (
  level integer not null check (level between 0 and 7),
  position bigint not null check (position >= 0),
  hashes bytea not null
    check (octet_length(hashes) between 32 and 8192 and octet_length(hashes) % 32 = 0),
  primary key (level, position)
);

create table ledger_head (
  is_only boolean primary key default true check (is_only),
  size bigint not null check (size >= 0),
  root text not null,
  note text not null
);

create table ledger_checkpoint (
  size bigint primary key check (size >= 0),
  root text not null,
  note text not null,
  at timestamptz not null default now()
);

create function ledger_refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the table % is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;

create trigger event_append_only before update or delete on event
  for each row execute function ledger_refuse_change();
create trigger event_no_truncate before truncate on event
  for each statement execute function ledger_refuse_change();
create trigger ledger_entry_append_only before update or delete on ledger_entry
  for each row execute function ledger_refuse_change();
create trigger ledger_entry_no_truncate before truncate on ledger_entry
  for each statement execute function ledger_refuse_change();
create trigger ledger_checkpoint_append_only before update or delete on ledger_checkpoint
  for each row execute function ledger_refuse_change();
create trigger ledger_checkpoint_no_truncate before truncate on ledger_checkpoint
  for each statement execute function ledger_refuse_change();

-- A head never shrinks, and is never taken away.
create function ledger_head_grows() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or new.size < old.size
     or (new.size = old.size and new.root <> old.root) then
    raise exception 'the head of the ledger only grows' using errcode = 'insufficient_privilege';
  end if;
  return new;
end
$$;
create trigger ledger_head_grows before update or delete on ledger_head
  for each row execute function ledger_head_grows();
create trigger ledger_head_no_truncate before truncate on ledger_head
  for each statement execute function ledger_refuse_change();

-- Every event waits for its place in the tree, whoever inserted it, and the sequencer is woken
-- once per transaction (PostgreSQL folds equal notifications).
create function event_enqueue() returns trigger language plpgsql as $$
begin
  insert into event_queue (event, inserted) select id, inserted from added;
  perform pg_notify('fettle_ledger', '');
  return null;
end
$$;
create trigger event_enqueue after insert on event
  referencing new table as added for each statement execute function event_enqueue();

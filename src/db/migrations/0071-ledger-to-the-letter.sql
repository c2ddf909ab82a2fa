-- What an entry says besides what happened: request, session, strength of sign-in, sealed address,
-- on whose behalf, rule, outcome, code of failure, digests before and after, build.
alter table event add column circumstances jsonb not null default '{}'
  check (jsonb_typeof(circumstances) = 'object');

-- Work starts only under an approval that a signed head covers: the question of every claim.
create index event_approved on event (change, plan) where approved is not null;

-- A change whose complete approval has its place below a signed head (host protocol §12.4).
create view integrated_approval as
  select e.change, e.plan, l.index
    from event e
    join ledger_entry l on l.event = e.id
    join ledger_head h on l.index < h.size
   where e.approved is not null;

-- A tile only grows: what it said once, it says for ever.
create function ledger_tile_grows() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or new.level <> old.level or new.position <> old.position
     or substring(new.hashes from 1 for octet_length(old.hashes)) <> old.hashes then
    raise exception 'a tile of the ledger only grows' using errcode = 'insufficient_privilege';
  end if;
  return new;
end
$$;
create trigger ledger_tile_grows before update or delete on ledger_tile
  for each row execute function ledger_tile_grows();
create trigger ledger_tile_no_truncate before truncate on ledger_tile
  for each statement execute function ledger_refuse_change();

-- An event leaves the queue only into the tree: taken out otherwise, it would be in no head.
create function event_queue_into_tree() returns trigger language plpgsql as $$
begin
  if exists (select from removed r
              where not exists (select from ledger_entry l where l.event = r.event)) then
    raise exception 'an event leaves the queue only into the ledger'
      using errcode = 'insufficient_privilege';
  end if;
  return null;
end
$$;
create trigger event_queue_into_tree after delete on event_queue
  referencing old table as removed for each statement execute function event_queue_into_tree();
create trigger event_queue_append_only before update on event_queue
  for each row execute function ledger_refuse_change();
create trigger event_queue_no_truncate before truncate on event_queue
  for each statement execute function ledger_refuse_change();

-- The key under which what is personal in the entries about one subject is sealed, itself sealed by
-- a key outside the database. Without it those parts of the entries are lost for ever, and the tree
-- stays as it was.
create table subject_key (
  subject text primary key,
  -- Null once it was destroyed; the row stays, so that no new key takes its place.
  sealed_key bytea check (octet_length(sealed_key) = 60),
  made_at timestamptz not null default now(),
  destroyed_at timestamptz,
  check ((sealed_key is null) = (destroyed_at is not null))
);

-- A key that was destroyed does not come back, and no key is exchanged.
create function subject_key_is_final() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.sealed_key is null or new.sealed_key is not null
     or new.subject <> old.subject then
    raise exception 'the key of a subject is made once and destroyed once'
      using errcode = 'insufficient_privilege';
  end if;
  return new;
end
$$;
create trigger subject_key_is_final before update or delete on subject_key
  for each row execute function subject_key_is_final();

-- How long the log keeps the words of its entries, what holds them longer, and how old ones go. Leaf
-- hashes, tiles and signed heads are kept for ever, so every proof goes on to hold.

-- 7 years unless somebody says otherwise, and never less than 400 days (PCI DSS 4.0.1, 10.5.1 asks for
-- twelve months).
create table ledger_retention (
  class text primary key check (class in ('changes', 'access', 'rest')),
  days integer not null default 2557 check (days between 400 and 36525),
  changed_at timestamptz not null default now()
);
insert into ledger_retention (class) values ('changes'), ('access'), ('rest');

create table legal_hold (
  id text primary key,
  -- Shown as LH-<number>.
  number integer generated always as identity unique,
  kind text not null check (kind in ('case', 'change', 'host', 'person', 'time')),
  -- The id of the case, change, host or person; null for a span of time.
  about text check (about ~ '^[A-Za-z0-9-]{1,64}$'),
  -- The name by which protocol documents know the same host.
  also text check (also ~ '^[A-Za-z0-9-]{1,64}$'),
  counts_from timestamptz,
  counts_until timestamptz,
  reason text not null check (length(reason) between 10 and 4000),
  placed_by text not null,
  placed_at timestamptz not null default now(),
  lift_asked_by text,
  lift_asked_at timestamptz,
  lift_reason text check (length(lift_reason) between 10 and 4000),
  lifted_by text,
  lifted_at timestamptz,
  check ((kind = 'time') = (about is null)),
  check ((kind = 'time') = (counts_from is not null)),
  check ((counts_from is null) = (counts_until is null)),
  check (counts_until > counts_from),
  check ((lift_asked_by is null) = (lift_asked_at is null)),
  check ((lift_asked_by is null) = (lift_reason is null)),
  check ((lifted_by is null) = (lifted_at is null)),
  -- Two people lift a hold.
  check (lifted_by is null or (lift_asked_by is not null and lifted_by <> lift_asked_by))
);

create function legal_hold_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'a legal hold is never deleted' using errcode = 'insufficient_privilege';
  end if;
  if old.lifted_at is not null
     or (new.id, new.number, new.kind, new.about, new.also, new.counts_from, new.counts_until, new.reason,
         new.placed_by, new.placed_at)
     is distinct from
        (old.id, old.number, old.kind, old.about, old.also, old.counts_from, old.counts_until, old.reason,
         old.placed_by, old.placed_at) then
    raise exception 'what a legal hold holds does not change' using errcode = 'insufficient_privilege';
  end if;
  -- Who asked is not exchanged in the step in which another agrees.
  if new.lifted_at is not null
     and (old.lift_asked_by, old.lift_asked_at, old.lift_reason)
     is distinct from (new.lift_asked_by, new.lift_asked_at, new.lift_reason) then
    raise exception 'a legal hold is lifted in two steps' using errcode = 'insufficient_privilege';
  end if;
  return new;
end
$$;
create trigger legal_hold_guard before update or delete on legal_hold
  for each row execute function legal_hold_guard();
create trigger legal_hold_no_truncate before truncate on legal_hold
  for each statement execute function ledger_refuse_change();

-- Which retention counts for an event.
create function ledger_class(e event) returns text language sql immutable as $$
  select case
    when e.change is not null or e.patch is not null or e.plan is not null then 'changes'
    when e.object ~ '^(subject|session|token|key|passkey|entrance|recovery|directory|elevation):' then 'access'
    else 'rest' end
$$;

-- The hold in force that keeps an entry; null: none. An entry that names the held thing anywhere is
-- kept, so a hold reaches too far rather than not far enough.
create function hold_over(at timestamptz, body text, facts jsonb) returns integer language sql stable
set search_path = public, pg_temp as $$
  select min(h.number) from legal_hold h
   where h.lifted_at is null
     and case when h.kind = 'time' then at >= h.counts_from and at < h.counts_until
         else strpos(body, h.about) > 0 or strpos(facts::text, h.about) > 0
           or strpos(body, h.also) > 0 or strpos(facts::text, h.also) > 0 end
$$;

-- The first entry that must stay, and why; no row: none must.
create function ledger_first_kept() returns table (index bigint, class text, hold integer)
language sql stable set search_path = public, pg_temp as $$
  select l.index, ledger_class(e), hold_over(e.at, l.entry, e.facts)
    from ledger_entry l
    join event e on e.id = l.event
    join ledger_retention r on r.class = ledger_class(e)
   where e.at > now() - make_interval(days => r.days) or hold_over(e.at, l.entry, e.facts) is not null
   order by l.index limit 1
$$;

-- What was pruned: entries below `minimum`, by the statement in the log that allows it.
create table ledger_pruned (
  minimum bigint primary key check (minimum > 0 and minimum % 256 = 0),
  -- The event of the statement, which may itself be pruned in its time.
  statement text not null unique,
  entries bigint not null,
  at timestamptz not null default now()
);

create function ledger_minimum() returns bigint language sql stable
set search_path = public, pg_temp as $$
  select coalesce(max(minimum), 0) from ledger_pruned
$$;

-- An entry goes only where a pruning says so, and an event only after its entry.
create function ledger_refuse_loss() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and tg_table_name = 'ledger_entry' then
    if old.index < ledger_minimum() then return old; end if;
  elsif tg_op = 'DELETE' and tg_table_name = 'event' then
    if not exists (select from ledger_entry l where l.event = old.id)
       and not exists (select from event_queue q where q.event = old.id) then return old; end if;
  end if;
  raise exception 'the table % is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
drop trigger event_append_only on event;
create trigger event_append_only before update or delete on event
  for each row execute function ledger_refuse_loss();
drop trigger ledger_entry_append_only on ledger_entry;
create trigger ledger_entry_append_only before update or delete on ledger_entry
  for each row execute function ledger_refuse_loss();
create trigger ledger_pruned_append_only before update or delete on ledger_pruned
  for each row execute function ledger_refuse_change();
create trigger ledger_pruned_no_truncate before truncate on ledger_pruned
  for each statement execute function ledger_refuse_change();

-- Takes away what a statement names, once a signed head covers the statement; returns how many entries.
-- The server's role may call this and nothing else: age and holds are looked at here, once more.
create function ledger_prune(asked text) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  said event;
  place bigint;
  wanted bigint;
  kept bigint;
  gone bigint;
  events text[];
begin
  -- Holds wait for this, and this for holds: what is placed meanwhile is seen by the one or the other.
  lock table legal_hold, ledger_retention, ledger_pruned in share row exclusive mode;
  select * into said from event where id = asked and type = 'ledger.pruned';
  select l.index into place from ledger_entry l join ledger_head h on l.index < h.size
   where l.event = asked;
  if said.id is null or place is null then
    raise exception 'no signed head covers the statement' using errcode = 'FT001';
  end if;
  wanted := (said.facts ->> 'minimum')::bigint;
  if wanted is null or wanted <= ledger_minimum() or wanted % 256 <> 0 or wanted > place then
    raise exception 'the statement names no entries that can go' using errcode = 'FT001';
  end if;
  select f.index into kept from ledger_first_kept() f;
  if kept is not null and wanted > kept then
    raise exception 'entry % must be kept', kept using errcode = 'FT001';
  end if;
  insert into ledger_pruned (minimum, statement, entries)
    select wanted, asked, count(*) from ledger_entry l where l.index < wanted;
  gone := 0;
  for part in 0 .. (wanted - 1) / 25600 loop
    select array_agg(l.event) into events from ledger_entry l
     where l.index >= part * 25600 and l.index < least((part + 1) * 25600, wanted);
    delete from ledger_entry l where l.event = any(events);
    delete from event e where e.id = any(events);
    gone := gone + coalesce(cardinality(events), 0);
  end loop;
  return gone;
end
$$;

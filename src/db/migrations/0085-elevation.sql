-- Just-in-time elevation: rights that one person has over one change, for a time, because another person
-- agreed. The rows are the state; the log has the events.
create table elevation (
  id text primary key,
  -- Shown as J-<number>.
  number integer generated always as identity unique,
  change text not null references change (id),
  -- The plan it was asked for: another plan of the same change may reach other hosts.
  plan text not null references plan (digest),
  person text not null references subject (id),
  minutes integer not null check (minutes between 5 and 480),
  reason text not null check (length(reason) between 10 and 4000),
  -- Keep in step with elevationMoves in src/change/elevation.ts; a test compares them.
  state text not null default 'asked' constraint elevation_state check (state in
    ('asked', 'granted', 'refused', 'ended')),
  asked_at timestamptz not null,
  decided_by text references subject (id),
  decided_at timestamptz,
  -- Half-open: it counts from the first instant, and not at the second one any more.
  counts_from timestamptz,
  counts_until timestamptz,
  ended_at timestamptz,
  ended_by text references subject (id),
  end_cause text constraint elevation_end_cause check (end_cause in
    ('expired', 'revoked', 'given-up', 'change-closed', 'replanned', 'person-disabled')),
  -- What was said with the decision and the end; the ledger holds digests only.
  decided_words text,
  ended_words text,
  -- Nobody agrees to their own.
  check (decided_by <> person),
  check ((decided_at is null) = (decided_by is null)),
  check ((counts_from is null) = (counts_until is null)),
  check (counts_from is null or counts_from >= decided_at),
  check (counts_until > counts_from and counts_until <= counts_from + interval '8 hours'),
  check (state <> 'asked' or (decided_by is null and ended_at is null)),
  check (state not in ('granted', 'refused') or decided_by is not null),
  check ((counts_from is not null) = (decided_by is not null and state <> 'refused')),
  check ((state = 'ended') = (ended_at is not null)),
  check ((ended_at is null) = (end_cause is null))
);
-- One question at a time, and one elevation at a time.
create unique index elevation_open on elevation (change, person) where state in ('asked', 'granted');
create index elevation_person on elevation (person) where state = 'granted';
create index elevation_change on elevation (change);

-- What was asked for stays as it is, and there is no way but those of the table.
create function elevation_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'an elevation is never deleted';
  end if;
  if (new.id, new.number, new.change, new.plan, new.person, new.minutes, new.reason, new.asked_at)
     is distinct from
     (old.id, old.number, old.change, old.plan, old.person, old.minutes, old.reason, old.asked_at) then
    raise exception 'what an elevation was asked for does not change';
  end if;
  if not ((old.state = 'asked' and new.state in ('granted', 'refused', 'ended'))
       or (old.state = 'granted' and new.state = 'ended')) then
    raise exception 'an elevation does not go from % to %', old.state, new.state;
  end if;
  if old.state = 'granted' and (new.decided_by, new.decided_at, new.counts_from, new.counts_until)
     is distinct from (old.decided_by, old.decided_at, old.counts_from, old.counts_until) then
    raise exception 'the time of an elevation is never changed';
  end if;
  return new;
end
$$;
create trigger elevation_moves before update or delete on elevation
  for each row execute function elevation_guard();

-- Those whose change is still the one they were granted for. The time is the reader's to ask.
create view live_elevation as
  select e.* from elevation e
    join change c on c.id = e.change and c.plan = e.plan and c.state in ('approved', 'running')
    join subject p on p.id = e.person and p.disabled_at is null
   where e.state = 'granted';

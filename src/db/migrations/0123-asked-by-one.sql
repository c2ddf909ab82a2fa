-- Keeping the words of the log for a shorter time takes two people, as pruning follows from it; and what
-- one person asked for can be taken back before another does it.
alter table ledger_retention
  add column asked_days integer check (asked_days between 400 and 36525),
  add column asked_by text,
  add column asked_at timestamptz,
  add column changed_by text,
  add check (num_nulls(asked_days, asked_by, asked_at) in (0, 3)),
  add check (asked_days < days);

create function ledger_retention_guard() returns trigger language plpgsql as $$
begin
  -- Who asked is not exchanged in the step in which another agrees.
  if new.days < old.days
     and (old.asked_days is distinct from new.days or new.changed_by is null
          or new.changed_by = old.asked_by) then
    raise exception 'keeping the log for a shorter time takes two people'
      using errcode = 'insufficient_privilege';
  end if;
  return new;
end
$$;
create trigger ledger_retention_guard before update on ledger_retention
  for each row execute function ledger_retention_guard();

alter table subject_erasure
  add column withdrawn_at timestamptz,
  add check (withdrawn_at is null or done_at is null);

create or replace function subject_erasure_is_final() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.done_at is not null or new.subject <> old.subject
     or (new.done_at is not null
         and (new.asked_by <> old.asked_by or old.withdrawn_at is not null)) then
    raise exception 'an erasure that was done stays done' using errcode = 'insufficient_privilege';
  end if;
  return new;
end
$$;

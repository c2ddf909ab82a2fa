-- Erasing what is held on a person: one asks, another agrees, and no legal hold may stand against it.
create table subject_erasure (
  subject text primary key references subject (id),
  reason text not null check (length(reason) between 10 and 4000),
  asked_by text not null,
  asked_at timestamptz not null default now(),
  done_by text,
  done_at timestamptz,
  -- SHA-256 of the handle, so that it is never given to anybody else: signed documents still carry it.
  handle_digest bytea unique check (octet_length(handle_digest) = 32),
  check ((done_by is null) = (done_at is null)),
  check ((done_by is null) = (handle_digest is null)),
  -- Two people, neither of whom is erased by it.
  check (done_by <> asked_by),
  check (done_by <> subject)
);

create function subject_erasure_is_final() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.done_at is not null or new.subject <> old.subject
     or (new.done_at is not null and new.asked_by <> old.asked_by) then
    raise exception 'an erasure that was done stays done' using errcode = 'insufficient_privilege';
  end if;
  return new;
end
$$;
create trigger subject_erasure_is_final before update or delete on subject_erasure
  for each row execute function subject_erasure_is_final();

-- The hold in force that keeps what is held on a subject; null: none. Their own entries are those in
-- which something is sealed under their key.
create function hold_over_subject(who text) returns integer language sql stable
set search_path = public, pg_temp as $$
  select min(found.number) from (
    select h.number from legal_hold h
     where h.lifted_at is null and h.kind = 'person' and h.about = who
    union all
    select hold_over(e.at, l.entry, e.facts) from event e join ledger_entry l on l.event = e.id
     where e.actor = who and exists (select from legal_hold h where h.lifted_at is null)
  ) found
$$;

-- No key of a held subject is destroyed, whoever asks.
create function subject_key_is_held() returns trigger language plpgsql as $$
declare
  hold integer := hold_over_subject(new.subject);
begin
  if new.sealed_key is null and hold is not null then
    raise exception 'legal hold LH-% keeps this key', hold using errcode = 'FT002';
  end if;
  return new;
end
$$;
create trigger subject_key_is_held before insert or update on subject_key
  for each row when (new.sealed_key is null) execute function subject_key_is_held();

-- The handle of an erased person is given to nobody.
create function subject_handle_is_free() returns trigger language plpgsql as $$
begin
  if exists (select from subject_erasure r
              where r.handle_digest = sha256(convert_to(new.handle, 'UTF8'))) then
    raise unique_violation using message = 'the handle was an erased person''s',
      constraint = 'subject_handle_key';
  end if;
  return new;
end
$$;
create trigger subject_handle_is_free before insert or update of handle on subject
  for each row execute function subject_handle_is_free();

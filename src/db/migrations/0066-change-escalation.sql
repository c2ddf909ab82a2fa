-- Who was told that a change waits. A change waits anew with each plan and each state, so the moment from
-- which it waits is part of what was told.

create table change_escalation (
  change text not null references change (id),
  since timestamptz not null,
  step integer not null check (step between 0 and 9),
  told text[] not null,
  due_at timestamptz not null,
  at timestamptz not null,
  primary key (change, since, step)
);
create trigger change_escalation_append_only before update or delete on change_escalation
  for each row execute function approval_refuse_change();

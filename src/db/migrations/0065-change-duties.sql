-- What an emergency owes after it began, and what a review of a change found.

create table change_duty (
  change text not null references change (id),
  kind text not null check (kind in ('retrospective', 'review')),
  opened_at timestamptz not null,
  due_at timestamptz not null check (due_at > opened_at),
  reminded_at timestamptz,
  overdue_at timestamptz,
  done_at timestamptz,
  done_by text references subject (id),
  -- accepted or refused; for a review whether the goal was met.
  outcome text check (outcome in ('accepted', 'refused', 'met', 'missed')),
  reason text check (length(reason) between 1 and 4000),
  primary key (change, kind),
  check ((done_at is null) = (done_by is null) and (done_at is null) = (outcome is null))
);
create index change_duty_open on change_duty (due_at) where done_at is null;

create table change_review (
  change text primary key references change (id),
  closure text not null check (closure in
    ('successful', 'successful-with-issues', 'backed-out', 'failed', 'cancelled')),
  is_goal_met boolean not null,
  cause text not null check (length(cause) between 1 and 4000),
  -- Follow-up actions: what, the handle of who, and by when.
  actions jsonb not null,
  reviewed_by text not null references subject (id),
  at timestamptz not null
);
create trigger change_review_append_only before update or delete on change_review
  for each row execute function approval_refuse_change();

-- How many hosts that stand for each other may be away at once. A budget belongs to the plan that was
-- approved with it, and while a rollout of that plan is active it binds every other one too.
create table plan_budget (
  plan text not null references plan (digest),
  key text not null,
  value text not null,
  members integer not null check (members >= 1),
  unavailable_max integer not null check (unavailable_max >= 1),
  primary key (plan, key, value)
);
create trigger plan_budget_immutable before update or delete on plan_budget
  for each statement execute function plan_refuse_change();

-- Hosts that are away without anybody working on them: few, and looked for at every claim. The index
-- names no state, so that the moves between the others write no index at all.
alter table target add column is_down boolean not null generated always as (
  state in ('failed', 'lost') and not is_acknowledged) stored;
create index target_down on target (host) where is_down;
create index host_down on host (id) where contact_state = 'unreachable' and removed_at is null;

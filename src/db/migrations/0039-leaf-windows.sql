-- The open times of hosts whose own windows are not those of their wave. A fleet has a few of them:
-- each is kept once in a plan, and leaves and targets name it by its number.
create table plan_window_set (
  plan text not null references plan,
  number integer not null check (number >= 1),
  -- [{"from": ms, "to": ms}], at most eight, as the leaf has them.
  windows jsonb not null,
  primary key (plan, number)
);

-- Null: the windows of the wave.
alter table plan_leaf add column window_set integer;
alter table target add column window_set integer;

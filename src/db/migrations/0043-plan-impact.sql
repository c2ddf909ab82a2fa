-- What stands around a plan's transactions, as the hosts' own package managers told it when it was made:
-- which installed packages depend on what is changed, and configuration files that were edited.
create table plan_impact (
  plan text primary key references plan (digest),
  impact jsonb not null
);
create trigger plan_impact_immutable before update or delete on plan_impact
  for each statement execute function plan_refuse_change();

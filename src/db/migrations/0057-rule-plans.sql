-- Plans by rule: hosts share leaves that name no host, and some join after the plan was signed.

-- The index that the leaf's text says. Null: the same as the place, as in every plan that names its
-- hosts. Places that share a leaf follow each other.
alter table plan_leaf add column leaf integer check (leaf >= 0 and leaf <= index);
create index plan_leaf_shared on plan_leaf (plan, leaf) where leaf is not null;
alter table target add column leaf integer check (leaf >= 0 and leaf <= leaf_index);

-- What package managers answered when the plan was made: by it a host that joins finds the body that
-- was approved for its package set.
create table plan_rule_set (
  plan text not null references plan (digest),
  package_set text not null,
  offer_set text not null,
  resolution jsonb not null,
  primary key (plan, package_set, offer_set)
);
create trigger plan_rule_set_immutable before update or delete on plan_rule_set
  for each statement execute function plan_refuse_change();

-- Plans by rule, few among many: their rollouts look for hosts that join.
alter table rollout add column rule jsonb;
create index rollout_by_rule on rollout (id) where rule is not null and state = 'running';

-- Hosts that the rule selects and that cannot take part as they are now, each with its reason.
create table rollout_waiting (
  rollout text not null references rollout,
  host text not null references host,
  hold jsonb not null,
  since timestamptz not null default now(),
  primary key (rollout, host)
);

-- A plan of a million hosts writes a million leaves. They come from one plan in one transaction, are
-- never changed, and are checked by their digests when they are read, so rows that they point to are
-- not looked up and locked for each of them.
alter table plan_leaf
  drop constraint plan_leaf_host_fkey,
  drop constraint plan_leaf_plan_wave_fkey,
  drop constraint plan_leaf_plan_body_fkey;

-- One unique index over plan and host is enough, and by host it also finds a host's plans.
drop index plan_leaf_host;
alter table plan_leaf drop constraint plan_leaf_plan_host_key, add unique (host, plan);

-- How long runs of a check took before the patch, in milliseconds, the newest last: what its latency
-- is compared with. Kept apart from its readings, which are forgotten when somebody goes on.
alter table rollout_gate add column before_ms jsonb not null default '[]';

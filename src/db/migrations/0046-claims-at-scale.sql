-- The indexes that claims and results walk, and no others: each one that a move touches is paid for by
-- every host.

-- What the engine looks for, as columns of their own. The indexes below name these and no state, so
-- that the moves between them (leased, permitted, applying, …) write no index at all.
alter table target
  add column is_ready boolean not null generated always as (state = 'ready') stored,
  -- Counts against the budget of its wave and holds the slot.
  add column is_busy boolean not null generated always as (
    state in ('leased', 'permitted', 'applying', 'rebooting', 'verifying', 'unknown')
    or (state = 'held' and is_begun)) stored,
  -- Says that it is done; nobody has judged it yet.
  add column is_checking boolean not null generated always as (
    state in ('done', 'noop') and verdict is null) stored,
  -- Stopped before it changed anything.
  add column is_held boolean not null generated always as (
    state = 'held' and not is_begun) stored;

drop index target_ready;
drop index target_leased;
drop index target_talk;
drop index target_unjudged;
drop index target_one_job;
-- Claims walk this in claim order, so their cost does not grow with what is done.
create index target_ready on target (rollout, wave, kind, leaf_index) where is_ready;
-- Few at any time: every claim counts those of its wave, and sweeps read all of them. Until when they
-- are leased or talked to changes all the time, so those times are in no index.
create index target_busy on target (rollout, wave) where is_busy;
-- The second fence behind the slot row: never two jobs on one host, over all rollouts.
create unique index target_one_job on target (host) where is_busy;
-- Asked of each host that is claimed.
create index target_checking on target (host) where is_checking;
create index target_held on target (rollout) where is_held;

-- A permit is written from the row of its target, a result for the host whose key signed it, and a slot
-- names the rollout of its target, in the same statement: to look them up once more cost a lock a row.
alter table job_permit drop constraint job_permit_rollout_host_fkey;
alter table job_result drop constraint job_result_host_fkey;
alter table host_slot drop constraint host_slot_rollout_fkey;

-- One unique index over rollout and host is enough, and by host it also finds a host's rollouts.
alter table lost_declaration drop constraint lost_declaration_rollout_host_fkey;
alter table target drop constraint target_pkey;
drop index target_host;
alter table target add primary key (host, rollout);
alter table lost_declaration add foreign key (rollout, host) references target (rollout, host);

-- What is paid for every job: each index, check and trigger below was met by every claim, permit and
-- result of every host.

-- A digest is 64 hexadecimal digits. Counted by the pattern itself they cost ten microseconds a row, as
-- its automaton is built anew each time; a plain pattern and a length cost one.
alter table target
  drop constraint target_body_check,
  add constraint target_body_check check (length(body) = 64 and body ~ '^[0-9a-f]+$');
alter table job_result
  drop constraint job_result_digest_check,
  add constraint job_result_digest_check check (length(digest) = 64 and digest ~ '^[0-9a-f]+$');
alter table plan_leaf
  drop constraint plan_leaf_digest_check,
  add constraint plan_leaf_digest_check check (length(digest) = 64 and digest ~ '^[0-9a-f]+$');

-- Nobody looks for results by plan alone; those of a host are few, and its key finds them.
drop index job_result_plan;

-- One index holds the jobs under way: it is the second fence (never two jobs on one host, over all
-- rollouts), and those of a wave are counted in it. They are as few as servers can talk to at once.
drop index target_busy;
drop index target_one_job;
create unique index target_one_job on target (host) include (rollout, wave) where is_busy;

-- A row moves to another place when it is claimed and again when it is done, and both of these name the
-- place: pages with room take the next entry without being cleaned or split first. Pages that are there
-- stay as they are; those of later rollouts are made so.
alter index target_pkey set (fillfactor = 50);
alter index target_rollout_leaf_index_key set (fillfactor = 50);

-- To compare each row with what it was took as long as to write it. Statements that change nothing that
-- people see (leases, heartbeats) say so in their transaction; one that forgets to costs a hint too many.
create or replace function target_hint() returns trigger language plpgsql as $$
begin
  if current_setting('fettle.unseen', true) is distinct from 'on' then
    perform hint(array(select distinct 'rollout:' || rollout from changed));
  end if;
  return null;
end
$$;
drop trigger target_hint on target;
create trigger target_hint after update on target
  referencing new table as changed
  for each statement execute function target_hint();

-- Hints for whoever looks at something: one notification for each statement that changes what people
-- see, naming topics such as `hosts`, `host:<id>` or `rollout:<id>`, parted by blanks. A hint says that
-- something may be new, never what; it is no secret, and a lost one costs latency only.
create function hint(topics text[]) returns void language plpgsql as $$
begin
  -- A notification holds 8000 bytes at most; where many things change, lists are named only.
  if cardinality(topics) > 60 then
    topics := array(select t from unnest(topics) as t where t not like '%:%');
  end if;
  if cardinality(topics) > 0 then
    perform pg_notify('fettle_hint', array_to_string(topics, ' '));
  end if;
end
$$;

create function event_hint() returns trigger language plpgsql as $$
begin
  perform hint(array(
    select distinct topic from added e, lateral unnest(array[
      'audit',
      case split_part(e.object, ':', 1)
        when 'host' then 'hosts'
        when 'patch' then 'patches'
        when 'plan' then 'plans'
        when 'change' then 'changes'
        when 'rollout' then 'rollouts'
        when 'scope' then 'rollouts'
        when 'scan' then 'scans'
        when 'feed' then 'feeds'
        when 'subject' then 'users'
        when 'token' then 'users'
        when 'key' then 'users'
      end,
      case when split_part(e.object, ':', 1) in
        ('host', 'patch', 'plan', 'change', 'rollout', 'scan') then e.object end,
      'patch:' || e.patch, case when e.patch is not null then 'patches' end,
      'change:' || e.change, case when e.change is not null then 'changes' end,
      'plan:' || e.plan]) as topic
     where topic is not null order by topic));
  return null;
end
$$;
create trigger event_hint after insert on event
  referencing new table as added for each statement execute function event_hint();

create function host_hint() returns trigger language plpgsql as $$
begin
  perform hint(array(select 'hosts' where exists (select from changed)
                     union all select 'host:' || id from changed));
  return null;
end
$$;
create trigger host_hint after update on host
  referencing new table as changed for each statement execute function host_hint();

create function scan_host_hint() returns trigger language plpgsql as $$
begin
  perform hint(array(
    select distinct 'scan:' || n.scan_id from changed n
      join before b on b.scan_id = n.scan_id and b.host_id = n.host_id
     where b.state <> n.state));
  return null;
end
$$;
create trigger scan_host_hint after update on scan_host
  referencing old table as before new table as changed
  for each statement execute function scan_host_hint();

-- Leases and heartbeats change rows all the time and nothing that people see.
create function target_hint() returns trigger language plpgsql as $$
begin
  perform hint(array(
    select distinct 'rollout:' || n.rollout from changed n
      join before b on b.rollout = n.rollout and b.host = n.host
     where (b.state, b.step, b.verdict, b.hold, b.attempt, b.retry_at, b.result_code, b.evidence)
       is distinct from
       (n.state, n.step, n.verdict, n.hold, n.attempt, n.retry_at, n.result_code, n.evidence)));
  return null;
end
$$;
create trigger target_hint after update on target
  referencing old table as before new table as changed
  for each statement execute function target_hint();

create function wave_hint() returns trigger language plpgsql as $$
begin
  perform hint(array(select distinct 'rollout:' || rollout from changed));
  return null;
end
$$;
create trigger wave_hint after update on wave
  referencing new table as changed for each statement execute function wave_hint();

create function feed_hint() returns trigger language plpgsql as $$
begin
  perform hint(array(
    select distinct 'feeds' from changed n join before b on b.name = n.name
     where (b.generation, b.confirmed_at, b.loaded_at, b.failure)
       is distinct from (n.generation, n.confirmed_at, n.loaded_at, n.failure)));
  return null;
end
$$;
create trigger feed_hint after update on feed
  referencing old table as before new table as changed
  for each statement execute function feed_hint();

create function findings_hint() returns trigger language plpgsql as $$
begin
  perform hint(array['findings']);
  return null;
end
$$;
create trigger findings_hint after insert on intel_change
  for each statement execute function findings_hint();

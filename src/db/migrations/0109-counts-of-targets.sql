-- Where the hosts of a rollout stand, as numbers. A turn asked all of its rows each time, which for a
-- million hosts took as long as all that it then did.
--
-- Each statement that moves targets adds what it changed: rows that are only added, so that nobody waits
-- for anybody. The sum over the rows of a rollout is what one look at its targets would count; the turn
-- that owns the rollout puts them together again (`foldCounts`). Rows that are not what they should be make
-- an answer slow and never wrong: where they do not add up to the hosts of each wave, or one of them says
-- that it is stale, the targets themselves are counted.
create table target_count (
  rollout text not null,
  wave integer not null,
  state text,
  kind text,
  verdict text,
  is_begun boolean,
  is_acknowledged boolean,
  attempt integer,
  is_ended boolean,
  -- How many more, or fewer, stand so.
  hosts bigint not null,
  -- When the first and the last of them ended. Others may have left since, so the first is no later
  -- than this; that the last is no earlier is what `is_stale` is for.
  ended_from timestamptz,
  ended_to timestamptz,
  is_stale boolean not null default false
);
create index target_count_rollout on target_count (rollout);

create function target_count_moves() returns trigger language plpgsql
set plan_cache_mode = auto as $$
begin
  insert into target_count (rollout, wave, state, kind, verdict, is_begun, is_acknowledged, attempt,
                            is_ended, hosts, ended_from, ended_to, is_stale)
  with moved as materialized (
    select m.rollout, m.wave, m.state, m.kind, m.verdict, m.is_begun, m.is_acknowledged, m.attempt,
           m.ended_at is not null as is_ended, sum(m.one) as hosts,
           min(m.ended_at) filter (where m.one = 1) as ended_from,
           max(m.ended_at) filter (where m.one = 1) as ended_to,
           min(m.ended_at) filter (where m.one = -1) as left_from,
           max(m.ended_at) filter (where m.one = -1) as left_to
      from (select rollout, wave, state, kind, verdict, is_begun, is_acknowledged, attempt, ended_at,
                   1 as one from changed
            union all
            select rollout, wave, state, kind, verdict, is_begun, is_acknowledged, attempt, ended_at,
                   -1 from before) m
     group by 1, 2, 3, 4, 5, 6, 7, 8, 9
  )
  select rollout, wave, state, kind, verdict, is_begun, is_acknowledged, attempt, is_ended, hosts,
         ended_from, ended_to, false
    from moved
   where hosts <> 0 or ended_from is distinct from left_from or ended_to is distinct from left_to
  union all
  -- Who ended last did not end after all, or earlier: only the targets tell who is the last now.
  select rollout, wave, null, null, null, null, null, null, null, 0, null, null, true
    from moved group by rollout, wave
  having max(left_to) > coalesce(max(ended_to), '-infinity');
  return null;
end
$$;
create trigger target_count_moves after update on target
  referencing old table as before new table as changed
  for each statement execute function target_count_moves();

-- Those that wait for a retry: whether they are due changes by time alone. Nearly always none.
create index target_deferred on target (rollout, wave) where is_ready and retry_at is not null;

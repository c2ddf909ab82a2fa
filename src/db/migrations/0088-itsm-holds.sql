-- Why a change may not go on as far as ITSM systems say: a record that was put on hold or rejected, or a
-- state that the change policy asks for, as it was when the plan was asked for. Waves ask this as they open.
create view itsm_hold as
  select l.change, l.system, 'held' as kind, l.outside_key as key, l.outside_state as state,
         '[]'::jsonb as wanted, false as is_for_start
    from itsm_link l where l.is_holding
  union all
  select c.id, part ->> 'system',
         case when s.name is null then 'no-system'
              when l.outside_state is null then 'no-record'
              when lower(l.outside_state) in (
                select lower(t) from jsonb_array_elements_text(part -> 'states') t) then 'stale'
              else 'not-in-state' end,
         l.outside_key, l.outside_state, part -> 'states', true
    from change c
    cross join lateral jsonb_array_elements(coalesce(c.assessment -> 'itsm', '[]')) as part
    left join itsm_system s on s.name = part ->> 'system'
    left join itsm_link l on l.system = s.name and l.change = c.id
   where not coalesce(lower(l.outside_state) in (
           select lower(t) from jsonb_array_elements_text(part -> 'states') t), false)
      or (s.fresh_seconds is not null
          and coalesce(l.checked_at < now() - make_interval(secs => s.fresh_seconds), true));

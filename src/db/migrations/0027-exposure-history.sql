-- One history of EPSS scores in place of two, and histories of one vulnerability by an index.

-- What ended is asked of one vulnerability too: from when to when hosts were exposed to it.
create index finding_pair_ended on finding_pair (vulnerability) where valid_to is not null;

-- Scores of what something here has, as they were known from a moment on; null from when a score went.
alter table epss_seen alter column score drop not null, alter column percentile drop not null;

-- The facts of a vulnerability changed each day with its score. Those scores held until a moment: each
-- from the one before on, the first since it was found here, the present one from the last.
insert into epss_seen (id, at, score, percentile)
select id, at, score, percentile from (
  select p.id, p.score, p.percentile,
         coalesce(lag(p.valid_to) over (partition by p.id order by p.valid_to), f.at) as at
    from fact_past p
    left join (select vulnerability as id, min(valid_from) as at from finding_pair group by 1) f
      on f.id = p.id) as held
 where at is not null and score is not null
on conflict do nothing;

insert into epss_seen (id, at, score, percentile)
select n.id, n.at, e.scores[right(n.id, 3)::int + 1], e.percentiles[right(n.id, 3)::int + 1]
  from (
    select f.vulnerability as id,
           coalesce((select max(p.valid_to) from fact_past p where p.id = f.vulnerability),
                    min(f.valid_from)) as at
      from finding_pair f where f.vulnerability ~ '^CVE-[0-9]{4}-[0-9]{4,19}$' group by 1) n
  join epss_block e on e.prefix = left(n.id, -3)
 where e.scores[right(n.id, 3)::int + 1] is not null
on conflict do nothing;

alter table fact_past drop column score, drop column percentile;

-- Facts that were kept for their score alone say what the next ones say.
delete from fact_past p using (
  select id, valid_to,
         (title, published_at, status, cvss) is not distinct from
           (lead(title) over w, lead(published_at) over w, lead(status) over w, lead(cvss) over w)
         and lead(valid_to) over w is not null as is_same
    from fact_past window w as (partition by id order by valid_to)) same
 where same.is_same and same.id = p.id and same.valid_to = p.valid_to;

-- What people look for in a list of hosts, as one text a host: its name, its address and its labels,
-- in small letters, one to a line. Made when a host is written, not each time somebody looks.
create function host_search_text(name text, way jsonb, labels jsonb) returns text
language sql immutable parallel safe as $$
  select lower(name || E'\n' || coalesce(way ->> 'address', '') || E'\n' || coalesce(
    (select string_agg(l.key || '=' || l.value, E'\n' order by l.key collate "C")
       from jsonb_each_text(labels) as l), ''))
$$;

alter table host add column search_text text not null
  generated always as (host_search_text(name, way, labels)) stored;

-- Groups of equal hosts are counted from these few bytes a host, without its facts.
create index host_live on host (num) include (kernel_running) where removed_at is null;
-- Why plans left one host out.
create index plan_excluded_host on plan_excluded (host);

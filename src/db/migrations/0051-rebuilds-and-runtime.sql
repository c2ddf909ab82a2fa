-- Whose code is in a package, by what it was built with (Debian Policy 7.8): a flaw of that source is a
-- flaw of the package although the source is not installed, and only a rebuild mends it.
create table package_built (
  package_id integer not null references package,
  source text not null,
  version text not null,
  primary key (package_id, source, version)
);
create index package_built_source on package_built (source);

-- Packages that were matched before anybody said so are matched again; and where a newer build is seen
-- for the first time, the older ones learn of it.
create function package_built_queue() returns trigger language plpgsql as $$
begin
  insert into rematch_source
    select distinct p.ecosystem, a.source from added a join package p on p.id = a.package_id
  on conflict do nothing;
  return null;
end
$$;
create trigger package_built_queue after insert on package_built
  referencing new table as added for each statement execute function package_built_queue();

-- Findings that the runtime policy sets aside, by what hosts were seen to run: hosts of which the same
-- is set aside share one row, and carry its number among their marks.
create table runtime_aside (
  id integer generated always as identity primary key,
  digest text not null unique check (digest ~ '^[0-9a-f]{64}$'),
  content jsonb not null,
  created_at timestamptz not null
);
alter table host add column runtime_aside integer references runtime_aside;
create index host_runtime_aside on host (runtime_aside) where runtime_aside is not null;

create function host_marks_with(labels jsonb, facts jsonb, aside integer) returns text
language sql stable as $$
  select concat_ws(',', nullif(host_marks_of(labels, facts), ''), 'r' || aside)
$$;
create or replace function host_marks() returns trigger language plpgsql as $$
begin
  new.filter_marks := host_marks_with(new.labels, new.facts, new.runtime_aside);
  return new;
end
$$;
drop trigger host_marks on host;
create trigger host_marks before insert or update of labels, facts, runtime_aside on host
  for each row execute function host_marks();
create or replace function filter_scope_marks() returns trigger language plpgsql as $$
begin
  update host set filter_marks = host_marks_with(labels, facts, runtime_aside)
   where removed_at is null
     and filter_marks <> host_marks_with(labels, facts, runtime_aside);
  return null;
end
$$;

-- Another look at what runs ends at once what followed from the one before it.
create function host_runtime_seen() returns trigger language plpgsql as $$
begin
  update host set runtime_aside = null
   where num in (select host_num from seen) and runtime_aside is not null;
  return null;
end
$$;
create trigger host_runtime_seen after insert on host_runtime
  referencing new table as seen for each statement execute function host_runtime_seen();

-- New rows are news to whoever keeps filters in memory, and nothing else has changed by them.
create function runtime_aside_noted() returns trigger language plpgsql as $$
begin
  if exists (select from changed) then perform intel_note_transaction(false); end if;
  return null;
end
$$;
create trigger runtime_aside_new after insert on runtime_aside
  referencing new table as changed for each statement execute function runtime_aside_noted();
create trigger runtime_aside_gone after delete on runtime_aside
  referencing old table as changed for each statement execute function runtime_aside_noted();

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

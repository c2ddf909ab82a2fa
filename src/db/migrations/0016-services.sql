-- Services: what the organisation builds and runs, and what is in each of their artifacts.
--
-- What is in an artifact is a package set like that of a host, so the same matching judges both. The
-- bill beside it keeps what the set does not: every entry as the document named it, also those about
-- which nothing can be known, and how each got in.

create table service (
  id text primary key,
  num integer generated always as identity unique,
  name text collate "C" not null,
  title text not null,
  -- The team that answers for it, and people or addresses to turn to.
  team text not null,
  owners text[] not null default '{}',
  labels jsonb not null default '{}',
  repository text not null default '',
  -- Label expression of the hosts that run it; null where they are only listed.
  host_selector text,
  created_at timestamptz not null,
  removed_at timestamptz
);

create unique index service_name_live on service (name) where removed_at is null;
create index service_labels on service using gin (labels jsonb_path_ops) where removed_at is null;

create table service_host (
  service_num integer not null references service (num),
  host_num integer not null references host (num),
  primary key (service_num, host_num)
);

create table service_need (
  service_num integer not null references service (num),
  needs_num integer not null references service (num),
  primary key (service_num, needs_num),
  check (service_num <> needs_num)
);

create table sbom (
  id integer generated always as identity primary key,
  -- Of what was read, not of the document: the same content written twice is one bill.
  digest text not null unique check (digest ~ '^[0-9a-f]{64}$'),
  form text not null,
  set_id integer not null references package_set,
  subject_name text not null,
  subject_version text not null,
  component_count integer not null,
  -- Entries that cannot be judged, and files, which have no advisories.
  unknown_count integer not null,
  file_count integer not null,
  created_at timestamptz not null
);

create table sbom_component (
  sbom_id integer not null references sbom,
  place integer not null,
  package_id integer references package,
  name text not null,
  version text not null,
  purl text not null,
  cpe text not null,
  scope text not null check (scope in ('', 'required', 'optional', 'development', 'excluded')),
  -- The component that brought it in, and its distance from the project; null where not said.
  parent integer,
  depth integer,
  -- Why it cannot be judged.
  problem text,
  primary key (sbom_id, place),
  check ((package_id is null) = (problem is not null))
);

create index sbom_component_package on sbom_component (package_id, sbom_id);

-- What is deployed of a service, with the two times of `host_set`: one open row for each artifact in
-- each environment.
create table service_set (
  service_num integer not null references service (num),
  artifact text not null,
  environment text not null,
  version text not null,
  sbom_id integer not null references sbom,
  set_id integer not null references package_set,
  -- SHA-256 and name of the document as it was handed in, and who did.
  document text not null check (document ~ '^[0-9a-f]{64}$'),
  document_name text not null,
  put_by text not null,
  observed_from timestamptz not null,
  observed_to timestamptz check (observed_to > observed_from),
  recorded_from timestamptz not null,
  recorded_to timestamptz check (recorded_to > recorded_from)
);

create unique index service_set_current on service_set (service_num, artifact, environment)
  include (set_id) where observed_to is null and recorded_to is null;
create index service_set_by_service on service_set (service_num, recorded_from);
create index service_set_by_set on service_set (set_id, service_num);

-- Who only hands in what was built: an account for pipelines.
alter table role_grant drop constraint role_grant_role_check;
alter table role_grant add constraint role_grant_role_check
  check (role in ('viewer', 'operator', 'approver', 'publisher', 'admin'));

create function service_hint() returns trigger language plpgsql as $$
begin
  perform hint(array(select 'services' where exists (select from changed)
                     union all select 'service:' || id from changed));
  return null;
end
$$;
create trigger service_added_hint after insert on service
  referencing new table as changed for each statement execute function service_hint();
create trigger service_hint after update on service
  referencing new table as changed for each statement execute function service_hint();

create function service_set_hint() returns trigger language plpgsql as $$
begin
  perform hint(array(select 'services' where exists (select from changed)
                     union all
                     select distinct 'service:' || s.id
                       from changed c join service s on s.num = c.service_num));
  return null;
end
$$;
create trigger service_set_added_hint after insert on service_set
  referencing new table as changed for each statement execute function service_set_hint();
create trigger service_set_hint after update on service_set
  referencing new table as changed for each statement execute function service_set_hint();

-- What authors of VEX documents say about findings of the fleet, and for which hosts it holds.

-- Label expressions that filters are limited to. Each host carries the ids of those that select it,
-- so that hosts which are equal in everything that filters ask form one group.
create table filter_scope (
  id integer generated always as identity primary key,
  -- The expression as text, and taken apart as `Selector` of base/labels.ts.
  label_text text not null unique check (label_text <> ''),
  requirements jsonb not null
);

-- Must agree with `selects` of base/labels.ts on every input; a test holds them together.
create function labels_fit(requirements jsonb, labels jsonb) returns boolean
language sql immutable parallel safe as $$
  select coalesce(bool_and(case r ->> 'op'
      when 'in' then coalesce(r -> 'values' ? (labels ->> (r ->> 'key')), false)
      when 'not-in' then coalesce(not (r -> 'values' ? (labels ->> (r ->> 'key'))), true)
      when 'exists' then labels ? (r ->> 'key')
      when 'absent' then not labels ? (r ->> 'key')
      else false end), true)
    from jsonb_array_elements(requirements) as r
$$;

alter table host add column filter_marks text not null default '';

create function filter_marks_of(labels jsonb) returns text language sql stable as $$
  select coalesce(string_agg(id::text, ',' order by id), '') from filter_scope
   where labels_fit(requirements, labels)
$$;

create function host_marks() returns trigger language plpgsql as $$
begin
  new.filter_marks := filter_marks_of(new.labels);
  return new;
end
$$;
create trigger host_marks before insert or update of labels on host
  for each row execute function host_marks();

create function filter_scope_marks() returns trigger language plpgsql as $$
begin
  update host set filter_marks = filter_marks_of(labels)
   where removed_at is null and filter_marks <> filter_marks_of(labels);
  return null;
end
$$;
create trigger filter_scope_marks after insert on filter_scope
  for each statement execute function filter_scope_marks();

drop index host_live;
create index host_live on host (num) include (kernel_running, filter_marks)
  where removed_at is null;

-- Whose signature under a document counts beside those of our own approvers.
create table vex_publisher (
  id text primary key,
  name text not null,
  -- Authors of documents that this key may speak for, as the documents write them.
  authors text[] not null check (cardinality(authors) > 0),
  key_line text not null,
  fingerprint text not null,
  added_by text not null,
  added_at timestamptz not null,
  removed_at timestamptz
);
create unique index vex_publisher_live on vex_publisher (fingerprint) where removed_at is null;

create table vex_document (
  number integer generated always as identity primary key,
  id text not null unique,
  -- SHA-256 of the file.
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  format text not null,
  title text not null,
  author text not null,
  scope_id integer references filter_scope,
  -- Package URL of what these hosts are as a whole, for statements about its parts.
  product text not null,
  -- Why its word may set findings aside; `none` is shown and changes nothing.
  trust text not null check (trust in ('none', 'approver', 'publisher', 'responsible')),
  trusted_by text not null,
  trust_reason text not null,
  statement_count integer not null,
  problems jsonb not null,
  until timestamptz,
  loaded_by text not null,
  loaded_at timestamptz not null,
  ended_at timestamptz,
  ended_by text,
  end_reason text,
  check ((trust = 'none') = (trusted_by = ''))
);
create index vex_document_live on vex_document (number) where ended_at is null;

create table vex_statement (
  id bigint generated always as identity primary key,
  document integer not null references vex_document (number),
  -- Its vulnerability first, then what it calls the same.
  names text[] not null,
  status text not null
    check (status in ('affected', 'not-affected', 'fixed', 'under-investigation')),
  justification text not null,
  author text not null,
  said_at timestamptz,
  products jsonb not null
);
create index vex_statement_document on vex_statement (document);
create index vex_statement_names on vex_statement using gin (names);

-- Which statement is about which finding. Half-open ranges, so that a past day can be asked again.
create table vex_match (
  package_id integer not null references package,
  vulnerability text not null,
  statement_id bigint not null references vex_statement,
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to >= valid_from)
);
create unique index vex_match_current on vex_match (package_id, vulnerability, statement_id)
  where valid_to is null;
create index vex_match_statement on vex_match (statement_id);

create trigger vex_match_noted after insert or update or delete on vex_match
  for each statement execute function intel_note_change();
create trigger vex_document_noted after update on vex_document
  for each statement execute function intel_note_change();

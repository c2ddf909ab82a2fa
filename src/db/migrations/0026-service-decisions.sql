-- Services are governed like hosts: statements about their own parts, exceptions that name them.

-- What names a bill and its entries from outside (CycloneDX BOM-Link). The same content may come in
-- several documents, each with its own serial number and its own names of entries.
create table sbom_link (
  -- SHA-256 of the document.
  document text primary key check (document ~ '^[0-9a-f]{64}$'),
  sbom_id integer not null references sbom,
  -- The UUID in lower case, without `urn:uuid:`.
  serial text not null check (serial <> ''),
  version integer not null,
  -- By place of the entry; '' where it has no name.
  refs text[] not null
);
create index sbom_link_sbom on sbom_link (sbom_id);
create index sbom_link_serial on sbom_link (serial);

-- Package URL of what the bill is of, by its own word: VEX speaks of parts of it.
alter table sbom add column subject_purl text not null default '';

-- A document that speaks only of parts of services matches no package of hosts.
create trigger vex_document_added_noted after insert on vex_document
  for each statement execute function intel_note_change();

-- Exceptions of services: these and no others. One exception is about hosts or about services.
alter table exception add column services text[];
alter table exception drop constraint exception_check;
alter table exception add constraint exception_reach
  check (num_nonnulls(selector, hosts, services) = 1);

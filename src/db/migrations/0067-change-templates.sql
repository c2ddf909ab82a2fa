-- Standard changes: what two people approved beforehand, as a text that never changes.

create table change_template (
  digest text primary key check (digest ~ '^[0-9a-f]{64}$'),
  name text not null check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  text text not null,
  proposed_by text not null references subject (id),
  -- The person who answers for it.
  proposer_person text not null references subject (id),
  proposed_at timestamptz not null,
  expires_at timestamptz not null check (expires_at <= proposed_at + interval '366 days')
);
create index change_template_name on change_template (name, proposed_at desc);
create trigger change_template_append_only before update or delete on change_template
  for each row execute function approval_refuse_change();

create table change_template_approval (
  digest text not null references change_template (digest),
  person text not null references subject (id),
  reason text not null check (length(reason) between 1 and 4000),
  at timestamptz not null,
  primary key (digest, person)
);
create trigger change_template_approval_append_only before update or delete
  on change_template_approval for each row execute function approval_refuse_change();

create index change_by_template on change ((assessment -> 'template' ->> 'digest'))
  where assessment -> 'template' ->> 'digest' is not null;

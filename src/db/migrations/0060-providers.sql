-- People who sign in through an OpenID Connect provider, and roles that groups give.

-- Who somebody is to a provider: its own, never-reused subject; never an e-mail address or a name.
create table provider_identity (
  provider text not null,
  provider_subject text not null,
  subject text not null references subject (id),
  linked_at timestamptz not null default now(),
  primary key (provider, provider_subject),
  unique (provider, subject)
);

-- Where somebody comes from: added here, by a provider at the first sign-in, or by SCIM.
alter table subject
  add column source text not null default 'local' check (source in ('local', 'provider', 'scim'));

-- Grants that groups of a directory give come and go with them; those that people gave stay.
alter table role_grant add column is_of_group boolean not null default false;

-- SSH user certificates: what this server's own authority signed, each for one connection or one person.
-- The private halves of the keys are never here: those of jobs live as long as their connection.
create table ssh_authority (
  -- Its key is the file keys/ssh-ca-<generation>.pem of the state folder.
  generation integer primary key check (generation > 0),
  key_line text not null unique,
  made_at timestamptz not null,
  signs_from timestamptz,
  retired_at timestamptz,
  check (retired_at is null or signs_from is not null)
);

create table ssh_certificate (
  serial bigint generated always as identity primary key,
  authority integer not null references ssh_authority (generation),
  purpose text not null check (purpose in ('look', 'job', 'person')),
  host text not null references host (id),
  principal text not null,
  key_id text not null,
  key_fingerprint text not null,
  change text references change (id),
  rollout text references rollout (id),
  elevation text references elevation (id),
  person text references subject (id),
  valid_after timestamptz not null,
  valid_before timestamptz not null,
  issued_at timestamptz not null,
  check (valid_before > valid_after and valid_before <= valid_after + interval '10 minutes'),
  check ((purpose = 'person') = (elevation is not null and person is not null)),
  check (purpose <> 'job' or rollout is not null)
);
create index ssh_certificate_host on ssh_certificate (host, serial desc);
create trigger ssh_certificate_append_only before update or delete on ssh_certificate
  for each row execute function approval_refuse_change();

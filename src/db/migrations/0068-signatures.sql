-- Passkeys that approve: which credential a browser is to ask for. The key itself, its site included,
-- is in the OpenSSH line that hosts have too.
alter table approver_key add column credential text check (length(credential) <= 1364);

-- What a browser was asked when it made a passkey: each challenge counts once and not for long.
create table passkey_challenge (
  -- SHA-256 of the challenge.
  hash text primary key,
  subject text not null,
  expires_at timestamptz not null
);

-- The requester's own signature over the statement, which hosts of rings with `sod signed` demand. An
-- edit is a new plan, so a signature never speaks for a plan that its person did not see.
create table request_signature (
  plan text primary key references plan (digest),
  change text not null references change (id),
  person text not null,
  handle text not null,
  key_class text not null check (key_class in ('ssh', 'sk', 'desk', 'page')),
  -- `<type> <base64>`, without comment.
  key_line text not null,
  -- The armoured SSHSIG over the statement, namespace fettle-request-v1.
  signature text not null,
  at timestamptz not null
);
create trigger request_signature_append_only before update or delete on request_signature
  for each row execute function approval_refuse_change();

-- "Wave n may open", signed by approvers who looked at the waves before (host protocol §3). Hosts of
-- rings with `gate n` demand them too; the texts are kept as they were signed.
create table wave_signature (
  rollout text not null,
  plan text not null references plan (digest),
  wave integer not null check (wave >= 1),
  person text not null,
  handle text not null,
  key_class text not null check (key_class in ('ssh', 'sk', 'desk', 'page')),
  -- `<type> <base64>`, without comment.
  key_line text not null,
  -- The gate text: tenant, plan, wave, digest of the evidence, when.
  document text not null,
  signature text not null,
  at timestamptz not null,
  -- People are counted, not keys.
  primary key (rollout, wave, person)
);
create trigger wave_signature_append_only before update or delete on wave_signature
  for each row execute function approval_refuse_change();

-- As with approvals: whoever was disabled, or took back the key that signed, opens no wave.
create view live_wave_signature as
  select w.* from wave_signature w
   where not exists (select from subject s
                      where s.id = w.person and s.disabled_at is not null)
     and not exists (select from approver_key k
                      where k.subject = w.person and k.removed_at is not null
                        and k.type || ' ' || k.base64 = w.key_line);

-- An approval counts as long as its approver may still be trusted with it. Whoever was disabled, or
-- took back the key that signed (a lost laptop), approves nothing any more: neither what has not
-- started, nor the hosts that a running rollout has still to come to. The signature itself is kept.
create view live_approval as
  select a.* from approval a
   where not exists (select from subject s
                      where s.id = a.person and s.disabled_at is not null)
     and not exists (select from approver_key k
                      where k.subject = a.person and k.removed_at is not null
                        and k.type || ' ' || k.base64 = a.key_line);

create or replace view approved_change as
  select c.id, c.number, c.plan, c.patch, c.class, c.state, c.expires_at
    from change c
   where c.state in ('approved', 'running')
     and c.expires_at > now()
     and c.need <= (select count(distinct a.person) from live_approval a
                     where a.change = c.id and a.plan = c.plan
                       and a.person <> c.requester_person);

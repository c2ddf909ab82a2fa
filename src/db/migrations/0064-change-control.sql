-- Change control: how risky a change is, who has to approve it, and what the advisory board decides.

alter table change
  add column level text not null default 'low' check (level in ('low', 'medium', 'high')),
  -- Points with their reasons, the policy that weighed them, and who raised the risk; null for changes
  -- that were asked for before risk was weighed.
  add column assessment jsonb,
  add column needs_board boolean not null default false;

-- Who has to approve beside how many, as it was when the plan was asked for; the members are people.
create table change_demand (
  change text not null references change (id),
  plan text not null references plan (digest),
  label text not null check (length(label) between 1 and 63),
  least integer not null check (least between 1 and 8),
  members text[] not null,
  primary key (change, plan, label)
);

-- Whom an approver stood in for when they signed.
alter table approval add column stands_for text[] not null default '{}';

create or replace view live_approval as
  select a.* from approval a
   where not exists (select from subject s
                      where s.id = a.person and s.disabled_at is not null)
     and not exists (select from approver_key k
                      where k.subject = a.person and k.removed_at is not null
                        and k.type || ' ' || k.base64 = a.key_line);

-- Votes of the advisory board on one plan; a member may think again until the board has decided.
create table board_vote (
  change text not null references change (id),
  plan text not null references plan (digest),
  person text not null references subject (id),
  choice text not null check (choice in ('approve', 'reject', 'abstain')),
  reason text not null check (length(reason) between 1 and 4000),
  at timestamptz not null,
  primary key (change, plan, person)
);

create table board_decision (
  change text not null references change (id),
  plan text not null references plan (digest),
  outcome text not null check (outcome in ('approved', 'rejected')),
  is_veto boolean not null,
  because text not null,
  reason text not null check (length(reason) between 1 and 4000),
  decided_by text not null references subject (id),
  at timestamptz not null,
  primary key (change, plan)
);
create trigger board_decision_append_only before update or delete on board_decision
  for each row execute function approval_refuse_change();

create table board_minutes (
  id text primary key,
  text text not null,
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  kept_by text not null references subject (id),
  -- What was decided within these times.
  since timestamptz not null,
  at timestamptz not null
);
create trigger board_minutes_append_only before update or delete on board_minutes
  for each row execute function approval_refuse_change();

-- Somebody who signs in the place of another for a time.
create table delegation (
  id text primary key,
  from_person text not null references subject (id),
  to_person text not null references subject (id),
  starts_at timestamptz not null,
  ends_at timestamptz not null check (ends_at > starts_at),
  reason text not null check (length(reason) between 1 and 2000),
  made_at timestamptz not null,
  revoked_at timestamptz,
  check (from_person <> to_person)
);
create index delegation_to on delegation (to_person, ends_at);
create index delegation_from on delegation (from_person, ends_at);

create or replace view approved_change as
  select c.id, c.number, c.plan, c.patch, c.class, c.state, c.expires_at
    from change c
   where c.state in ('approved', 'running')
     and c.expires_at > now()
     and c.need <= (select count(distinct a.person) from live_approval a
                     where a.change = c.id and a.plan = c.plan
                       and a.person <> c.requester_person)
     and not exists (select from change_demand d
                      where d.change = c.id and d.plan = c.plan
                        and d.least > (select count(distinct a.person) from live_approval a
                                        where a.change = c.id and a.plan = c.plan
                                          and a.person <> c.requester_person
                                          and d.members && (a.person || a.stands_for)))
     and (not c.needs_board
          or exists (select from board_decision b
                      where b.change = c.id and b.plan = c.plan and b.outcome = 'approved'));

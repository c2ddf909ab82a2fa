-- Changes: what people approve. An approval is a signature over the statement of one plan; a change
-- that gets a new plan has no approvals, because none names the new digest.

create table change (
  id text primary key,
  -- Shown as C-<number>; its plans carry it as `c-<number>`.
  number integer not null unique check (number >= 1),
  patch text not null references patch (id),
  -- The plan that is asked for now.
  plan text not null references plan (digest),
  class text not null check (class in ('normal', 'emergency')),
  -- Keep in step with changeMoves in src/change/model.ts; a test compares them.
  state text not null constraint change_state check (state in
    ('requested', 'approved', 'running', 'completed', 'failed', 'backed-out',
     'rejected', 'withdrawn', 'expired')),
  title text not null check (length(title) between 1 and 160),
  reason text not null check (length(reason) between 1 and 4000),
  -- How it is taken back, from the plan's undo, and what makes it risky: as it was when requested.
  backout text not null,
  risk jsonb not null,
  need integer not null check (need between 1 and 8),
  requested_by text not null,
  -- The person who answers for the requester: itself, or the owner of a service.
  requester_person text not null,
  requested_at timestamptz not null,
  expires_at timestamptz not null,
  moved_at timestamptz not null,
  -- Why it was rejected or withdrawn, in words.
  closed_reason text
);
create index change_newest on change (number desc);
create index change_waiting on change (expires_at) where state in ('requested', 'approved');
create index change_patch on change (patch);
-- One plan is asked for once.
create unique index change_plan on change (plan);

create table approval (
  id text primary key,
  change text not null references change (id),
  plan text not null references plan (digest),
  person text not null,
  handle text not null,
  key_class text not null check (key_class in ('ssh', 'sk', 'desk', 'page')),
  -- `<type> <base64>`, without comment.
  key_line text not null,
  -- The armoured SSHSIG, the bytes as they came.
  signature text not null,
  at timestamptz not null,
  -- People are counted, not keys, and a key counts once.
  unique (plan, person),
  unique (plan, key_line)
);
create index approval_change on approval (change);

create function approval_refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the table % is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
create trigger approval_append_only before update or delete on approval
  for each row execute function approval_refuse_change();

-- The one definition of "this plan may run now". Everything that starts work reads this view, inside
-- the transaction that starts it.
create view approved_change as
  select c.id, c.number, c.plan, c.patch, c.class, c.state, c.expires_at
    from change c
   where c.state in ('approved', 'running')
     and c.expires_at > now()
     and c.need <= (select count(distinct a.person) from approval a
                     where a.change = c.id and a.plan = c.plan
                       and a.person <> c.requester_person);

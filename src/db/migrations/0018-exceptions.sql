-- Exceptions: who may leave which findings open for how long, in whose name, and against what else
-- they are protected. The clocks of findings stand elsewhere and are never touched from here.

create table exception (
  id text primary key,
  -- Shown as X-<number>.
  number integer generated always as identity unique,
  -- Keep in step with exceptionMoves in src/triage/exception.ts; a test compares them.
  state text not null constraint exception_state check (state in
    ('requested', 'approved', 'expired', 'revoked', 'ended', 'refused', 'withdrawn')),
  -- Frozen when it was asked for: what is published later is not excepted by it.
  vulnerabilities text[] not null check (cardinality(vulnerabilities) between 1 and 20000),
  -- Null for these vulnerabilities in whatever package.
  ecosystem text,
  source text,
  -- Which hosts: a label expression, or these and no others.
  selector text,
  hosts text[],
  check ((selector is null) <> (hosts is null)),
  check ((ecosystem is null) = (source is null)),
  -- The case from which it was asked for.
  patch text references patch (id),
  reason_class text not null check (reason_class in
    ('conflict', 'legacy', 'vendor-prohibition', 'no-fix', 'other')),
  reason text not null check (length(reason) between 10 and 4000),
  owner text not null,
  control text not null check (length(control) between 10 and 4000),
  evidence text not null check (evidence ~ '^https://'),
  -- `key=value` that each of its hosts carries as long as the control is in place.
  control_label text,
  until timestamptz not null,
  renews text references exception (id),
  renewal integer not null check (renewal between 0 and 2),
  -- What was true when it was asked for, and then again when it was approved.
  assumes jsonb not null,
  requested_by text not null,
  requester_person text not null,
  requested_at timestamptz not null,
  approved_by text,
  approved_at timestamptz,
  moved_at timestamptz not null,
  -- Why it was refused, withdrawn, revoked or ended, in words; the ledger holds the digest only.
  closed_reason text,
  check (approved_by <> requester_person),
  check ((approved_at is null) = (approved_by is null)),
  check (until <= approved_at + interval '90 days'),
  check (state not in ('approved', 'revoked', 'ended') or approved_at is not null)
);
create index exception_live on exception (until) where state in ('requested', 'approved');
create index exception_vulnerability on exception using gin (vulnerabilities);
create index exception_newest on exception (number desc);

-- Hints for decisions about findings, beside those of the other objects.
create function decision_hint() returns trigger language plpgsql as $$
begin
  perform hint(array(
    select distinct topic from added e, lateral unnest(case split_part(e.object, ':', 1)
      when 'exception' then array['exceptions', 'findings', 'patches']
      when 'deferral' then array['deferrals', 'patches']
      when 'known-issue' then array['known-issues']
      else '{}'::text[] end) as topic
     where topic is not null order by topic));
  return null;
end
$$;
create trigger decision_hint after insert on event
  referencing new table as added for each statement execute function decision_hint();

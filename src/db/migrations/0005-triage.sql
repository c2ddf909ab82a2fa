-- Cases. What a case said when it was opened is kept with it; what is affected today is derived anew.

create table patch (
  id text primary key,
  -- Shown as P-<number>.
  number integer generated always as identity unique,
  title text not null,
  ecosystem text not null,
  source text not null,
  source_version text not null,
  state text not null,
  route text not null check (route in ('emergency', 'scheduled', 'feature-release')),
  kind text not null check (kind in ('security', 'functional', 'performance')),
  urgency text not null check (urgency in ('critical', 'high', 'medium', 'low')),
  classified_by jsonb not null,
  -- The facts that the rule judged, so that the decision can be repeated.
  classified_facts jsonb not null,
  vulnerabilities text[] not null,
  affected_versions text[] not null check (cardinality(affected_versions) > 0),
  regression jsonb not null,
  deadline jsonb not null,
  deadline_at timestamptz,
  justification text not null check (justification <> ''),
  opened_by text not null,
  opened_at timestamptz not null,
  moved_at timestamptz not null,
  -- In words; the ledger holds its digest only, as words may name people.
  moved_reason text,
  -- Keep in step with patchMoves in src/triage/model.ts; a test compares them.
  constraint patch_state check (state in
    ('triage', 'planned', 'approved', 'rolling', 'stopped', 'observing', 'closed', 'dropped'))
);

-- One open case for one target: a second "open" finds the first.
create unique index patch_open on patch (ecosystem, source, source_version)
  where state not in ('closed', 'dropped');
create index patch_queue on patch (state, deadline_at);

-- What is put off, and what is known and stays: deferrals and known issues.

create table deferral (
  id text primary key,
  -- Shown as D-<number>.
  number integer generated always as identity unique,
  -- Keep in step with deferralMoves in src/triage/deferral.ts; a test compares them.
  state text not null constraint deferral_state check (state in ('active', 'ended', 'cancelled')),
  patch text references patch (id),
  ecosystem text not null,
  source text not null,
  -- Frozen when it began: what is published later is not put off by it.
  vulnerabilities text[] not null,
  reason_class text not null check (reason_class in
    ('compliance-hold', 'pending-audit', 'test-backlog', 'change-freeze', 'other')),
  reason text not null check (length(reason) between 10 and 4000),
  owner text not null,
  until timestamptz not null,
  -- What it was said to cost when it was accepted.
  cost jsonb not null,
  started_by text not null,
  started_at timestamptz not null,
  moved_at timestamptz not null,
  closed_reason text,
  check (until > started_at)
);
create index deferral_live on deferral (until) where state = 'active';
create index deferral_newest on deferral (number desc);
create index deferral_patch on deferral (patch);
-- One update is put off once at a time.
create unique index deferral_one on deferral (ecosystem, source) where state = 'active';

create table known_issue (
  id text primary key,
  -- Shown as K-<number>.
  number integer generated always as identity unique,
  -- Keep in step with knownIssueMoves in src/triage/known-issue.ts; a test compares them.
  state text not null constraint known_issue_state check (state in
    ('draft', 'published', 'withdrawn')),
  -- The newest revision; readers see the published one.
  revision integer not null check (revision >= 1),
  published_revision integer check (published_revision between 1 and revision),
  published_at timestamptz,
  created_at timestamptz not null,
  moved_at timestamptz not null,
  check (state <> 'published' or (published_revision is not null and published_at is not null))
);
create index known_issue_newest on known_issue (number desc);

create table known_issue_revision (
  known_issue text not null references known_issue (id),
  revision integer not null,
  title text not null check (length(title) between 3 and 160),
  -- A source package or the name of a service; the ecosystem where it is a package.
  ecosystem text,
  subject text not null check (length(subject) between 1 and 128),
  affected text not null check (length(affected) between 1 and 400),
  -- Markdown that is shown as text.
  workaround text not null check (length(workaround) between 1 and 20000),
  audience text not null check (audience in ('operations', 'everybody')),
  vulnerabilities text[] not null,
  patch text references patch (id),
  written_by text not null,
  written_at timestamptz not null,
  primary key (known_issue, revision)
);
create index known_issue_vulnerability on known_issue_revision using gin (vulnerabilities);

create function known_issue_refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the table % is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
create trigger known_issue_append_only before update or delete on known_issue_revision
  for each row execute function known_issue_refuse_change();

-- Which case comes first, by the facts as they are now; and who wrote why it cannot wait.

alter table patch
  -- The facts of now, beside those that it was classified with.
  add column facts jsonb,
  add column priority jsonb,
  -- Who wrote the justification; null where it was put together from the findings.
  add column justified_by text,
  -- Who wrote what is affected and how risky it is, where a person did.
  add column edited_by text,
  add column edited_at timestamptz;

-- A triage session: the list as it was when the session began, what people said, what became of it.
create table triage_session (
  id text primary key,
  -- Shown as T-<number>.
  number integer generated always as identity unique,
  title text not null check (title <> ''),
  state text not null check (state in ('open', 'closed', 'abandoned')),
  started_by text not null,
  started_at timestamptz not null,
  -- SHA-256 over the frozen items: the list cannot change under a vote.
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  quorum integer not null check (quorum between 1 and 50),
  closed_by text,
  closed_at timestamptz,
  summary text,
  -- Over the minutes as they were signed off.
  minutes_digest text check (minutes_digest ~ '^[0-9a-f]{64}$'),
  check ((state = 'open') = (closed_at is null))
);

create table triage_item (
  session text not null references triage_session,
  place integer not null check (place > 0),
  -- The fix-first item as it was: update, hosts, vulnerabilities, risk.
  item jsonb not null,
  -- What was done about it, and by whom; null while nothing was.
  outcome jsonb,
  primary key (session, place)
);

create table triage_participant (
  session text not null references triage_session,
  subject text not null,
  part text not null check (part in ('on-call', 'qa', 'support', 'security', 'operations', 'other')),
  joined_at timestamptz not null,
  primary key (session, subject)
);

-- Every vote ever given; the newest of a person on an item counts.
create table triage_vote (
  number bigint generated always as identity primary key,
  session text not null references triage_session,
  place integer not null,
  subject text not null,
  necessity text not null check (necessity in ('necessary', 'not', 'needs-info')),
  scope text not null check (scope in ('all', 'subset', 'exclude')),
  -- The label expression of a subset or of what is excluded; empty for all.
  hosts text not null,
  words text not null,
  at timestamptz not null,
  foreign key (session, place) references triage_item
);

create index triage_vote_item on triage_vote (session, place, number desc);

create table triage_note (
  number bigint generated always as identity primary key,
  session text not null references triage_session,
  subject text not null,
  at timestamptz not null,
  words text not null check (words <> '')
);

create index triage_note_session on triage_note (session, number);

create function triage_session_hint() returns trigger language plpgsql as $$
begin
  perform hint(array(select distinct t from changed c,
    lateral unnest(array['triage', 'triage:' || coalesce(c.session, '')]) as t));
  return null;
end
$$;
create trigger triage_vote_hint after insert on triage_vote
  referencing new table as changed for each statement execute function triage_session_hint();
create trigger triage_note_hint after insert on triage_note
  referencing new table as changed for each statement execute function triage_session_hint();
create trigger triage_participant_hint after insert on triage_participant
  referencing new table as changed for each statement execute function triage_session_hint();
create trigger triage_item_hint after update on triage_item
  referencing new table as changed for each statement execute function triage_session_hint();

create function triage_state_hint() returns trigger language plpgsql as $$
begin
  perform hint(array(select distinct t from changed c,
    lateral unnest(array['triage', 'triage:' || c.id]) as t));
  return null;
end
$$;
create trigger triage_session_begun after insert on triage_session
  referencing new table as changed for each statement execute function triage_state_hint();
create trigger triage_session_moved after update on triage_session
  referencing new table as changed for each statement execute function triage_state_hint();

-- The decision between waiting and going: both sides as they were when it was taken.
create table pace_decision (
  number bigint generated always as identity primary key,
  patch text not null references patch,
  choice text not null check (choice in ('now', 'next-release', 'wait')),
  words text not null check (words <> ''),
  sheet jsonb not null,
  decided_by text not null,
  decided_at timestamptz not null
);

create index pace_decision_patch on pace_decision (patch, number desc);

-- Rollouts: plans being carried out, one row per host, and one permanent slot row per host.
--
-- Which state may follow which stands in `src/rollout/model.ts`; a test holds the checks here and the
-- tables there together. Time is always this database's clock.

-- A halt over more than one rollout: `all`, `ring:<name>` or `service:<name>`. A scope without a row
-- is refused, so a row that was lost can only stop work. A rollout's own row is its own control.
create table halt_control (
  scope text primary key check (scope ~ '^(all|ring:.+|service:.+)$'),
  is_halted boolean not null default false,
  is_frozen boolean not null default false,
  reason jsonb,
  set_by text,
  since timestamptz not null default now()
);
insert into halt_control (scope) values ('all');

create table rollout (
  id text primary key,
  -- Shown as R-<number>.
  number integer generated always as identity unique,
  plan text not null unique references plan (digest),
  change text not null references change (id),
  patch text not null references patch (id),
  title text not null,
  state text not null default 'running'
    check (state in ('running', 'halted', 'finished', 'stopped')),
  -- With a halt nothing starts; frozen also holds ordered reverts.
  is_frozen boolean not null default false,
  halted_at timestamptz,
  halt_reason jsonb,
  attempts_max integer not null check (attempts_max between 1 and 1000),
  permit_ttl_seconds integer not null check (permit_ttl_seconds between 1 and 3600),
  -- Null: hosts revert on their own evidence only.
  revert_seconds integer check (revert_seconds > 0),
  -- Every control scope that covers a part of this rollout, in the order in which they are locked.
  scopes text[] not null,
  -- One server at a time decides; whoever holds an older epoch changes nothing.
  owner text,
  owner_epoch bigint not null default 0,
  owner_until timestamptz,
  generation bigint not null default 1,
  look_at timestamptz not null default now(),
  started_by text not null,
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  check ((state = 'halted') <= (halted_at is not null)),
  check ((state in ('finished', 'stopped')) = (ended_at is not null))
);
create index rollout_active on rollout (look_at) where state in ('running', 'halted');
create index rollout_change on rollout (change);

create table wave (
  rollout text not null references rollout,
  number integer not null check (number >= 1),
  ring text not null,
  state text not null default 'waiting' check (state in ('waiting', 'open', 'passed', 'ended')),
  not_before timestamptz not null,
  not_after timestamptz not null check (not_after >= not_before),
  -- [{"from": ms, "to": ms}] within which hosts may start; empty: all of the wave's time.
  windows jsonb not null default '[]',
  -- The ring's rules as numbers for this wave's size.
  gate jsonb not null,
  host_count integer not null check (host_count >= 0),
  -- What the engine said when it last looked.
  holds jsonb not null default '[]',
  opened_at timestamptz,
  passed_at timestamptz,
  ended_at timestamptz,
  primary key (rollout, number),
  check ((state in ('open', 'passed')) <= (opened_at is not null)),
  check ((state = 'passed') <= (passed_at is not null))
);

create table target (
  rollout text not null references rollout,
  host text not null references host,
  wave integer not null,
  leaf_index integer not null check (leaf_index >= 0),
  body text not null check (body ~ '^[0-9a-f]{64}$'),
  service text,
  kind text not null default 'apply' check (kind in ('apply', 'revert')),
  state text not null default 'ready' check (state in (
    'ready', 'leased', 'permitted', 'applying', 'rebooting', 'verifying', 'unknown', 'held',
    'done', 'noop', 'failed', 'rolled-back', 'reverted', 'skipped', 'lost')),
  -- A permit was given in this attempt: the host may have changed something.
  is_begun boolean not null default false,
  attempt integer not null default 1 check (attempt >= 1),
  epoch bigint not null default 0,
  -- Who talks to the host now. The end of the talk lets another server take it up; the end of the
  -- lease returns a target to which no permit was given.
  lease_owner text,
  lease_until timestamptz,
  talk_until timestamptz,
  claimed_at timestamptz,
  permitted_at timestamptz,
  heard_at timestamptz,
  retry_at timestamptz,
  tries integer not null default 0,
  -- Since when tries fail in a row.
  trouble_since timestamptz,
  hold jsonb,
  step text,
  result_state text,
  result_code text,
  way text,
  verdict text check (verdict in ('verified', 'unverified')),
  evidence jsonb,
  ended_at timestamptz,
  is_acknowledged boolean not null default false,
  primary key (rollout, host),
  foreign key (rollout, wave) references wave (rollout, number),
  unique (rollout, leaf_index),
  check (not (is_begun and state in ('ready', 'leased', 'skipped'))),
  check ((state = 'leased') <= (lease_until is not null)),
  check (verdict is null or state in ('done', 'noop'))
) with (fillfactor = 80);

-- Claims walk this in claim order, so their cost does not grow with what is done.
create index target_ready on target (rollout, wave, kind, leaf_index) where state = 'ready';
create index target_leased on target (lease_until) where state = 'leased';
create index target_talk on target (talk_until)
  where state in ('leased', 'permitted', 'applying', 'rebooting', 'verifying', 'unknown')
     or (state = 'held' and is_begun);
create index target_unjudged on target (rollout) where state in ('done', 'noop') and verdict is null;
create index target_host on target (host, rollout);
-- The second fence behind the slot row: never two jobs on one host, over all rollouts.
create unique index target_one_job on target (host)
  where state in ('leased', 'permitted', 'applying', 'rebooting', 'verifying', 'unknown')
     or (state = 'held' and is_begun);

create table host_slot (
  host text primary key references host,
  -- Null is free.
  rollout text references rollout,
  -- Rises with every order to this host: greatest(last + 1, milliseconds of this clock).
  counter bigint not null default 0 check (counter >= 0),
  is_quarantined boolean not null default false
) with (fillfactor = 80);

-- Every permit that was committed; only then is it signed.
create table job_permit (
  host text not null,
  counter bigint not null,
  rollout text not null,
  attempt integer not null,
  epoch bigint not null,
  kind text not null check (kind in ('apply', 'reboot', 'revert')),
  nonce text not null,
  ttl_seconds integer not null check (ttl_seconds between 1 and 3600),
  issued_at timestamptz not null default now(),
  primary key (host, counter),
  unique (host, nonce),
  foreign key (rollout, host) references target (rollout, host)
);
create index job_permit_target on job_permit (rollout, host);

-- Signed answers of hosts, the bytes as they came. Also those that changed nothing any more.
create table job_result (
  host text not null references host,
  counter bigint not null,
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  plan text not null,
  attempt integer not null,
  kind text not null,
  state text not null,
  code text not null,
  way text not null,
  document text not null,
  signature text not null,
  -- The key line it was verified with.
  signed_by text not null,
  is_applied boolean not null,
  received_at timestamptz not null default now(),
  primary key (host, digest)
);
create index job_result_plan on job_result (plan, host);

-- What each host was told to believe when it was enrolled; the newest row counts.
create table host_enrolment (
  host text not null references host,
  policy_version integer not null check (policy_version >= 1),
  way text not null check (way in ('piped', 'installed')),
  ring text not null,
  -- Null where the policy was never here: an installed host got it from its own people.
  policy_digest text check (policy_digest ~ '^[0-9a-f]{64}$'),
  -- The host's own public key, `<type> <base64>`.
  key_line text not null,
  enrolled_by text not null,
  enrolled_at timestamptz not null default now(),
  primary key (host, policy_version, enrolled_at)
);

-- What people said when they acted on a rollout. The ledger keeps digests of these words only.
create table rollout_word (
  id text primary key,
  rollout text not null references rollout,
  verb text not null,
  said_by text not null,
  words text not null check (length(words) between 1 and 2000),
  at timestamptz not null default now()
);
create index rollout_word_of on rollout_word (rollout, at);

-- A host whose word will never come is declared lost by two people.
create table lost_declaration (
  rollout text not null,
  host text not null,
  attempt integer not null,
  person text not null,
  at timestamptz not null default now(),
  primary key (rollout, host, attempt, person),
  foreign key (rollout, host) references target (rollout, host)
);

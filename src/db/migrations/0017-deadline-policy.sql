-- Policy files put in force over the API, each version kept; and deadlines with all their candidates.

create table policy_version (
  -- In the order in which they came into force.
  number integer generated always as identity primary key,
  kind text not null,
  -- SHA-256 of the exact text.
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  text text not null,
  applied_by text not null,
  applied_at timestamptz not null,
  -- In words; the ledger holds its digest only.
  reason text not null check (reason <> '')
);

create index policy_in_force on policy_version (kind, number desc);

create function policy_hint() returns trigger language plpgsql as $$
begin
  perform hint(array['policy', 'patches']);
  return null;
end
$$;
create trigger policy_hint after insert on policy_version
  for each statement execute function policy_hint();

-- Earlier deadlines were of one preset with four facts; they become the only candidate of their case.
update patch set deadline = jsonb_build_object(
  'at', deadline -> 'at',
  'preset', case when deadline ->> 'preset' = 'BOD 26-04' then 'bod-26-04'
                 else deadline ->> 'preset' end,
  'version', '2026-06-10/1.0.0',
  'rule', deadline -> 'rule',
  'period', '',
  'vulnerability', null,
  'inputs', jsonb_build_object(
    'kev', deadline -> 'inputs' -> 'isKnownExploited',
    'exposed', deadline -> 'inputs' -> 'isExposed',
    'automatable', deadline -> 'inputs' -> 'isAutomatable',
    'total', deadline -> 'inputs' -> 'isTotalImpact'),
  'assumed', (select coalesce(jsonb_agg(case a when 'isExposed' then 'exposed'
      when 'isAutomatable' then 'automatable' else 'total' end), '[]')
    from jsonb_array_elements_text(deadline -> 'assumed') as a),
  'needsForensicTriage', deadline -> 'needsForensicTriage',
  'clockStartedAt', deadline -> 'clockStartedAt',
  'startedBy', 'detection',
  'isStartAssumed', false,
  'exposure', 'unknown',
  'pause', null,
  'note', null,
  'candidates', '[]'::jsonb,
  'policy', null)
 where not deadline ? 'candidates';

-- What lists of many hosts need of each host's facts, without reading the facts.
alter table host
  add column kernel_running text
    generated always as (nullif(facts ->> 'kernelRunning', '')) stored,
  -- Keep in step with `rebootState` in src/inventory/host-states.ts; a test compares them.
  add column reboot_tone text not null
    generated always as (case
      when facts is null then 'unknown'
      when coalesce((facts #>> '{reboot,isNeeded}')::boolean, false) then 'attention'
      when facts -> 'restarts' <> '[]'::jsonb then 'attention'
      when facts -> 'notes' ?
        'inspected without root: which processes still run replaced code is not known'
        then 'unknown'
      else 'good'
    end) stored;

-- One row for each transaction that changed what is known of vulnerabilities or of who is touched by
-- them. A reader that sees the same rows sees the same knowledge, whatever order transactions commit
-- in, so what a server derived from it can be kept exactly as long as it holds.
create table intel_change (tx xid8 primary key default pg_current_xact_id());

create function intel_note_change() returns trigger language plpgsql as $$
begin
  insert into intel_change default values on conflict do nothing;
  if found then
    -- Old rows are of no use; those that somebody else is taking away are left to them.
    delete from intel_change where tx in (
      select tx from intel_change order by tx desc offset 100 for update skip locked);
  end if;
  return null;
end
$$;

create trigger finding_pair_noted after insert or update or delete on finding_pair
  for each statement execute function intel_note_change();
create trigger package_noted after insert or update or delete on package
  for each statement execute function intel_note_change();
create trigger package_match_noted after insert or update or delete on package_match
  for each statement execute function intel_note_change();
create trigger kev_noted after insert or update or delete on kev
  for each statement execute function intel_note_change();
create trigger epss_noted after insert or update or delete on epss
  for each statement execute function intel_note_change();
create trigger ssvc_noted after insert or update or delete on ssvc
  for each statement execute function intel_note_change();
create trigger vulnerability_text_noted after insert or update or delete on vulnerability_text
  for each statement execute function intel_note_change();

-- The page of records shows at once what another person placed, asked for or agreed to.
create function records_hint() returns trigger language plpgsql as $$
begin
  perform hint(array['records']);
  return null;
end
$$;
create trigger legal_hold_hint after insert or update on legal_hold
  for each statement execute function records_hint();
create trigger ledger_retention_hint after update on ledger_retention
  for each statement execute function records_hint();
create trigger ledger_pruned_hint after insert on ledger_pruned
  for each statement execute function records_hint();
create trigger subject_erasure_hint after insert or update on subject_erasure
  for each statement execute function records_hint();

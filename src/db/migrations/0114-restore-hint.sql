-- The pages of everybody show at once that an older database was put back, who signed, and that it is over.
create function restore_hint() returns trigger language plpgsql as $$
begin
  perform hint(array['restore']);
  return null;
end
$$;
create trigger restore_hint after insert or update on ledger_restore
  for each statement execute function restore_hint();
create trigger restore_signature_hint after insert on ledger_restore_signature
  for each statement execute function restore_hint();

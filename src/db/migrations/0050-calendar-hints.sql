-- Hints for what is planned: freezes, imported calendars, and addresses under which ours are had.
create function calendar_hint() returns trigger language plpgsql as $$
begin
  perform hint(array(select 'calendar' where exists (
    select from added
     where split_part(object, ':', 1) in ('freeze', 'calendar', 'calendar-feed'))));
  return null;
end
$$;
create trigger calendar_hint after insert on event
  referencing new table as added for each statement execute function calendar_hint();

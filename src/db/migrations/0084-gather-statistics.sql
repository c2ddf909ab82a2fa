-- Statistics of all tables, at once. Only the owner of a table may gather them, and the server works as
-- another role; after a large import it must not wait for the next round of autovacuum.
create function gather_statistics() returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  analyze;
end
$$;

-- A server's session makes the plan of each statement for its values (decision 43). What a trigger asks is the
-- same for every row: planned once a session, as the plan for each row took ten times what the row did.
do $$
declare
  one regprocedure;
begin
  for one in
    select p.oid::regprocedure from pg_proc p join pg_language l on l.oid = p.prolang
     where l.lanname = 'plpgsql' and p.pronamespace = current_schema()::regnamespace
       and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
  loop
    execute format('alter function %s set plan_cache_mode = auto', one);
  end loop;
end
$$;

-- What each transaction changed, so that a server that knows the rest reads only that anew. A change
-- of another table than those below is noted as a change of everything.
alter table intel_change
  add column is_all boolean not null default false,
  add column at timestamptz not null default clock_timestamp();
update intel_change set is_all = true;

-- Changed sources of findings, packages and facts; `*` is all of the kind.
create table intel_change_of (
  tx xid8 not null,
  kind text not null check (kind in ('source', 'package', 'fact')),
  key text not null,
  primary key (tx, kind, key)
);

-- A transaction that began before others may end after them, so what is young stays: a server that
-- looked a while ago reads everything anew (see `src/intel/store-knowledge-change.ts`).
create function intel_note_transaction(whole boolean) returns void language plpgsql as $$
begin
  insert into intel_change (is_all) values (whole)
  on conflict (tx) do update set is_all = true where whole and not intel_change.is_all;
  if found then
    delete from intel_change where tx in (
      select tx from (select tx, at from intel_change order by tx desc offset 100) old
       where at < now() - interval '15 minutes' for update skip locked);
    delete from intel_change_of where tx < (select min(tx) from intel_change);
  end if;
end
$$;

create or replace function intel_note_change() returns trigger language plpgsql as $$
begin
  perform intel_note_transaction(true);
  return null;
end
$$;

create function intel_note_keys(about text, keys text[]) returns void language plpgsql as $$
begin
  if coalesce(cardinality(keys), 0) = 0 then return; end if;
  perform intel_note_transaction(false);
  if cardinality(keys) > 1000 then keys := array['*']; end if;
  insert into intel_change_of select pg_current_xact_id(), about, unnest(keys)
  on conflict do nothing;
end
$$;

create function intel_note_sources() returns trigger language plpgsql as $$
begin
  perform intel_note_keys('source', (select array_agg(distinct source) from changed));
  return null;
end
$$;

create function intel_note_packages() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'package' then
    perform intel_note_keys('package', (select array_agg(distinct id::text) from changed));
  else
    perform intel_note_keys('package', (select array_agg(distinct package_id::text) from changed));
  end if;
  return null;
end
$$;

create function intel_note_facts() returns trigger language plpgsql as $$
begin
  perform intel_note_keys('fact', (select array_agg(distinct id) from changed));
  return null;
end
$$;

create function intel_note_all_facts() returns trigger language plpgsql as $$
begin
  perform intel_note_keys('fact', array['*']);
  return null;
end
$$;

do $$
declare
  of record;
begin
  for of in select * from (values
      ('finding_pair', 'finding_pair_noted', 'intel_note_sources'),
      ('package', 'package_noted', 'intel_note_packages'),
      ('package_match', 'package_match_noted', 'intel_note_packages'),
      ('kev', 'kev_noted', 'intel_note_facts'),
      ('ssvc', 'ssvc_noted', 'intel_note_facts'),
      ('vulnerability_text', 'vulnerability_text_noted', 'intel_note_facts')
    ) as t (name, trigger, function) loop
    execute format('drop trigger %I on %I', of.trigger, of.name);
    execute format('create trigger %I after insert on %I referencing new table as changed
      for each statement execute function %I()', of.trigger || '_new', of.name, of.function);
    execute format('create trigger %I after update on %I referencing new table as changed
      for each statement execute function %I()', of.trigger || '_now', of.name, of.function);
    execute format('create trigger %I after delete on %I referencing old table as changed
      for each statement execute function %I()', of.trigger || '_old', of.name, of.function);
  end loop;
end
$$;

-- A finding that is now another source's is gone from the one that it was of.
create trigger finding_pair_noted_was after update on finding_pair referencing old table as changed
  for each statement execute function intel_note_sources();

drop trigger epss_block_noted on epss_block;
create trigger epss_block_noted after insert or update or delete on epss_block
  for each statement execute function intel_note_all_facts();

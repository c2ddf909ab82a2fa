-- A triage session that was closed never changes again, whoever writes to the database; what people
-- said in one is only ever added to. And hints for decisions about support and VEX.

create function triage_refuse_closed() returns trigger language plpgsql as $$
declare
  of text := case when tg_op = 'DELETE' then old.session else new.session end;
begin
  if exists (select from triage_session where id = of and state <> 'open') then
    raise exception 'the triage session % is closed', of using errcode = 'insufficient_privilege';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end
$$;
create trigger triage_item_closed before insert or update or delete on triage_item
  for each row execute function triage_refuse_closed();
create trigger triage_participant_closed before insert or update or delete on triage_participant
  for each row execute function triage_refuse_closed();
create trigger triage_vote_closed before insert or update or delete on triage_vote
  for each row execute function triage_refuse_closed();
create trigger triage_note_closed before insert or update or delete on triage_note
  for each row execute function triage_refuse_closed();

create function triage_refuse_change() returns trigger language plpgsql as $$
begin
  if old.state <> 'open' then
    raise exception 'the triage session % is closed', old.id using errcode = 'insufficient_privilege';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end
$$;
create trigger triage_session_closed before update or delete on triage_session
  for each row execute function triage_refuse_change();

create function triage_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'the table % is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
create trigger triage_vote_append_only before update or delete on triage_vote
  for each row execute function triage_append_only();
create trigger triage_note_append_only before update or delete on triage_note
  for each row execute function triage_append_only();

create function decision_hint_more() returns trigger language plpgsql as $$
begin
  perform hint(array(
    select distinct topic from added e, lateral unnest(case split_part(e.object, ':', 1)
      when 'support' then array['hosts']
      when 'vex' then array['feeds', 'findings']
      else '{}'::text[] end) as topic
     where topic is not null order by topic));
  return null;
end
$$;
create trigger decision_hint_more after insert on event
  referencing new table as added for each statement execute function decision_hint_more();

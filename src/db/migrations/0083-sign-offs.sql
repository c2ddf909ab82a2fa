-- "This may go on", said by people whom the ownership map names, before a wave opens. Which parts are
-- asked for stands in the change's assessment, as it was when the plan was asked for.
create table sign_off (
  change text not null references change (id),
  plan text not null references plan (digest),
  role text not null check (role in ('qa', 'team', 'application')),
  -- The rule of the ownership map, or the service for which no rule names anybody.
  part_of text not null,
  person text not null references subject (id),
  words text not null check (length(words) between 1 and 4000),
  at timestamptz not null,
  -- One person stands for one part, whatever the map says.
  primary key (change, plan, person)
);
create trigger sign_off_append_only before update or delete on sign_off
  for each row execute function approval_refuse_change();

-- Whoever was disabled signed nothing off, and who asked for the change never does.
create view live_sign_off as
  select s.* from sign_off s
    join change c on c.id = s.change and c.requester_person <> s.person
   where not exists (select from subject p where p.id = s.person and p.disabled_at is not null);

-- Parts of the present plan that nobody has signed, with the handles of who can.
create view missing_sign_off as
  select c.id as change, c.plan, (part ->> 'before')::integer as before, part ->> 'role' as role,
         part ->> 'of' as part_of, part -> 'members' as members,
         coalesce((select jsonb_agg(p.handle order by p.handle) from subject p
                    where part -> 'members' ? p.id and p.disabled_at is null
                      and p.id <> c.requester_person
                      and not exists (select from sign_off s where s.change = c.id
                                         and s.plan = c.plan and s.person = p.id)), '[]') as able
    from change c
    cross join lateral jsonb_array_elements(coalesce(c.assessment -> 'signOffs', '[]')) as part
   where not exists (select from live_sign_off s
                      where s.change = c.id and s.plan = c.plan
                        and s.role = part ->> 'role' and s.part_of = part ->> 'of');

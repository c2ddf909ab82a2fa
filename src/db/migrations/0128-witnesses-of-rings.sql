-- How many witnesses a ring's work waits for, and which of them count for it (decision 0046).

-- Whose hands a witness is in: a team, a company, a site. Null: nobody said.
alter table ledger_witness add column operator text
  check (operator ~ '^[a-z0-9][a-z0-9.-]{0,62}$');

-- A ring without a row has the quorum of all; with one it has both.
create table ledger_ring_quorum (
  ring text primary key check (length(ring) between 1 and 63),
  need integer not null check (need between 1 and 8),
  -- Who runs the ring's hosts: their witnesses do not count for it.
  operator text check (operator ~ '^[a-z0-9][a-z0-9.-]{0,62}$')
);

-- Where witnesses are: the ring of the host that one is, as it was enrolled last; null for one elsewhere.
create view witness_place as
  select w.name, w.host, w.operator, w.removed_at, w.contradicts_at, e.ring
    from ledger_witness w
    left join lateral (select ring from host_enrolment e where e.host = w.host
                        order by e.enrolled_at desc, e.policy_version desc limit 1) e on true;

-- A witness of the ring itself counts not for it, nor one of the ring's operator, nor, where the ring names
-- its operator, one of whom nobody said whose it is.
create function witness_counts_for(of_place witness_place, of_rule ledger_ring_quorum)
returns boolean language sql immutable as $$
  select of_place.removed_at is null and of_place.contradicts_at is null
     and of_place.ring is distinct from of_rule.ring
     and coalesce(of_place.operator <> of_rule.operator, of_rule.operator is null)
$$;

-- How many signed one head for a ring; all that one operator has count once.
create function ring_cosigners(of_rule ledger_ring_quorum, of_size bigint)
returns bigint language sql stable as $$
  select count(distinct coalesce('of ' || v.operator, v.name))
    from ledger_cosignature c join witness_place v on v.name = c.witness
   where c.size = of_size and witness_counts_for(v, of_rule)
$$;

-- The newest head beyond an entry that enough signed for a ring. So many heads are looked at as a few hours
-- of a log with much to sign have.
create function ring_cosigned_size(of_rule ledger_ring_quorum, beyond bigint)
returns bigint language sql stable as $$
  select p.size
    from (select size from ledger_proposal where size > beyond order by size desc limit 256) p
   where ring_cosigners(of_rule, p.size) >= (of_rule).need
   order by p.size desc limit 1
$$;

-- What a ring's work still waits for: {"have": n, "need": n}; null where it has what its rule asks for.
-- In plpgsql, so that rings without a rule cost a look at a small table and no planning.
create function ring_witness_gap(of_ring text, of_change text, of_plan text)
returns jsonb language plpgsql stable as $$
declare
  rule ledger_ring_quorum;
  entry bigint;
  have bigint;
begin
  select * into rule from ledger_ring_quorum q where q.ring = of_ring;
  if not found then return null; end if;
  select max(i.index) into entry from integrated_approval i
   where i.change = of_change and i.plan = of_plan;
  if entry is null then return jsonb_build_object('have', 0, 'need', rule.need); end if;
  if ring_cosigned_size(rule, entry) is not null then return null; end if;
  select coalesce(max(ring_cosigners(rule, p.size)), 0) into have
    from (select size from ledger_proposal where size > entry order by size desc limit 4) p;
  return jsonb_build_object('have', have, 'need', rule.need);
end $$;

-- A host of a ring with a rule waits for heads that its rule takes; it never counts itself, as it is of
-- the ring.
create or replace view host_waits_for_witnesses as
  select w.host
    from ledger_witness w, ledger_quorum q
   where w.host is not null and q.need > 0
     and not exists (
       select from ledger_proposal p
        where p.size >= greatest(w.size, coalesce((select size from cosigned_head), 0))
          and (select count(*) from counted_cosignature c
                where c.size = p.size and c.host is distinct from w.host) >= q.need)
  union
  select v.host
    from witness_place v
    join ledger_ring_quorum r on r.ring = v.ring
    join ledger_witness w on w.name = v.name
   where v.host is not null and ring_cosigned_size(r, greatest(w.size, 1) - 1) is null;

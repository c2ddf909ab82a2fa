-- Witnesses of the log (host protocol §12.3): who cosigns its heads, and what they signed.

create table ledger_witness (
  -- As the policies of hosts name it; a host's is its id on documents.
  name text primary key check (name ~ '^[a-z0-9][a-z0-9.-]{0,62}$'),
  -- A host of this fleet, or null for one elsewhere, which is asked at its address (C2SP tlog-witness).
  host text unique references host,
  url text check (length(url) <= 500),
  check ((host is null) <> (url is null)),
  -- `<type> <base64>` of the key whose signatures hosts check.
  key_line text not null,
  -- The C2SP verifier key of one elsewhere.
  note_key text,
  added_by text not null,
  added_at timestamptz not null,
  removed_at timestamptz,
  -- The newest head that it is known to have seen; the root in hex.
  size bigint not null default 0 check (size >= 0),
  root text not null default '',
  -- Set once it holds a head that this log never had.
  contradicts_at timestamptz,
  problem text check (length(problem) <= 300),
  tries integer not null default 0,
  next_at timestamptz not null
);

-- Heads that witnesses are asked about, one after the other, so that all of them sign the same ones.
create table ledger_proposal (
  size bigint primary key check (size > 0),
  -- Hex, as hosts write it.
  root text not null check (root ~ '^[0-9a-f]{64}$'),
  at timestamptz not null
);
create trigger ledger_proposal_append_only before update or delete on ledger_proposal
  for each row execute function ledger_refuse_change();

create table ledger_cosignature (
  size bigint not null references ledger_proposal,
  witness text not null references ledger_witness,
  -- SSHSIG over the head's body, namespace fettle-cosign-v1, as hosts check it.
  signature text not null,
  -- The line of a C2SP signed note, of witnesses elsewhere.
  note_line text,
  at timestamptz not null,
  primary key (size, witness)
);
create trigger ledger_cosignature_append_only before update or delete on ledger_cosignature
  for each row execute function ledger_refuse_change();

-- How many witnesses must have signed a head before what it covers starts work; 0: none.
create table ledger_quorum (
  is_only boolean primary key default true check (is_only),
  need integer not null check (need between 0 and 8)
);
insert into ledger_quorum (need) values (0);

-- Who signed which head and still counts.
create view counted_cosignature as
  select c.size, c.witness, w.host, c.signature
    from ledger_cosignature c join ledger_witness w on w.name = c.witness
   where w.removed_at is null and w.contradicts_at is null;

-- The newest head that enough witnesses signed; no row while there is none.
create view cosigned_head as
  select p.size, p.root
    from ledger_proposal p, ledger_quorum q
   where (select count(*) from counted_cosignature c where c.size = p.size) >= greatest(q.need, 1)
   order by p.size desc limit 1;

-- A witness is none for itself, and one that has seen a newer head takes no older one: such a host waits
-- until others have signed a head that fits it.
create view host_waits_for_witnesses as
  select w.host
    from ledger_witness w, ledger_quorum q
   where w.host is not null and q.need > 0
     and not exists (
       select from ledger_proposal p
        where p.size >= greatest(w.size, coalesce((select size from cosigned_head), 0))
          and (select count(*) from counted_cosignature c
                where c.size = p.size and c.host is distinct from w.host) >= q.need);

-- A change whose complete approval has its place below a signed head, which as many witnesses signed as
-- the quorum says (host protocol §12.4).
create or replace view integrated_approval as
  select e.change, e.plan, l.index
    from event e
    join ledger_entry l on l.event = e.id
    join ledger_head h on l.index < h.size
   where e.approved is not null
     and ((select need from ledger_quorum) = 0 or l.index < (select size from cosigned_head));

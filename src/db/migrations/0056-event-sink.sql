-- How far each receiver of events is (src/watch). The receivers themselves stand in the configuration;
-- a row outlives one that was taken out, so that it goes on where it was when it comes back.
create table event_sink (
  name text primary key,
  -- Index of the ledger's entry that is looked at next.
  next bigint not null,
  sent bigint not null default 0,
  refused bigint not null default 0,
  sent_at timestamptz,
  problem text,
  problem_since timestamptz,
  -- The server that hands over now, until when; others wait.
  owner text,
  owner_until timestamptz
);

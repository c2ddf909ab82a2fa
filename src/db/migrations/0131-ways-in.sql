-- Who else may become root on a host, as its own program found and signed it (host protocol §9): the newest
-- report of each. Text and signature are kept as they came, so that anybody can verify them elsewhere.
create table host_ways_in (
  host text primary key references host,
  at timestamptz not null,
  text text not null check (octet_length(text) <= 32768),
  signature text check (octet_length(signature) <= 8192),
  proof text not null check (proof in ('signed', 'unsigned', 'wrong')),
  problem text check (length(problem) <= 300),
  -- [{"kind", "what"}]
  found jsonb not null,
  -- Since when it says the same.
  since timestamptz not null
);

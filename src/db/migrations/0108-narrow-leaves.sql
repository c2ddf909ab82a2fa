-- A plan of a million hosts writes a million leaves, and each byte of one is written to the table, to the
-- write-ahead log and, where an index holds it, twice more.

-- 32 bytes, not 64 digits that a pattern has to look at.
alter table plan_leaf
  drop constraint plan_leaf_digest_check,
  alter column digest type bytea using decode(digest, 'hex');
alter table plan_leaf add constraint plan_leaf_digest_check check (octet_length(digest) = 32);

-- A host once in a plan, and the plans of a host. Sixteen digits tell the plans of one host apart as well
-- as sixty-four do; if ever they did not, the second plan would be refused.
alter table plan_leaf drop constraint plan_leaf_host_plan_key;
create unique index plan_leaf_of_host on plan_leaf (host, left(plan, 16));

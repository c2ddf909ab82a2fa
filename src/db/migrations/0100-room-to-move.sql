-- All hosts of a page are claimed, permitted and done within the same moments. With room for one more
-- version of each, the move after the claim stays in its page and writes no index. Holds for pages that
-- are written from now on.
alter table target set (fillfactor = 50);
alter table host_slot set (fillfactor = 50);

-- Permits are looked for by host: those of a rollout that may still start are of the few jobs under way.
drop index job_permit_target;

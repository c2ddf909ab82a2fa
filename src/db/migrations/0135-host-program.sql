-- Which host program stands on a host, as its last inspection said: version and digest. Of its own beside
-- the facts, as the list of all agents asks for it and the facts of a host are long.
alter table host add column program jsonb generated always as (facts -> 'program') stored;

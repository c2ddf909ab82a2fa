-- A ring may come in several waves: which of its hosts a wave is. Waves of before are whole rings.
alter table plan_wave add column part jsonb not null default '{"kind": "ring"}';

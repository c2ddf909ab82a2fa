-- Whether anybody asked for a rollout's next look: its time is another one than the engine chose itself,
-- only because time passes. Where more looks are due than can be made, those that were asked for come first.
alter table rollout add column timed_look_at timestamptz;

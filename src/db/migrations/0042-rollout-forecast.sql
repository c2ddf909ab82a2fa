-- What was forecast when a rollout began, kept so that it can be told beside what came of it.
create table rollout_forecast (
  rollout text primary key references rollout,
  -- When each wave starts and ends, in the middle and nine times in ten; and on what that rested.
  forecast jsonb not null,
  made_at timestamptz not null
);

-- What is halted goes on when two people say so: one who may operate all of it asks, and somebody else who
-- may approve agrees. `scope` as in halt_control, with `rollout:ID` for one rollout.
create table resume_ask (
  scope text primary key check (length(scope) between 1 and 200),
  asked_by text not null references subject (id),
  -- The person behind whoever asked.
  person text not null references subject (id),
  words text not null check (length(words) between 1 and 1000),
  asked_at timestamptz not null default now()
);

-- What people did to tasks and briefs: done in steps of bounded transactions, shown while it goes on, undone where it can be.

-- The limit of attempts counts from here: how many there were when people had the task run anew.
alter table tasks add column attempts_before bigint not null default 0;

-- When the worker of a cancelled attempt was heard from without it: from then on nothing of it runs.
alter table attempts add column released_at bigint;
update attempts set released_at = finished_at where state = 'cancelled';
create index attempts_stopping on attempts (worker_id) where state = 'cancelled' and released_at is null;

-- A brief whose deletion has begun: it is gone for everybody, and its rows follow in the background.
alter table briefs add column deleted_at bigint;
alter table families add column deleted_at bigint;

create table actions (
  id text primary key,
  owner_id text not null references accounts (id),
  verb text not null,
  -- Plain texts: what an action names may be deleted, by the action itself among others.
  brief_id text,
  family_id text,
  undoes text,
  title text not null,
  filter text,
  priority bigint,
  total bigint,
  done bigint not null default 0 check (done >= 0),
  refused bigint not null default 0 check (refused >= 0),
  stopped bigint not null default 0 check (stopped >= 0),
  -- Where the next step begins.
  position text,
  -- What the brief was before.
  before_state text,
  undone_by text,
  runner text,
  runner_until bigint not null default 0,
  created_at bigint not null,
  finished_at bigint
);
create index actions_open on actions (id) where finished_at is null;
create index actions_by_finish on actions (finished_at, id) where finished_at is not null;

-- The tasks of an action. "before" is what an undo restores, as JSON.
create table action_items (
  action_id text not null references actions (id),
  task_id text not null,
  outcome text not null check (outcome in ('waiting', 'done', 'refused')),
  reason text,
  before text,
  primary key (action_id, task_id)
) without rowid;

-- Results are checked by running them again elsewhere: audits, what they say of a result, and what that says of its worker.

-- How much of a campaign is audited, as JSON; null is nothing, for machines of one's own. A family has its brief's policy.
alter table briefs add column verification text;
alter table families add column verification text;

-- An audit is one more attempt of a completed task. The task's own "attempt" stays that of its result, so that the next
-- attempt has the number attempt + audits + 1.
alter table tasks add column audits bigint not null default 0 check (audits >= 0 and (audits = 0 or state = 'completed'));
alter table attempts add column purpose text not null default 'run' check (purpose in ('run', 'audit'));
alter table attempts add column verification text check (verification in ('unverified', 'verified', 'vested', 'refuted', 'set_aside'));
-- What a worker did that no audit has looked at: its pay can be taken back, or no longer.
create index attempts_unverified on attempts (worker_id, task_id, attempt) where verification = 'unverified';
create index attempts_vested on attempts (worker_id, task_id, attempt) where verification = 'vested';

create table audits (
  task_id text not null references tasks (id),
  number bigint not null check (number > 0),
  -- The attempt whose result is audited, its worker, that worker's owner, and the class of machine that can repeat it.
  audited_attempt bigint not null,
  family_id text not null,
  worker_id text not null,
  owner_id text not null,
  machine_class text not null,
  -- The attempt that runs it, once one does.
  attempt bigint,
  state text not null check (state in ('waiting', 'running', 'agreed', 'disagreed', 'void')),
  created_at bigint not null,
  ended_at bigint,
  check ((state in ('waiting', 'running')) = (ended_at is null)),
  check (state = 'void' or (state = 'waiting') = (attempt is null)),
  primary key (task_id, number)
) without rowid;
create index audits_waiting on audits (machine_class, owner_id, created_at, task_id, number) where state = 'waiting';
create index audits_open on audits (family_id, task_id, number) where ended_at is null;

alter table workers add column standing text not null default 'probation' check (standing in ('probation', 'trusted', 'quarantined'));
alter table workers add column standing_reason text;
-- 1 while results of a quarantined worker may still have to be set aside.
alter table workers add column quarantine_open bigint not null default 0 check (quarantine_open = 0 or standing = 'quarantined');
create index workers_to_set_aside on workers (id) where quarantine_open = 1;

-- What a worker did for an experiment in families whose results are audited. What there was when a quarantine was lifted
-- counts no longer for its standing and its audit rate: the columns that end in "before".
create table reputations (
  worker_id text not null references workers (id),
  experiment text not null,
  completed bigint not null default 0 check (completed >= 0),
  verified bigint not null default 0 check (verified >= 0),
  refuted bigint not null default 0 check (refuted >= 0),
  lost bigint not null default 0 check (lost >= 0),
  failed bigint not null default 0 check (failed >= 0),
  set_aside bigint not null default 0 check (set_aside >= 0),
  completed_before bigint not null default 0 check (completed_before >= 0),
  verified_before bigint not null default 0 check (verified_before >= 0),
  refuted_before bigint not null default 0 check (refuted_before >= 0),
  primary key (worker_id, experiment)
) without rowid;

-- Two more kinds of event. A check cannot be changed, so the kinds move to a new column.
alter table events add column kind_now text not null default 'brief_finished' check (kind_now in ('brief_finished', 'brief_stuck', 'budget_nearly_spent', 'new_best', 'worker_gone', 'result_refuted', 'worker_quarantined'));
update events set kind_now = kind;
drop index events_by_kind;
drop index events_by_brief;
alter table events drop column kind;
alter table events rename column kind_now to kind;
create index events_by_kind on events (kind, id);
create index events_by_brief on events (brief_id, kind, id) where brief_id is not null;

-- Briefs by state, kept like the counts of tasks. A family has its brief's state, so that they count families too.
alter table totals add column briefs_draft bigint not null default 0;
alter table totals add column briefs_running bigint not null default 0;
alter table totals add column briefs_paused bigint not null default 0;
alter table totals add column briefs_completed bigint not null default 0;
alter table totals add column briefs_failed bigint not null default 0;
alter table totals add column briefs_cancelled bigint not null default 0;
insert into totals (shard, briefs_draft, briefs_running, briefs_paused, briefs_completed, briefs_failed, briefs_cancelled)
select 0,
  sum(case when state = 'draft' then 1 else 0 end), sum(case when state = 'running' then 1 else 0 end),
  sum(case when state = 'paused' then 1 else 0 end), sum(case when state = 'completed' then 1 else 0 end),
  sum(case when state = 'failed' then 1 else 0 end), sum(case when state = 'cancelled' then 1 else 0 end)
from briefs where true having count(*) > 0
on conflict (shard) do update set
  briefs_draft = excluded.briefs_draft, briefs_running = excluded.briefs_running, briefs_paused = excluded.briefs_paused,
  briefs_completed = excluded.briefs_completed, briefs_failed = excluded.briefs_failed, briefs_cancelled = excluded.briefs_cancelled;

-- What ended in each minute (epoch milliseconds / 60,000), over shards like the totals. Kept for a day.
create table activity (
  minute bigint not null,
  shard bigint not null,
  completed bigint not null default 0,
  failed bigint not null default 0,
  earned_microcredits bigint not null default 0,
  primary key (minute, shard)
) without rowid;

-- How busy each worker was in each minute: the mean of its heartbeats. Kept for a day.
create table worker_minutes (
  worker_id text not null references workers (id),
  minute bigint not null,
  beats bigint not null check (beats > 0),
  busy bigint not null check (busy >= 0),
  cpu_percent double precision,
  ram_used_gb double precision,
  gpu_percent double precision,
  primary key (worker_id, minute)
) without rowid;
create index worker_minutes_by_minute on worker_minutes (minute, worker_id);

create index attempts_by_worker on attempts (worker_id, started_at);
alter table workers add column lost bigint not null default 0;
update workers set lost = (select count(*) from attempts where attempts.worker_id = workers.id and attempts.state = 'lost');

create index briefs_by_experiment on briefs (experiment, id);

-- Nearly every entry is a result's and has the treasury on one side: only what tells entries apart is indexed.
create index entries_by_brief on entries (brief_id, id) where brief_id is not null;
create index entries_by_credit on entries (credit_account, id) where credit_account <> 'treasury';
create index entries_by_debit on entries (debit_account, id) where debit_account <> 'treasury';
create index entries_by_kind on entries (kind, id) where kind <> 'result';

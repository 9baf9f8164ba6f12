-- What store/migrations make of an empty database. Written by "npm run schema"; do not edit.

CREATE TABLE accounts (
  id text primary key,
  kind text not null check (kind in ('person', 'worker', 'hold', 'treasury')),
  name text not null,
  balance_microcredits bigint not null default 0,
  created_at bigint not null, issues bigint not null default 0 check (issues = 1 or balance_microcredits >= 0),
  check (kind = 'treasury' or balance_microcredits >= 0)
);

CREATE UNIQUE INDEX accounts_of_people on accounts (name) where kind = 'person';

CREATE TABLE action_items (
  action_id text not null references actions (id),
  task_id text not null,
  outcome text not null check (outcome in ('waiting', 'done', 'refused')),
  reason text,
  before text,
  primary key (action_id, task_id)
) without rowid;

CREATE TABLE actions (
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

CREATE INDEX actions_by_finish on actions (finished_at, id) where finished_at is not null;

CREATE INDEX actions_open on actions (id) where finished_at is null;

CREATE TABLE activity (
  minute bigint not null,
  shard bigint not null,
  completed bigint not null default 0,
  failed bigint not null default 0,
  earned_microcredits bigint not null default 0,
  primary key (minute, shard)
) without rowid;

CREATE TABLE attempts (
  task_id text not null references tasks (id),
  attempt bigint not null check (attempt > 0),
  worker_id text not null references workers (id),
  lease_token text not null,
  state text not null check (state in ('running', 'completed', 'failed', 'lost', 'cancelled')),
  lease_expires_at bigint not null,
  deadline_at bigint not null,
  result text,
  metrics text,
  error text,
  started_at bigint not null,
  finished_at bigint,
  log_characters bigint not null default 0,
  log_chunks bigint not null default 0, released_at bigint, log_line_feeds bigint not null default 0, purpose text not null default 'run' check (purpose in ('run', 'audit')), verification text check (verification in ('unverified', 'verified', 'vested', 'refuted', 'set_aside')), pay_open bigint not null default 0 check (pay_open = 0 or (pay_open = 1 and coalesce(verification, '') in ('unverified', 'verified'))),
  check (lease_expires_at <= deadline_at),
  primary key (task_id, attempt)
) without rowid;

CREATE INDEX attempts_by_worker on attempts (worker_id, started_at);

CREATE INDEX attempts_confirming on attempts (worker_id, task_id, attempt) where verification = 'verified' and purpose = 'audit';

CREATE INDEX attempts_pay_open on attempts (worker_id, task_id, attempt) where pay_open = 1;

CREATE INDEX attempts_running_by_expiry on attempts (lease_expires_at) where state = 'running';

CREATE INDEX attempts_running_by_worker on attempts (worker_id) where state = 'running';

CREATE INDEX attempts_stopping on attempts (worker_id) where state = 'cancelled' and released_at is null;

CREATE INDEX attempts_vested on attempts (worker_id, task_id, attempt) where verification = 'vested';

CREATE TABLE audits (
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

CREATE INDEX audits_open on audits (family_id, task_id, number) where ended_at is null;

CREATE INDEX audits_waiting on audits (machine_class, owner_id, created_at, task_id, number) where state = 'waiting';

CREATE TABLE briefs (
  id text primary key,
  owner_id text not null references accounts (id),
  family_id text not null unique,
  title text not null,
  goal text not null,
  experiment text not null,
  strategy text not null,
  space text not null,
  num_tasks bigint not null check (num_tasks > 0),
  replicates bigint not null check (replicates > 0),
  time_budget_seconds double precision not null check (time_budget_seconds > 0),
  budget_microcredits bigint not null check (budget_microcredits >= 0),
  spent_microcredits bigint not null default 0 check (spent_microcredits >= 0 and spent_microcredits <= budget_microcredits),
  hardware_profile text not null,
  requires text not null,
  priority bigint not null,
  created_at bigint not null,
  launched_at bigint,
  finished_at bigint
, deleted_at bigint, state text not null default 'draft' check (state in ('draft', 'running', 'paused', 'exhausted', 'completed', 'failed', 'cancelled')), run_price_microcredits bigint not null default 1 check (run_price_microcredits > 0), run_fee_microcredits bigint not null default 0 check (run_fee_microcredits >= 0), verification text);

CREATE INDEX briefs_by_experiment on briefs (experiment, id);

CREATE INDEX briefs_by_owner on briefs (owner_id, id);

CREATE INDEX briefs_by_short_id on briefs (substr(id, 10));

CREATE INDEX briefs_by_state on briefs (state, id);

CREATE INDEX briefs_by_title on briefs (title);

CREATE TABLE checkpoints (
  size bigint primary key check (size > 0),
  root text not null check (length(root) = 44),
  at bigint not null,
  previous bigint not null unique check (previous >= 0 and previous < size),
  key_id text not null references ledger_keys (id),
  signature text not null check (length(signature) = 88)
);

CREATE TABLE deliveries (
  id text primary key,
  webhook_id text not null,
  kind text not null,
  payload text not null,
  state text not null check (state in ('waiting', 'delivered', 'failed')),
  tries bigint not null default 0 check (tries >= 0),
  next_try_at bigint not null,
  last_status bigint,
  last_error text,
  created_at bigint not null,
  ended_at bigint,
  check ((state = 'waiting') = (ended_at is null))
);

CREATE INDEX deliveries_by_webhook on deliveries (webhook_id, id);

CREATE INDEX deliveries_due on deliveries (next_try_at, id) where state = 'waiting';

CREATE TABLE entries (
  id text primary key,
  at bigint not null,
  kind text not null,
  debit_account text not null references accounts (id),
  credit_account text not null references accounts (id),
  amount_microcredits bigint not null check (amount_microcredits > 0),
  brief_id text,
  task_id text,
  cause text not null unique, position bigint check (position >= 0),
  check (debit_account <> credit_account)
) without rowid;

CREATE INDEX entries_by_brief on entries (brief_id, id) where brief_id is not null;

CREATE INDEX entries_by_credit on entries (credit_account, id);

CREATE INDEX entries_by_debit on entries (debit_account, id) where kind not in ('result', 'fee');

CREATE INDEX entries_by_kind on entries (kind, id) where kind <> 'result';

CREATE UNIQUE INDEX entries_by_position on entries (position) where position is not null;

CREATE INDEX entries_issued_for_results on entries (id) where debit_account = 'treasury' and kind = 'result';

CREATE INDEX entries_unsealed on entries (id) where position is null;

CREATE TABLE entry_notes (
  entry_id text primary key references entries (id),
  note text not null,
  account_id text not null references accounts (id),
  created_at bigint not null
);

CREATE TABLE event_marks (
  account_id text primary key references accounts (id),
  read_up_to text not null
) without rowid;

CREATE TABLE events (
  id text primary key,
  at bigint not null,
  brief_id text,
  task_id text,
  worker_id text,
  subject text not null,
  detail text not null,
  cause text not null unique
, kind text not null default 'brief_finished' check (kind in ('brief_finished', 'brief_stuck', 'budget_nearly_spent', 'new_best', 'worker_gone', 'result_refuted', 'worker_quarantined'))) without rowid;

CREATE INDEX events_by_brief on events (brief_id, kind, id) where brief_id is not null;

CREATE INDEX events_by_kind on events (kind, id);

CREATE TABLE experiments (
  name text primary key,
  package_sha256 text not null references packages (sha256),
  updated_at bigint not null
);

CREATE TABLE families (
  id text primary key,
  brief_id text not null unique references briefs (id),
  owner_id text not null references accounts (id),
  name text not null,
  experiment text not null,
  package_sha256 text not null references packages (sha256),
  metric text not null,
  baseline double precision,
  needs text not null,
  requires text not null,
  pending bigint not null default 0 check (pending >= 0),
  running bigint not null default 0 check (running >= 0),
  completed bigint not null default 0 check (completed >= 0),
  failed bigint not null default 0 check (failed >= 0),
  cancelled bigint not null default 0 check (cancelled >= 0),
  n bigint not null default 0 check (n >= 0),
  mean double precision not null default 0 check (mean between -1.7976931348623157e308 and 1.7976931348623157e308),
  m2 double precision not null default 0 check (m2 between 0 and 1.7976931348623157e308),
  min double precision,
  max double precision,
  best double precision,
  best_task_id text,
  median_value double precision,
  median_number bigint,
  version bigint not null default 0,
  served_at bigint not null default 0,
  created_at bigint not null, deleted_at bigint, state text not null default 'draft' check (state in ('draft', 'running', 'paused', 'exhausted', 'completed', 'failed', 'cancelled')), held_microcredits bigint not null default 0 check (held_microcredits >= 0), hold_moves bigint not null default 0 check (hold_moves >= 0), run_fee_microcredits bigint not null default 0 check (run_fee_microcredits >= 0), run_cost_microcredits bigint not null default 0 check (run_cost_microcredits >= run_fee_microcredits and held_microcredits >= running * run_cost_microcredits), verification text, verified bigint not null default 0 check (verified >= 0),
  check (n = completed)
);

CREATE INDEX families_by_name on families (name);

CREATE INDEX families_by_short_id on families (substr(id, 10));

CREATE INDEX families_hidden on families (deleted_at, id) where deleted_at is not null;

CREATE INDEX families_waiting on families (running, served_at, id) where state = 'running' and pending > 0;

CREATE TABLE idempotency_keys (
  owner_id text not null,
  scope text not null,
  idempotency_key text not null,
  request_sha256 text not null,
  answer text not null,
  created_at bigint not null,
  primary key (owner_id, scope, idempotency_key)
);

CREATE TABLE ledger_keys (
  id text primary key check (length(id) = 8),
  public_key text not null unique check (length(public_key) = 44),
  created_at bigint not null
);

CREATE TABLE ledger_nodes (
  level bigint not null check (level >= 8),
  position bigint not null check (position >= 0),
  hash text not null check (length(hash) = 44),
  primary key (level, position)
) without rowid;

CREATE TABLE ledger_tree (
  id bigint primary key check (id = 1),
  name text not null
);

CREATE TABLE log_chunks (
  task_id text not null,
  attempt bigint not null,
  number bigint not null,
  content text not null, line_feeds_before bigint not null default 0,
  primary key (task_id, attempt, number)
) without rowid;

CREATE INDEX log_chunks_by_line on log_chunks (task_id, attempt, line_feeds_before, number);

CREATE TABLE migrations (number bigint primary key, name text not null, applied_at bigint not null);

CREATE TABLE packages (
  sha256 text primary key,
  experiment text not null,
  manifest text not null,
  script text not null,
  archive_base64 text not null,
  created_at bigint not null
);

CREATE TABLE points (
  task_id text not null,
  attempt bigint not null,
  name text not null,
  step bigint not null,
  value double precision not null check (value between -1.7976931348623157e308 and 1.7976931348623157e308),
  at_seconds double precision not null,
  primary key (task_id, attempt, name, step)
) without rowid;

CREATE TABLE reputations (
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

CREATE TABLE tasks (
  id text primary key,
  family_id text not null references families (id),
  brief_id text not null,
  owner_id text not null,
  number bigint not null check (number > 0),
  state text not null check (state in ('pending', 'running', 'completed', 'failed', 'cancelled')),
  config text not null,
  seed bigint not null,
  time_budget_seconds double precision not null check (time_budget_seconds > 0),
  priority bigint not null,
  attempt bigint not null default 0 check (attempt >= 0),
  worker_id text,
  value double precision check (value between -1.7976931348623157e308 and 1.7976931348623157e308),
  metrics text,
  error text,
  created_at bigint not null,
  started_at bigint,
  finished_at bigint, attempts_before bigint not null default 0, audits bigint not null default 0 check (audits >= 0 and (audits = 0 or state = 'completed')),
  unique (family_id, number),
  check ((state = 'completed') = (value is not null))
);

CREATE INDEX tasks_by_finish on tasks (finished_at, id) where finished_at is not null;

CREATE INDEX tasks_by_state on tasks (state, family_id, number);

CREATE INDEX tasks_by_value on tasks (family_id, value, number) where value is not null;

CREATE INDEX tasks_by_worker on tasks (worker_id, family_id, number, state) where worker_id is not null;

CREATE INDEX tasks_of_family_by_duration on tasks (family_id, (finished_at - started_at), number) where finished_at is not null and started_at is not null;

CREATE INDEX tasks_of_family_by_finish on tasks (family_id, finished_at, id) where finished_at is not null;

CREATE INDEX tasks_waiting on tasks (family_id, priority desc, number) where state = 'pending';

CREATE TABLE tokens (
  hash text primary key,
  kind text not null check (kind in ('admin', 'enrolment', 'worker')),
  account_id text not null references accounts (id),
  worker_id text,
  created_at bigint not null
);

CREATE INDEX tokens_of_accounts on tokens (account_id, kind) where kind <> 'worker';

CREATE TABLE totals (
  shard bigint primary key,
  briefs bigint not null default 0,
  families bigint not null default 0,
  pending bigint not null default 0,
  running bigint not null default 0,
  completed bigint not null default 0,
  failed bigint not null default 0,
  cancelled bigint not null default 0
, briefs_draft bigint not null default 0, briefs_running bigint not null default 0, briefs_paused bigint not null default 0, briefs_completed bigint not null default 0, briefs_failed bigint not null default 0, briefs_cancelled bigint not null default 0, briefs_exhausted bigint not null default 0);

CREATE TABLE webhooks (
  id text primary key,
  owner_id text not null references accounts (id),
  address text not null,
  kinds text not null,
  secret text not null,
  enabled bigint not null check (enabled in (0, 1)),
  created_at bigint not null
);

CREATE TABLE withdrawn_packages (
  sha256 text primary key references packages (sha256),
  withdrawn_at bigint not null
);

CREATE TABLE worker_minutes (
  worker_id text not null references workers (id),
  minute bigint not null,
  beats bigint not null check (beats > 0),
  busy bigint not null check (busy >= 0),
  cpu_percent double precision,
  ram_used_gb double precision,
  gpu_percent double precision,
  primary key (worker_id, minute)
) without rowid;

CREATE INDEX worker_minutes_by_minute on worker_minutes (minute, worker_id);

CREATE TABLE workers (
  id text primary key,
  owner_id text not null references accounts (id),
  name text not null,
  hardware text not null,
  runtimes text not null,
  slots bigint not null check (slots > 0),
  status text not null check (status in ('active', 'draining', 'removed')),
  load text,
  running bigint not null default 0 check (running >= 0),
  completed bigint not null default 0,
  failed bigint not null default 0,
  created_at bigint not null,
  last_seen_at bigint not null
, lost bigint not null default 0, standing text not null default 'probation' check (standing in ('probation', 'trusted', 'quarantined')), standing_reason text, quarantine_open bigint not null default 0 check (quarantine_open = 0 or standing = 'quarantined'), sandbox text);

CREATE INDEX workers_by_last_seen on workers (last_seen_at) where status <> 'removed';

CREATE INDEX workers_by_name on workers (name);

CREATE INDEX workers_by_owner on workers (owner_id, id) where status <> 'removed';

CREATE INDEX workers_by_short_id on workers (substr(id, 10));

CREATE INDEX workers_present on workers (id) where status <> 'removed';

CREATE INDEX workers_to_set_aside on workers (id) where quarantine_open = 1;

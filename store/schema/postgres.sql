-- What store/migrations make of an empty database. Written by "npm run schema"; do not edit.

create table accounts (
  id text not null,
  kind text not null,
  name text not null,
  balance_microcredits bigint not null default 0,
  created_at bigint not null,
  issues bigint not null default 0,
  constraint accounts_pkey PRIMARY KEY (id),
  constraint accounts_check CHECK (((kind = 'treasury'::text) OR (balance_microcredits >= 0))),
  constraint accounts_check1 CHECK (((issues = 1) OR (balance_microcredits >= 0))),
  constraint accounts_kind_check CHECK ((kind = ANY (ARRAY['person'::text, 'worker'::text, 'hold'::text, 'treasury'::text])))
);

CREATE UNIQUE INDEX accounts_of_people ON accounts USING btree (name) WHERE (kind = 'person'::text);

create table action_items (
  action_id text not null,
  task_id text not null,
  outcome text not null,
  reason text,
  before text,
  constraint action_items_pkey PRIMARY KEY (action_id, task_id),
  constraint action_items_action_id_fkey FOREIGN KEY (action_id) REFERENCES actions(id),
  constraint action_items_outcome_check CHECK ((outcome = ANY (ARRAY['waiting'::text, 'done'::text, 'refused'::text])))
);

create table actions (
  id text not null,
  owner_id text not null,
  verb text not null,
  brief_id text,
  family_id text,
  undoes text,
  title text not null,
  filter text,
  priority bigint,
  total bigint,
  done bigint not null default 0,
  refused bigint not null default 0,
  stopped bigint not null default 0,
  position text,
  before_state text,
  undone_by text,
  runner text,
  runner_until bigint not null default 0,
  created_at bigint not null,
  finished_at bigint,
  constraint actions_pkey PRIMARY KEY (id),
  constraint actions_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES accounts(id),
  constraint actions_done_check CHECK ((done >= 0)),
  constraint actions_refused_check CHECK ((refused >= 0)),
  constraint actions_stopped_check CHECK ((stopped >= 0))
);

CREATE INDEX actions_by_finish ON actions USING btree (finished_at, id) WHERE (finished_at IS NOT NULL);

CREATE INDEX actions_open ON actions USING btree (id) WHERE (finished_at IS NULL);

create table activity (
  minute bigint not null,
  shard bigint not null,
  completed bigint not null default 0,
  failed bigint not null default 0,
  earned_microcredits bigint not null default 0,
  constraint activity_pkey PRIMARY KEY (minute, shard)
);

create table attempts (
  task_id text not null,
  attempt bigint not null,
  worker_id text not null,
  lease_token text not null,
  state text not null,
  lease_expires_at bigint not null,
  deadline_at bigint not null,
  result text,
  metrics text,
  error text,
  started_at bigint not null,
  finished_at bigint,
  log_characters bigint not null default 0,
  log_chunks bigint not null default 0,
  released_at bigint,
  log_line_feeds bigint not null default 0,
  purpose text not null default 'run'::text,
  verification text,
  pay_open bigint not null default 0,
  constraint attempts_pkey PRIMARY KEY (task_id, attempt),
  constraint attempts_task_id_fkey FOREIGN KEY (task_id) REFERENCES tasks(id),
  constraint attempts_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES workers(id),
  constraint attempts_attempt_check CHECK ((attempt > 0)),
  constraint attempts_check CHECK ((lease_expires_at <= deadline_at)),
  constraint attempts_check1 CHECK (((pay_open = 0) OR ((pay_open = 1) AND (COALESCE(verification, ''::text) = ANY (ARRAY['unverified'::text, 'verified'::text]))))),
  constraint attempts_purpose_check CHECK ((purpose = ANY (ARRAY['run'::text, 'audit'::text]))),
  constraint attempts_state_check CHECK ((state = ANY (ARRAY['running'::text, 'completed'::text, 'failed'::text, 'lost'::text, 'cancelled'::text]))),
  constraint attempts_verification_check CHECK ((verification = ANY (ARRAY['unverified'::text, 'verified'::text, 'vested'::text, 'refuted'::text, 'set_aside'::text])))
);

CREATE INDEX attempts_by_worker ON attempts USING btree (worker_id, started_at);

CREATE INDEX attempts_confirming ON attempts USING btree (worker_id, task_id, attempt) WHERE ((verification = 'verified'::text) AND (purpose = 'audit'::text));

CREATE INDEX attempts_pay_open ON attempts USING btree (worker_id, task_id, attempt) WHERE (pay_open = 1);

CREATE INDEX attempts_running_by_expiry ON attempts USING btree (lease_expires_at) WHERE (state = 'running'::text);

CREATE INDEX attempts_running_by_worker ON attempts USING btree (worker_id) WHERE (state = 'running'::text);

CREATE INDEX attempts_stopping ON attempts USING btree (worker_id) WHERE ((state = 'cancelled'::text) AND (released_at IS NULL));

CREATE INDEX attempts_vested ON attempts USING btree (worker_id, task_id, attempt) WHERE (verification = 'vested'::text);

create table audits (
  task_id text not null,
  number bigint not null,
  audited_attempt bigint not null,
  family_id text not null,
  worker_id text not null,
  owner_id text not null,
  machine_class text not null,
  attempt bigint,
  state text not null,
  created_at bigint not null,
  ended_at bigint,
  constraint audits_pkey PRIMARY KEY (task_id, number),
  constraint audits_task_id_fkey FOREIGN KEY (task_id) REFERENCES tasks(id),
  constraint audits_check CHECK (((state = ANY (ARRAY['waiting'::text, 'running'::text])) = (ended_at IS NULL))),
  constraint audits_check1 CHECK (((state = 'void'::text) OR ((state = 'waiting'::text) = (attempt IS NULL)))),
  constraint audits_number_check CHECK ((number > 0)),
  constraint audits_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'running'::text, 'agreed'::text, 'disagreed'::text, 'void'::text])))
);

CREATE INDEX audits_open ON audits USING btree (family_id, task_id, number) WHERE (ended_at IS NULL);

CREATE INDEX audits_waiting ON audits USING btree (machine_class, owner_id, created_at, task_id, number) WHERE (state = 'waiting'::text);

create table briefs (
  id text not null,
  owner_id text not null,
  family_id text not null,
  title text not null,
  goal text not null,
  experiment text not null,
  strategy text not null,
  space text not null,
  num_tasks bigint not null,
  replicates bigint not null,
  time_budget_seconds double precision not null,
  budget_microcredits bigint not null,
  spent_microcredits bigint not null default 0,
  hardware_profile text not null,
  requires text not null,
  priority bigint not null,
  created_at bigint not null,
  launched_at bigint,
  finished_at bigint,
  deleted_at bigint,
  state text not null default 'draft'::text,
  run_price_microcredits bigint not null default 1,
  run_fee_microcredits bigint not null default 0,
  verification text,
  constraint briefs_pkey PRIMARY KEY (id),
  constraint briefs_family_id_key UNIQUE (family_id),
  constraint briefs_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES accounts(id),
  constraint briefs_budget_microcredits_check CHECK ((budget_microcredits >= 0)),
  constraint briefs_check CHECK (((spent_microcredits >= 0) AND (spent_microcredits <= budget_microcredits))),
  constraint briefs_num_tasks_check CHECK ((num_tasks > 0)),
  constraint briefs_replicates_check CHECK ((replicates > 0)),
  constraint briefs_run_fee_microcredits_check CHECK ((run_fee_microcredits >= 0)),
  constraint briefs_run_price_microcredits_check CHECK ((run_price_microcredits > 0)),
  constraint briefs_state_now_check CHECK ((state = ANY (ARRAY['draft'::text, 'running'::text, 'paused'::text, 'exhausted'::text, 'completed'::text, 'failed'::text, 'cancelled'::text]))),
  constraint briefs_time_budget_seconds_check CHECK ((time_budget_seconds > (0)::double precision))
);

CREATE INDEX briefs_by_experiment ON briefs USING btree (experiment, id);

CREATE INDEX briefs_by_owner ON briefs USING btree (owner_id, id);

CREATE INDEX briefs_by_short_id ON briefs USING btree (substr(id, 10));

CREATE INDEX briefs_by_state ON briefs USING btree (state, id);

CREATE INDEX briefs_by_title ON briefs USING btree (title);

create table checkpoints (
  size bigint not null,
  root text not null,
  at bigint not null,
  previous bigint not null,
  key_id text not null,
  signature text not null,
  constraint checkpoints_pkey PRIMARY KEY (size),
  constraint checkpoints_previous_key UNIQUE (previous),
  constraint checkpoints_key_id_fkey FOREIGN KEY (key_id) REFERENCES ledger_keys(id),
  constraint checkpoints_check CHECK (((previous >= 0) AND (previous < size))),
  constraint checkpoints_root_check CHECK ((length(root) = 44)),
  constraint checkpoints_signature_check CHECK ((length(signature) = 88)),
  constraint checkpoints_size_check CHECK ((size > 0))
);

create table deliveries (
  id text not null,
  webhook_id text not null,
  kind text not null,
  payload text not null,
  state text not null,
  tries bigint not null default 0,
  next_try_at bigint not null,
  last_status bigint,
  last_error text,
  created_at bigint not null,
  ended_at bigint,
  constraint deliveries_pkey PRIMARY KEY (id),
  constraint deliveries_check CHECK (((state = 'waiting'::text) = (ended_at IS NULL))),
  constraint deliveries_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'delivered'::text, 'failed'::text]))),
  constraint deliveries_tries_check CHECK ((tries >= 0))
);

CREATE INDEX deliveries_by_webhook ON deliveries USING btree (webhook_id, id);

CREATE INDEX deliveries_due ON deliveries USING btree (next_try_at, id) WHERE (state = 'waiting'::text);

create table entries (
  id text not null,
  at bigint not null,
  kind text not null,
  debit_account text not null,
  credit_account text not null,
  amount_microcredits bigint not null,
  brief_id text,
  task_id text,
  cause text not null,
  position bigint,
  constraint entries_pkey PRIMARY KEY (id),
  constraint entries_cause_key UNIQUE (cause),
  constraint entries_credit_account_fkey FOREIGN KEY (credit_account) REFERENCES accounts(id),
  constraint entries_debit_account_fkey FOREIGN KEY (debit_account) REFERENCES accounts(id),
  constraint entries_amount_microcredits_check CHECK ((amount_microcredits > 0)),
  constraint entries_check CHECK ((debit_account <> credit_account)),
  constraint entries_position_check CHECK (("position" >= 0))
);

CREATE INDEX entries_by_brief ON entries USING btree (brief_id, id) WHERE (brief_id IS NOT NULL);

CREATE INDEX entries_by_credit ON entries USING btree (credit_account, id);

CREATE INDEX entries_by_debit ON entries USING btree (debit_account, id) WHERE (kind <> ALL (ARRAY['result'::text, 'fee'::text]));

CREATE INDEX entries_by_kind ON entries USING btree (kind, id) WHERE (kind <> 'result'::text);

CREATE UNIQUE INDEX entries_by_position ON entries USING btree ("position") WHERE ("position" IS NOT NULL);

CREATE INDEX entries_issued_for_results ON entries USING btree (id) WHERE ((debit_account = 'treasury'::text) AND (kind = 'result'::text));

CREATE INDEX entries_unsealed ON entries USING btree (id) WHERE ("position" IS NULL);

create table entry_notes (
  entry_id text not null,
  note text not null,
  account_id text not null,
  created_at bigint not null,
  constraint entry_notes_pkey PRIMARY KEY (entry_id),
  constraint entry_notes_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
  constraint entry_notes_entry_id_fkey FOREIGN KEY (entry_id) REFERENCES entries(id)
);

create table event_marks (
  account_id text not null,
  read_up_to text not null,
  constraint event_marks_pkey PRIMARY KEY (account_id),
  constraint event_marks_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id)
);

create table events (
  id text not null,
  at bigint not null,
  brief_id text,
  task_id text,
  worker_id text,
  subject text not null,
  detail text not null,
  cause text not null,
  kind text not null default 'brief_finished'::text,
  constraint events_pkey PRIMARY KEY (id),
  constraint events_cause_key UNIQUE (cause),
  constraint events_kind_now_check CHECK ((kind = ANY (ARRAY['brief_finished'::text, 'brief_stuck'::text, 'budget_nearly_spent'::text, 'new_best'::text, 'worker_gone'::text, 'result_refuted'::text, 'worker_quarantined'::text])))
);

CREATE INDEX events_by_brief ON events USING btree (brief_id, kind, id) WHERE (brief_id IS NOT NULL);

CREATE INDEX events_by_kind ON events USING btree (kind, id);

create table experiments (
  name text not null,
  package_sha256 text not null,
  updated_at bigint not null,
  constraint experiments_pkey PRIMARY KEY (name),
  constraint experiments_package_sha256_fkey FOREIGN KEY (package_sha256) REFERENCES packages(sha256)
);

create table families (
  id text not null,
  brief_id text not null,
  owner_id text not null,
  name text not null,
  experiment text not null,
  package_sha256 text not null,
  metric text not null,
  baseline double precision,
  needs text not null,
  requires text not null,
  pending bigint not null default 0,
  running bigint not null default 0,
  completed bigint not null default 0,
  failed bigint not null default 0,
  cancelled bigint not null default 0,
  n bigint not null default 0,
  mean double precision not null default 0,
  m2 double precision not null default 0,
  min double precision,
  max double precision,
  best double precision,
  best_task_id text,
  median_value double precision,
  median_number bigint,
  version bigint not null default 0,
  served_at bigint not null default 0,
  created_at bigint not null,
  deleted_at bigint,
  state text not null default 'draft'::text,
  held_microcredits bigint not null default 0,
  hold_moves bigint not null default 0,
  run_fee_microcredits bigint not null default 0,
  run_cost_microcredits bigint not null default 0,
  verification text,
  verified bigint not null default 0,
  constraint families_pkey PRIMARY KEY (id),
  constraint families_brief_id_key UNIQUE (brief_id),
  constraint families_brief_id_fkey FOREIGN KEY (brief_id) REFERENCES briefs(id),
  constraint families_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES accounts(id),
  constraint families_package_sha256_fkey FOREIGN KEY (package_sha256) REFERENCES packages(sha256),
  constraint families_cancelled_check CHECK ((cancelled >= 0)),
  constraint families_check CHECK ((n = completed)),
  constraint families_check1 CHECK (((run_cost_microcredits >= run_fee_microcredits) AND (held_microcredits >= (running * run_cost_microcredits)))),
  constraint families_completed_check CHECK ((completed >= 0)),
  constraint families_failed_check CHECK ((failed >= 0)),
  constraint families_held_microcredits_check CHECK ((held_microcredits >= 0)),
  constraint families_hold_moves_check CHECK ((hold_moves >= 0)),
  constraint families_m2_check CHECK (((m2 >= (0)::double precision) AND (m2 <= ('179769313486231570000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000'::numeric)::double precision))),
  constraint families_mean_check CHECK (((mean >= ('-179769313486231570000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000'::numeric)::double precision) AND (mean <= ('179769313486231570000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000'::numeric)::double precision))),
  constraint families_n_check CHECK ((n >= 0)),
  constraint families_pending_check CHECK ((pending >= 0)),
  constraint families_run_fee_microcredits_check CHECK ((run_fee_microcredits >= 0)),
  constraint families_running_check CHECK ((running >= 0)),
  constraint families_state_now_check CHECK ((state = ANY (ARRAY['draft'::text, 'running'::text, 'paused'::text, 'exhausted'::text, 'completed'::text, 'failed'::text, 'cancelled'::text]))),
  constraint families_verified_check CHECK ((verified >= 0))
);

CREATE INDEX families_by_name ON families USING btree (name);

CREATE INDEX families_by_short_id ON families USING btree (substr(id, 10));

CREATE INDEX families_hidden ON families USING btree (deleted_at, id) WHERE (deleted_at IS NOT NULL);

CREATE INDEX families_waiting ON families USING btree (running, served_at, id) WHERE ((state = 'running'::text) AND (pending > 0));

create table idempotency_keys (
  owner_id text not null,
  scope text not null,
  idempotency_key text not null,
  request_sha256 text not null,
  answer text not null,
  created_at bigint not null,
  constraint idempotency_keys_pkey PRIMARY KEY (owner_id, scope, idempotency_key)
);

create table ledger_keys (
  id text not null,
  public_key text not null,
  created_at bigint not null,
  constraint ledger_keys_pkey PRIMARY KEY (id),
  constraint ledger_keys_public_key_key UNIQUE (public_key),
  constraint ledger_keys_id_check CHECK ((length(id) = 8)),
  constraint ledger_keys_public_key_check CHECK ((length(public_key) = 44))
);

create table ledger_nodes (
  level bigint not null,
  position bigint not null,
  hash text not null,
  constraint ledger_nodes_pkey PRIMARY KEY (level, "position"),
  constraint ledger_nodes_hash_check CHECK ((length(hash) = 44)),
  constraint ledger_nodes_level_check CHECK ((level >= 8)),
  constraint ledger_nodes_position_check CHECK (("position" >= 0))
);

create table ledger_tree (
  id bigint not null,
  name text not null,
  constraint ledger_tree_pkey PRIMARY KEY (id),
  constraint ledger_tree_id_check CHECK ((id = 1))
);

create table log_chunks (
  task_id text not null,
  attempt bigint not null,
  number bigint not null,
  content text not null,
  line_feeds_before bigint not null default 0,
  constraint log_chunks_pkey PRIMARY KEY (task_id, attempt, number)
);

CREATE INDEX log_chunks_by_line ON log_chunks USING btree (task_id, attempt, line_feeds_before, number);

create table migrations (
  number bigint not null,
  name text not null,
  applied_at bigint not null,
  constraint migrations_pkey PRIMARY KEY (number)
);

create table packages (
  sha256 text not null,
  experiment text not null,
  manifest text not null,
  script text not null,
  archive_base64 text not null,
  created_at bigint not null,
  constraint packages_pkey PRIMARY KEY (sha256)
);

create table points (
  task_id text not null,
  attempt bigint not null,
  name text not null,
  step bigint not null,
  value double precision not null,
  at_seconds double precision not null,
  constraint points_pkey PRIMARY KEY (task_id, attempt, name, step),
  constraint points_value_check CHECK (((value >= ('-179769313486231570000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000'::numeric)::double precision) AND (value <= ('179769313486231570000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000'::numeric)::double precision)))
);

create table reputations (
  worker_id text not null,
  experiment text not null,
  completed bigint not null default 0,
  verified bigint not null default 0,
  refuted bigint not null default 0,
  lost bigint not null default 0,
  failed bigint not null default 0,
  set_aside bigint not null default 0,
  completed_before bigint not null default 0,
  verified_before bigint not null default 0,
  refuted_before bigint not null default 0,
  constraint reputations_pkey PRIMARY KEY (worker_id, experiment),
  constraint reputations_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES workers(id),
  constraint reputations_completed_before_check CHECK ((completed_before >= 0)),
  constraint reputations_completed_check CHECK ((completed >= 0)),
  constraint reputations_failed_check CHECK ((failed >= 0)),
  constraint reputations_lost_check CHECK ((lost >= 0)),
  constraint reputations_refuted_before_check CHECK ((refuted_before >= 0)),
  constraint reputations_refuted_check CHECK ((refuted >= 0)),
  constraint reputations_set_aside_check CHECK ((set_aside >= 0)),
  constraint reputations_verified_before_check CHECK ((verified_before >= 0)),
  constraint reputations_verified_check CHECK ((verified >= 0))
);

create table tasks (
  id text not null,
  family_id text not null,
  brief_id text not null,
  owner_id text not null,
  number bigint not null,
  state text not null,
  config text not null,
  seed bigint not null,
  time_budget_seconds double precision not null,
  priority bigint not null,
  attempt bigint not null default 0,
  worker_id text,
  value double precision,
  metrics text,
  error text,
  created_at bigint not null,
  started_at bigint,
  finished_at bigint,
  attempts_before bigint not null default 0,
  audits bigint not null default 0,
  constraint tasks_pkey PRIMARY KEY (id),
  constraint tasks_family_id_number_key UNIQUE (family_id, number),
  constraint tasks_family_id_fkey FOREIGN KEY (family_id) REFERENCES families(id),
  constraint tasks_attempt_check CHECK ((attempt >= 0)),
  constraint tasks_check CHECK (((state = 'completed'::text) = (value IS NOT NULL))),
  constraint tasks_check1 CHECK (((audits >= 0) AND ((audits = 0) OR (state = 'completed'::text)))),
  constraint tasks_number_check CHECK ((number > 0)),
  constraint tasks_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'running'::text, 'completed'::text, 'failed'::text, 'cancelled'::text]))),
  constraint tasks_time_budget_seconds_check CHECK ((time_budget_seconds > (0)::double precision)),
  constraint tasks_value_check CHECK (((value >= ('-179769313486231570000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000'::numeric)::double precision) AND (value <= ('179769313486231570000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000'::numeric)::double precision)))
);

CREATE INDEX tasks_by_finish ON tasks USING btree (finished_at, id) WHERE (finished_at IS NOT NULL);

CREATE INDEX tasks_by_state ON tasks USING btree (state, family_id, number);

CREATE INDEX tasks_by_value ON tasks USING btree (family_id, value, number) WHERE (value IS NOT NULL);

CREATE INDEX tasks_by_worker ON tasks USING btree (worker_id, family_id, number, state) WHERE (worker_id IS NOT NULL);

CREATE INDEX tasks_of_family_by_duration ON tasks USING btree (family_id, ((finished_at - started_at)), number) WHERE ((finished_at IS NOT NULL) AND (started_at IS NOT NULL));

CREATE INDEX tasks_of_family_by_finish ON tasks USING btree (family_id, finished_at, id) WHERE (finished_at IS NOT NULL);

CREATE INDEX tasks_waiting ON tasks USING btree (family_id, priority DESC, number) WHERE (state = 'pending'::text);

create table tokens (
  hash text not null,
  kind text not null,
  account_id text not null,
  worker_id text,
  created_at bigint not null,
  constraint tokens_pkey PRIMARY KEY (hash),
  constraint tokens_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
  constraint tokens_kind_check CHECK ((kind = ANY (ARRAY['admin'::text, 'enrolment'::text, 'worker'::text])))
);

CREATE INDEX tokens_of_accounts ON tokens USING btree (account_id, kind) WHERE (kind <> 'worker'::text);

create table totals (
  shard bigint not null,
  briefs bigint not null default 0,
  families bigint not null default 0,
  pending bigint not null default 0,
  running bigint not null default 0,
  completed bigint not null default 0,
  failed bigint not null default 0,
  cancelled bigint not null default 0,
  briefs_draft bigint not null default 0,
  briefs_running bigint not null default 0,
  briefs_paused bigint not null default 0,
  briefs_completed bigint not null default 0,
  briefs_failed bigint not null default 0,
  briefs_cancelled bigint not null default 0,
  briefs_exhausted bigint not null default 0,
  constraint totals_pkey PRIMARY KEY (shard)
);

create table webhooks (
  id text not null,
  owner_id text not null,
  address text not null,
  kinds text not null,
  secret text not null,
  enabled bigint not null,
  created_at bigint not null,
  constraint webhooks_pkey PRIMARY KEY (id),
  constraint webhooks_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES accounts(id),
  constraint webhooks_enabled_check CHECK ((enabled = ANY (ARRAY[(0)::bigint, (1)::bigint])))
);

create table withdrawn_packages (
  sha256 text not null,
  withdrawn_at bigint not null,
  constraint withdrawn_packages_pkey PRIMARY KEY (sha256),
  constraint withdrawn_packages_sha256_fkey FOREIGN KEY (sha256) REFERENCES packages(sha256)
);

create table worker_minutes (
  worker_id text not null,
  minute bigint not null,
  beats bigint not null,
  busy bigint not null,
  cpu_percent double precision,
  ram_used_gb double precision,
  gpu_percent double precision,
  constraint worker_minutes_pkey PRIMARY KEY (worker_id, minute),
  constraint worker_minutes_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES workers(id),
  constraint worker_minutes_beats_check CHECK ((beats > 0)),
  constraint worker_minutes_busy_check CHECK ((busy >= 0))
);

CREATE INDEX worker_minutes_by_minute ON worker_minutes USING btree (minute, worker_id);

create table workers (
  id text not null,
  owner_id text not null,
  name text not null,
  hardware text not null,
  runtimes text not null,
  slots bigint not null,
  status text not null,
  load text,
  running bigint not null default 0,
  completed bigint not null default 0,
  failed bigint not null default 0,
  created_at bigint not null,
  last_seen_at bigint not null,
  lost bigint not null default 0,
  standing text not null default 'probation'::text,
  standing_reason text,
  quarantine_open bigint not null default 0,
  sandbox text,
  constraint workers_pkey PRIMARY KEY (id),
  constraint workers_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES accounts(id),
  constraint workers_check CHECK (((quarantine_open = 0) OR (standing = 'quarantined'::text))),
  constraint workers_running_check CHECK ((running >= 0)),
  constraint workers_slots_check CHECK ((slots > 0)),
  constraint workers_standing_check CHECK ((standing = ANY (ARRAY['probation'::text, 'trusted'::text, 'quarantined'::text]))),
  constraint workers_status_check CHECK ((status = ANY (ARRAY['active'::text, 'draining'::text, 'removed'::text])))
);

CREATE INDEX workers_by_last_seen ON workers USING btree (last_seen_at) WHERE (status <> 'removed'::text);

CREATE INDEX workers_by_name ON workers USING btree (name);

CREATE INDEX workers_by_owner ON workers USING btree (owner_id, id) WHERE (status <> 'removed'::text);

CREATE INDEX workers_by_short_id ON workers USING btree (substr(id, 10));

CREATE INDEX workers_present ON workers USING btree (id) WHERE (status <> 'removed'::text);

CREATE INDEX workers_to_set_aside ON workers USING btree (id) WHERE (quarantine_open = 1);

-- What people want to hear of, written in the transaction that causes it. A cause is told once, whatever is repeated and
-- however many servers look.
create table events (
  id text primary key,
  at bigint not null,
  kind text not null check (kind in ('brief_finished', 'brief_stuck', 'budget_nearly_spent', 'new_best', 'worker_gone')),
  brief_id text,
  task_id text,
  worker_id text,
  subject text not null,
  detail text not null,
  cause text not null unique
) without rowid;
create index events_by_kind on events (kind, id);
create index events_by_brief on events (brief_id, kind, id) where brief_id is not null;

-- Up to which event an account has read.
create table event_marks (
  account_id text primary key references accounts (id),
  read_up_to text not null
) without rowid;

create table webhooks (
  id text primary key,
  owner_id text not null references accounts (id),
  address text not null,
  kinds text not null,
  secret text not null,
  enabled bigint not null check (enabled in (0, 1)),
  created_at bigint not null
);

-- What is sent stands in the row, so that every try sends the same bytes. No foreign key: a result that writes a message
-- never waits for, or fails with, somebody who deletes the webhook at that moment.
create table deliveries (
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
create index deliveries_due on deliveries (next_try_at, id) where state = 'waiting';
create index deliveries_by_webhook on deliveries (webhook_id, id);

-- People beside the server itself have accounts, by names that tell them apart.
create unique index accounts_of_people on accounts (name) where kind = 'person';
create index workers_by_owner on workers (owner_id, id) where status <> 'removed';
create index briefs_by_owner on briefs (owner_id, id);

-- The tokens with which machines join, by the account that will own them. There are few beside those of workers.
create index tokens_of_accounts on tokens (account_id, kind) where kind <> 'worker';

-- Why an administrator gave credits. It stands beside the entry and is no part of it, since it may name people.
create table entry_notes (
  entry_id text primary key references entries (id),
  note text not null,
  account_id text not null references accounts (id),
  created_at bigint not null
);

-- The ledger as an RFC 6962 Merkle tree: docs/ledger.md. An entry gets its place when it is sealed, in steps that each end with a signed checkpoint.
alter table entries add column position bigint check (position >= 0);
create unique index entries_by_position on entries (position) where position is not null;
create index entries_unsealed on entries (id) where position is null;

-- One row: what the ledger is called in its checkpoints, and the lock of whoever seals.
create table ledger_tree (
  id bigint primary key check (id = 1),
  name text not null
);

-- Roots of complete subtrees of 256 leaves (level 8) and more, base64; smaller ones are computed from the entries.
create table ledger_nodes (
  level bigint not null check (level >= 8),
  position bigint not null check (position >= 0),
  hash text not null check (length(hash) = 44),
  primary key (level, position)
) without rowid;

-- Public keys (Ed25519, base64) that have signed here. Never deleted: old checkpoints are checked with old keys.
create table ledger_keys (
  id text primary key check (length(id) = 8),
  public_key text not null unique check (length(public_key) = 44),
  created_at bigint not null
);

create table checkpoints (
  size bigint primary key check (size > 0),
  root text not null check (length(root) = 44),
  at bigint not null,
  previous bigint not null unique check (previous >= 0 and previous < size),
  key_id text not null references ledger_keys (id),
  signature text not null check (length(signature) = 88)
);

-- What a worker says of how it contains its tasks, as JSON; null for programs that say nothing.
alter table workers add column sandbox text;
-- Packages that an administrator has withdrawn: no worker is given a task that runs one. Few, and rarely any.
create table withdrawn_packages (
  sha256 text primary key references packages (sha256),
  withdrawn_at bigint not null
);

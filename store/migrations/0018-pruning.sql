-- What a task had at each rung that it has reached: the shares of its budget at which a brief looks whether to stop it. A later
-- attempt takes the place of an earlier one.
create table rung_values (
  task_id text not null references tasks (id),
  rung bigint not null check (rung >= 0),
  attempt bigint not null,
  family_id text not null references families (id),
  -- 1-based within the family, like the task's own.
  number bigint not null,
  -- The hardware class in which the attempt runs; empty where there is none.
  class_id text not null,
  value double precision not null,
  primary key (task_id, rung)
);
create index rung_values_by_class on rung_values (family_id, class_id, rung, number);
-- How many of the cancelled tasks of a family were stopped by its brief's own rule.
alter table families add column pruned bigint not null default 0 check (pruned >= 0 and pruned <= cancelled);

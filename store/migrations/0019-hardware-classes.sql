-- Machines on which a package runs alike, so that results with the same time budget can be compared.
create table hardware_classes (
  id text primary key,
  package_sha256 text not null references packages (sha256),
  -- 1, 2, … within the package.
  number bigint not null check (number > 0),
  hardware text not null,
  -- Of its first machine; null where nobody measured it.
  steps_per_second double precision check (steps_per_second > 0),
  created_at bigint not null,
  unique (package_sha256, number)
);
create unique index hardware_classes_unmeasured on hardware_classes (package_sha256, hardware) where steps_per_second is null;

-- The class of a worker for a package, and what its calibration run said: a speed, or a reason why there is none.
-- Neither means that it made none.
create table worker_classes (
  worker_id text not null references workers (id),
  package_sha256 text not null references packages (sha256),
  class_id text not null references hardware_classes (id),
  steps_per_second double precision check (steps_per_second > 0),
  reason text,
  at bigint not null,
  primary key (worker_id, package_sha256),
  check (steps_per_second is null or reason is null)
);

-- The class in which an attempt ran, and of a task that in which its last run did. Null: before classes were kept.
alter table attempts add column class_id text;
alter table tasks add column class_id text;

-- How many classes the values of a family come from, and the only one while that is one: all summary that it needs is its
-- family's then. From two on each has a row with its own. An empty class_id stands for values of before.
alter table families add column classes bigint not null default 0 check (classes >= 0);
alter table families add column class_id text;
update families set classes = 1 where completed > 0;
create table family_classes (
  family_id text not null references families (id),
  class_id text not null,
  n bigint not null check (n > 0),
  mean double precision not null check (mean between -1.7976931348623157e308 and 1.7976931348623157e308),
  m2 double precision not null check (m2 between 0 and 1.7976931348623157e308),
  min double precision not null,
  max double precision not null,
  best double precision,
  best_task_id text,
  primary key (family_id, class_id)
);

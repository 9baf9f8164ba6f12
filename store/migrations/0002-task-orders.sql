-- A family's tasks by their finish and by how long they took: the tables of a campaign sort by both.
create index tasks_of_family_by_finish on tasks (family_id, finished_at, id) where finished_at is not null;
create index tasks_of_family_by_duration on tasks (family_id, (finished_at - started_at), number) where finished_at is not null and started_at is not null;

-- A task whose strategy learns from results is written before its configuration is chosen: until then chosen_by is null and
-- config is empty. The default is what rows had before such tasks were kept, without writing every one of them anew.
alter table tasks add column chosen_by text default 'random';
update tasks set chosen_by = 'grid' where family_id in (select family_id from briefs where strategy like '{"name":"grid"%');
-- `confirm`: kept back to run the leading configurations again with fresh seeds.
alter table tasks add column purpose text not null default 'search' check (purpose in ('search', 'confirm'));
-- How its configuration was chosen, as a sentence for people.
alter table tasks add column note text;
-- How many of the pending tasks of a family have no configuration yet, so that no claim looks for what cannot run.
alter table families add column unplanned bigint not null default 0 check (unplanned >= 0 and unplanned <= pending);
drop index families_waiting;
create index families_waiting on families (running, served_at, id) where state = 'running' and pending > unplanned;
create index families_unplanned on families (id) where state = 'running' and unplanned > 0;
drop index tasks_waiting;
create index tasks_waiting on tasks (family_id, priority desc, number) where state = 'pending' and chosen_by is not null;
create index tasks_unplanned on tasks (family_id, purpose, priority desc, number) where state = 'pending' and chosen_by is null;

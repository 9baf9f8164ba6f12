-- Pay is final when the record of its worker says so, not when its own result is confirmed: whoever is refuted gives back
-- what is still open, also for results that were confirmed by luck. Of results that nobody verified "unverified" is open
-- and "vested" is final, so this says something new of verified ones alone. What was verified before is final.
alter table attempts add column pay_open bigint not null default 0 check (pay_open = 0 or (pay_open = 1 and coalesce(verification, '') in ('unverified', 'verified')));
update attempts set pay_open = 1 where verification = 'unverified';
drop index attempts_unverified;
create index attempts_pay_open on attempts (worker_id, task_id, attempt) where pay_open = 1;
-- What a worker confirmed for others, which is undone when it is refuted.
create index attempts_confirming on attempts (worker_id, task_id, attempt) where verification = 'verified' and purpose = 'audit';

-- How many results of a family that count are verified one by one, so that no page counts them.
alter table families add column verified bigint not null default 0 check (verified >= 0);
update families set verified = (
  select count(*) from tasks join attempts on attempts.task_id = tasks.id and attempts.attempt = tasks.attempt
  where tasks.family_id = families.id and tasks.state = 'completed' and attempts.verification = 'verified')
where verification is not null;

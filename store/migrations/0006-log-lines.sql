-- How many line feeds come before a piece of a log, and how many its attempt's log has: a line is found by its number
-- without reading what comes before it.
alter table attempts add column log_line_feeds bigint not null default 0;
alter table log_chunks add column line_feeds_before bigint not null default 0;

update log_chunks set line_feeds_before = counted.so_far
from (
  select task_id, attempt, number, coalesce(sum(length(content) - length(replace(content, '
', ''))) over (partition by task_id, attempt order by number rows between unbounded preceding and 1 preceding), 0) as so_far
  from log_chunks
) as counted
where counted.task_id = log_chunks.task_id and counted.attempt = log_chunks.attempt and counted.number = log_chunks.number;

update attempts set log_line_feeds = counted.line_feeds
from (
  select task_id, attempt, sum(length(content) - length(replace(content, '
', ''))) as line_feeds
  from log_chunks group by task_id, attempt
) as counted
where counted.task_id = attempts.task_id and counted.attempt = attempts.attempt;

create index log_chunks_by_line on log_chunks (task_id, attempt, line_feeds_before, number);

-- People see and type ids without the part that says when they were made.
create index briefs_by_short_id on briefs (substr(id, 10));
create index families_by_short_id on families (substr(id, 10));
create index workers_by_short_id on workers (substr(id, 10));

-- What ends hopeless runs of a brief early, as JSON; null where every run goes to its end.
alter table briefs add column pruner text;
-- The share of its runs that is kept for confirming the winner with fresh seeds.
alter table briefs add column confirm_share double precision not null default 0 check (confirm_share >= 0 and confirm_share <= 0.5);
-- The ids of the families on whose results it builds, as JSON; null for none.
alter table briefs add column warm_start text;

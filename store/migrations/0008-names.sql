-- Filters name families, briefs and workers; looking through all of them for a name grows with the history.
create index families_by_name on families (name);
create index briefs_by_title on briefs (title);
create index workers_by_name on workers (name);

-- Families that are being deleted: few, and asked for by every search of tasks.
create index families_hidden on families (deleted_at, id) where deleted_at is not null;

-- The campaigns that ran the same code, which a new one can build on.
create index families_of_package on families (package_sha256, id);

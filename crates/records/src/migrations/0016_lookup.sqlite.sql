-- What SQLite's planner is to assume of the indexes of 0016: see 0001.

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('cohorts', 'cohorts_by_name', '10000 10000 10 1'),
    ('all_releases', 'releases_by_name', '100000 100000 10 1'),
    ('all_releases', 'releases_by_version', '100000 100000 10 1'),
    ('bundle_binaries', 'bundle_binaries_by_version', '100000 100000 5 1');
ANALYZE sqlite_schema;

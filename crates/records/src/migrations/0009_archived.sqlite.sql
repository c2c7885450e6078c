-- What SQLite's planner is to assume of the renamed table and of the indexes of 0009: see 0001.

UPDATE sqlite_stat1 SET tbl = 'all_releases', idx = replace(idx, 'sqlite_autoindex_releases_', 'sqlite_autoindex_all_releases_')
WHERE tbl = 'releases';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('all_releases', 'releases_unarchived', '100000 100000 1 1'),
    ('bundles', 'bundles_unarchived', '10000 10000 1 1'),
    ('artifact_versions', 'artifact_versions_unarchived', '1000000 1000000 1 1'),
    ('artifacts', 'artifacts_unarchived', '100000 100000 1 1'),
    ('cohorts', 'cohorts_unarchived', '10000 10000 1 1'),
    ('products', 'products_unarchived', '1000 1000 1 1');
ANALYZE sqlite_schema;

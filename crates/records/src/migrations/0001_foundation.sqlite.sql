-- How selective each index is, as SQLite's planner assumes it: rows, then rows per value of the first column, of the first two, ….
-- <https://www.sqlite.org/fileformat2.html#stat1tab>
-- Without this it takes all filters for equally good, and might walk every signed binary to find those of one version. Estimates of
-- ours rather than ANALYZE's: plans should not change with the moment at which somebody counted.

ANALYZE;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('artifacts', 'sqlite_autoindex_artifacts_1', '100000 1'),
    ('artifacts', 'artifacts_list', '100000 100000 1 1'),
    ('artifacts', 'sqlite_autoindex_artifacts_2', '100000 100000 1'),
    ('artifacts', 'sqlite_autoindex_artifacts_3', '100000 100000 1'),
    ('artifact_versions', 'sqlite_autoindex_artifact_versions_1', '1000000 1'),
    ('artifact_versions', 'sqlite_autoindex_artifact_versions_2', '1000000 1000000 1'),
    ('artifact_versions', 'sqlite_autoindex_artifact_versions_3', '1000000 1000 1'),
    ('artifact_versions', 'artifact_versions_list', '1000000 1000000 1 1'),
    ('artifact_versions', 'artifact_versions_by_artifact', '1000000 1000000 1000 1 1'),
    ('artifact_versions', 'artifact_versions_by_version', '1000000 1000000 10 1 1'),
    ('binaries', 'sqlite_autoindex_binaries_1', '1000000 1'),
    ('binaries', 'sqlite_autoindex_binaries_2', '1000000 1000000 1'),
    ('binaries', 'binaries_target', '900000 10 1'),
    ('binaries', 'binaries_list', '1000000 1000000 1 1'),
    ('binaries', 'binaries_by_version', '1000000 1000000 10 1 1'),
    ('binaries', 'binaries_by_version_and_target', '1000000 1000000 10 1 1 1'),
    ('binaries', 'binaries_by_target', '1000000 1000000 50000 1 1'),
    ('binaries', 'binaries_by_hash', '1000000 1000000 2 1 1'),
    ('binaries', 'binaries_by_state', '1000000 1000000 300000 1 1'),
    ('binaries', 'binaries_uploading', '10000 1'),
    ('binary_signatures', 'sqlite_autoindex_binary_signatures_1', '1000000 1'),
    ('binary_signatures', 'sqlite_autoindex_binary_signatures_2', '1000000 2 1'),
    ('binary_signatures', 'binary_signatures_list', '1000000 1000000 1 1'),
    ('binary_signatures', 'binary_signatures_by_key', '1000000 1000000 100000 1 1'),
    ('events', 'sqlite_autoindex_events_1', '10000000 1'),
    ('events', 'events_list', '10000000 10000000 1 1'),
    ('events', 'events_by_kind', '10000000 10000000 500000 1 1'),
    ('events', 'events_by_subject', '10000000 10000000 20 1 1'),
    ('events', 'events_by_api_key', '10000000 10000000 1000000 1 1');
ANALYZE sqlite_schema;

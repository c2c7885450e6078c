-- What SQLite's planner is to assume of the indexes of 0010: see 0001.

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('artifact_versions', 'artifact_versions_archived', '100000 100000 1'),
    ('artifacts', 'artifacts_archived', '10000 10000 1');
ANALYZE sqlite_schema;

-- What SQLite's planner is to assume of the indexes of 0013: see 0001.

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('stops', 'stops_list', '100 10 1 1'),
    ('jobs', 'jobs_list', '100000 100000 1 1'),
    ('jobs', 'jobs_by_state', '100000 100000 1000 1 1');
ANALYZE sqlite_schema;

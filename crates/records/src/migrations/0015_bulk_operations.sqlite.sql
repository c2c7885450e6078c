-- What SQLite's planner is to assume of the indexes of 0015: see 0001.

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('bulk_operations', 'bulk_operations_list', '10000 1000 1 1'),
    ('bulk_operations', 'bulk_operations_by_starter', '10000 1000 100 1 1'),
    ('bulk_operations', 'bulk_operations_running', '10 1'),
    ('bulk_operations', 'bulk_operations_finished', '10000 1');
ANALYZE sqlite_schema;

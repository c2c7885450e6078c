-- What SQLite's planner is to assume of the tables of 0003: see 0001.

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('storage_backends', 'sqlite_autoindex_storage_backends_1', '1000 1'),
    ('storage_backends', 'sqlite_autoindex_storage_backends_2', '1000 10 1'),
    ('storage_backends', 'storage_backends_list', '1000 10 1 1'),
    ('storage_backends', 'storage_backends_server', '10 1'),
    ('binaries', 'binaries_by_storage', '1000000 100000 1'),
    ('binary_replicas', 'sqlite_autoindex_binary_replicas_1', '1000000 2 1 1'),
    ('binary_replicas', 'binary_replicas_by_storage', '1000000 100000 1');

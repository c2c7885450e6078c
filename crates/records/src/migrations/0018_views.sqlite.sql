-- What SQLite's planner is to assume of the indexes of 0018: see 0001.

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('views', 'sqlite_autoindex_views_1', '10000 1'),
    ('views', 'sqlite_autoindex_views_2', '10000 1000 20 1'),
    ('views', 'views_list', '10000 1000 1 1');
ANALYZE sqlite_schema;

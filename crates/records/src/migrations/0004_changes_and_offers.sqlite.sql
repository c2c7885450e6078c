-- What SQLite's planner is to assume of the index of 0004: see 0001.

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('announcements', 'announcements_by_transaction', '10000 10000');

-- What SQLite's planner is to assume of the indexes of 0005, and of those of the table that was made anew: see 0001.

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('device_certificates', 'sqlite_autoindex_device_certificates_1', '1000000 1'),
    ('device_certificates', 'sqlite_autoindex_device_certificates_2', '1000000 1 1'),
    ('device_certificates', 'device_certificates_list', '1000000 1000000 1 1'),
    ('device_certificates', 'device_certificates_by_device', '1000000 1000000 1 1 1'),
    ('device_certificates', 'device_certificates_removed_tbs', '10000 10000 1'),
    ('device_certificates', 'device_certificates_removed_key', '10000 10000 1');

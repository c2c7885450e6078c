-- What SQLite says otherwise than PostgreSQL, and what its planner is to assume of the tables of 0014: see 0001.

CREATE TRIGGER events_are_pending AFTER INSERT ON events BEGIN
    INSERT INTO event_pending (event_id, organization_id) VALUES (NEW.id, NEW.organization_id);
END;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('events', 'events_product', '8000000 8000000 1000000 1 1'),
    ('events', 'events_cohort', '8000000 8000000 100000 1 1'),
    ('event_feeds', 'sqlite_autoindex_event_feeds_1', '10 1'),
    ('event_feed', 'sqlite_autoindex_event_feed_1', '10000000 1000000 1'),
    ('event_feed', 'sqlite_autoindex_event_feed_2', '10000000 1');
ANALYZE sqlite_schema;

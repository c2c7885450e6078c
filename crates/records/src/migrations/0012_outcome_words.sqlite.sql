-- What SQLite says otherwise than PostgreSQL, and what its planner is to assume of the indexes of 0011: see 0001.

CREATE TRIGGER device_outcomes_keep_inserted AFTER INSERT ON device_outcomes BEGIN
    UPDATE devices SET outcome = NEW.status, outcome_release_id = NEW.release_id, outcome_at = NEW.updated_at
    WHERE id = NEW.device_id AND organization_id = NEW.organization_id
        AND (outcome_at IS NULL OR outcome_at <= NEW.updated_at OR outcome_release_id = NEW.release_id);
END;
CREATE TRIGGER device_outcomes_keep_updated AFTER UPDATE ON device_outcomes BEGIN
    UPDATE devices SET outcome = NEW.status, outcome_release_id = NEW.release_id, outcome_at = NEW.updated_at
    WHERE id = NEW.device_id AND organization_id = NEW.organization_id
        AND (outcome_at IS NULL OR outcome_at <= NEW.updated_at OR outcome_release_id = NEW.release_id);
END;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('devices', 'devices_by_outcome', '10000 10000 1000 1 1'),
    ('devices', 'devices_installed', '900000 900000 1 1'),
    ('devices', 'devices_by_outcome_release', '1000000 1000000 5000 1000 1 1'),
    ('devices', 'devices_by_version', '1000000 1000000 50000 1 1'),
    ('devices', 'devices_counted', '1000000 1000000 100000 10000 5000 1000');
ANALYZE sqlite_schema;

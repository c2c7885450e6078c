-- Devices by how their last update went, and what they said of it. Words in braces and conventions as in 0001.
--
-- Servers of the version before run while this is applied and after it. They write `device_outcomes` without knowing `detail`, which is
-- null then, and do not write the new columns of `devices`: the database keeps these itself, whoever writes the outcomes.

-- Everything that is changed here, at once: in the order in which a device's report writes them.
{postgres}LOCK TABLE devices, device_outcomes IN ACCESS EXCLUSIVE MODE;

-- What the device said beside its status, null where it said nothing.
ALTER TABLE device_outcomes ADD COLUMN detail {text};

-- The newest row that the device has in `device_outcomes`: what it said, of which release, and when. Null where it has none. There is no
-- reference to the release: what a server of the version before deletes keeps its name here until the device's next report.
ALTER TABLE devices ADD COLUMN outcome {text};
ALTER TABLE devices ADD COLUMN outcome_release_id {uuid};
ALTER TABLE devices ADD COLUMN outcome_at {integer};

-- PostgreSQL writes a changed row anew, and an entry in each index of the table with it: making five of the indexes once more takes less than
-- half of the time (33 s instead of 84 s with a million devices that all have an outcome).
{postgres}DROP INDEX devices_list, devices_by_product, devices_by_cohort, devices_by_release, devices_quarantined;
UPDATE devices SET outcome = newest.status, outcome_release_id = newest.release_id, outcome_at = newest.updated_at
FROM (
    SELECT organization_id, device_id, release_id, status, updated_at,
        ROW_NUMBER() OVER (PARTITION BY device_id ORDER BY updated_at DESC, release_id DESC) AS place
    FROM device_outcomes
) AS newest
WHERE newest.place = 1 AND devices.id = newest.device_id AND devices.organization_id = newest.organization_id;
{postgres}CREATE INDEX devices_list ON devices (organization_id, inserted_at, id);
{postgres}CREATE INDEX devices_by_product ON devices (organization_id, product_id, inserted_at, id);
{postgres}CREATE INDEX devices_by_cohort ON devices (organization_id, cohort_id, inserted_at, id);
{postgres}CREATE INDEX devices_by_release ON devices (organization_id, release_id, inserted_at, id);
{postgres}CREATE INDEX devices_quarantined ON devices (organization_id, inserted_at, id) WHERE quarantined;

-- An outcome that is older than the one that is kept changes nothing: so are rows that are copied from another database, in any order.
-- SQLite's triggers say the same, in their own words.
{postgres}CREATE FUNCTION keep_outcome_of_device() RETURNS trigger LANGUAGE plpgsql AS $$
{postgres}BEGIN
{postgres}    UPDATE devices SET outcome = NEW.status, outcome_release_id = NEW.release_id, outcome_at = NEW.updated_at
{postgres}    WHERE id = NEW.device_id AND organization_id = NEW.organization_id
{postgres}        AND (outcome_at IS NULL OR outcome_at <= NEW.updated_at OR outcome_release_id = NEW.release_id);
{postgres}    RETURN NULL;
{postgres}END $$;
{postgres}CREATE TRIGGER device_outcomes_keep_newest AFTER INSERT OR UPDATE ON device_outcomes
{postgres}    FOR EACH ROW EXECUTE FUNCTION keep_outcome_of_device();

-- Most devices of a fleet said `installed`, and few said anything else: two indexes, so that also SQLite's planner, which does not know how
-- often a value occurs, finds the few.
CREATE INDEX devices_by_outcome ON devices (organization_id, outcome, inserted_at, id) WHERE outcome <> 'installed';
CREATE INDEX devices_installed ON devices (organization_id, inserted_at, id) WHERE outcome = 'installed';
CREATE INDEX devices_by_outcome_release ON devices (organization_id, outcome_release_id, outcome, inserted_at, id)
    WHERE outcome_release_id IS NOT NULL;
CREATE INDEX devices_by_version ON devices (organization_id, reported_version, inserted_at, id) WHERE reported_version IS NOT NULL;
-- All that devices are counted by, in the order in which they are grouped.
CREATE INDEX devices_counted ON devices (organization_id, product_id, cohort_id, reported_version, outcome);

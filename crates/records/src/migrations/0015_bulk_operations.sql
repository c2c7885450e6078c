-- Bulk operations: one change for many devices. Words in braces and conventions as in 0001.
--
-- Servers of the version before know neither the table nor its kind of jobs: these wait for a server that does.

CREATE TABLE bulk_operations (
    id {uuid} NOT NULL CONSTRAINT bulk_operations_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL REFERENCES organizations (id),
    action {text} NOT NULL,
    -- The cohort that devices are moved to, which may be deleted later.
    cohort_id {uuid},
    -- The tags that devices get or lose, as devices have them.
    tags {text} NOT NULL,
    -- One of them: a search, or the keys of devices with commas between them.
    search {text},
    devices {text},
    matched {integer} NOT NULL,
    is_exact {boolean} NOT NULL,
    state {text} NOT NULL,
    stopped_because {text},
    changed {integer} NOT NULL,
    unchanged {integer} NOT NULL,
    refused {integer} NOT NULL,
    -- A line each: key, code and message, with tabs between them.
    refusals {text} NOT NULL,
    -- The last device that was looked at.
    position_inserted_at {integer},
    position_id {uuid},
    -- For whom it is done.
    started_by_kind {text} NOT NULL,
    started_by_id {uuid},
    person_id {uuid},
    reach {text} NOT NULL,
    request_id {text},
    revision {integer} NOT NULL,
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    finished_at {integer}
){strict};
CREATE INDEX bulk_operations_list ON bulk_operations (organization_id, inserted_at, id);
CREATE INDEX bulk_operations_by_starter ON bulk_operations (organization_id, started_by_id, inserted_at, id);
CREATE INDEX bulk_operations_running ON bulk_operations (organization_id) WHERE finished_at IS NULL;
CREATE INDEX bulk_operations_finished ON bulk_operations (finished_at) WHERE finished_at IS NOT NULL;

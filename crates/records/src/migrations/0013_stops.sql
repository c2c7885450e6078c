-- What an organization is shown of itself, and stops: emergency stops, and the jobs that are for it. Words in braces and conventions as in
-- 0001.
--
-- Servers of the version before run while this is applied and after it. They know no stops and go on to offer updates, so a stop holds
-- everywhere only once they are gone. What they delete takes its stop along.

CREATE TABLE stops (
    -- That of the organization, product or cohort which is stopped: each is stopped at most once.
    id {uuid} NOT NULL CONSTRAINT stops_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL REFERENCES organizations (id),
    -- One of them, or neither where the whole organization is stopped.
    product_id {uuid},
    cohort_id {uuid},
    reason {text} NOT NULL,
    stopped_by_kind {text} NOT NULL,
    stopped_by_id {uuid},
    inserted_at {integer} NOT NULL,
    FOREIGN KEY (organization_id, product_id) REFERENCES products (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, cohort_id) REFERENCES cohorts (organization_id, id) ON DELETE CASCADE
){strict};
CREATE INDEX stops_list ON stops (organization_id, inserted_at, id);
CREATE INDEX stops_product ON stops (organization_id, product_id) WHERE product_id IS NOT NULL;
CREATE INDEX stops_cohort ON stops (organization_id, cohort_id) WHERE cohort_id IS NOT NULL;

-- The jobs of an organization. Those of the whole installation are in neither index.
CREATE INDEX jobs_list ON jobs (organization_id, inserted_at, id) WHERE organization_id IS NOT NULL;
CREATE INDEX jobs_by_state ON jobs (organization_id, state, inserted_at, id) WHERE organization_id IS NOT NULL;

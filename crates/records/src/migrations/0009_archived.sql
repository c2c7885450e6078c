-- Archived records. Words in braces and conventions as in 0001.
--
-- Servers of the version before run while this is applied and after it. Of archived bundles, artifact versions, artifacts, cohorts and
-- products they do not know that they are archived: they list and use them like others.
--
-- An archived release must not be served, and the version before reads all rows of `releases` into a cohort's path. So the table has
-- another name from now on, and `releases` is a view of what is not archived: for the version before, an archived release is a deleted one.
-- PostgreSQL passes on to the table what that version writes to the view and locks in it. It can't delete a release that the devices of an
-- archived one go on to: the link below forbids it, and nothing is changed. SQLite has one server at a time, so it needs no view there. The
-- view is dropped by a migration of the next version.

ALTER TABLE releases RENAME TO all_releases;
-- When it was archived, null if it was not. An archived release is on no path; it leads to the release that its devices go on to.
ALTER TABLE all_releases ADD COLUMN archived_at {integer};
-- A cohort has one release on the path without a next one, and any number of archived ones without.
DROP INDEX releases_sink;
CREATE UNIQUE INDEX releases_sink ON all_releases (cohort_id) WHERE next_release_id IS NULL AND archived_at IS NULL;
{postgres}CREATE VIEW releases AS
{postgres}    SELECT id, organization_id, cohort_id, bundle_id, next_release_id, name, description, version, version_requirement, required,
{postgres}        disabled, schedule_date, phase_mode, phase_value, phase_tags, claims, revision, inserted_at, updated_at
{postgres}    FROM all_releases WHERE archived_at IS NULL;

ALTER TABLE bundles ADD COLUMN archived_at {integer};
ALTER TABLE artifact_versions ADD COLUMN archived_at {integer};
ALTER TABLE artifacts ADD COLUMN archived_at {integer};
ALTER TABLE cohorts ADD COLUMN archived_at {integer};
ALTER TABLE products ADD COLUMN archived_at {integer};

-- Lists leave archived records out; these walk past none, however many there are.
CREATE INDEX releases_unarchived ON all_releases (organization_id, inserted_at, id) WHERE archived_at IS NULL;
CREATE INDEX bundles_unarchived ON bundles (organization_id, inserted_at, id) WHERE archived_at IS NULL;
CREATE INDEX artifact_versions_unarchived ON artifact_versions (organization_id, inserted_at, id) WHERE archived_at IS NULL;
CREATE INDEX artifacts_unarchived ON artifacts (organization_id, inserted_at, id) WHERE archived_at IS NULL;
CREATE INDEX cohorts_unarchived ON cohorts (organization_id, inserted_at, id) WHERE archived_at IS NULL;
CREATE INDEX products_unarchived ON products (organization_id, inserted_at, id) WHERE archived_at IS NULL;

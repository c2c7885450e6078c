-- Where contents rest that are archived. Words in braces and conventions as in 0001.
--
-- Servers of the version before run while this is applied and after it. They know of no archive storage: new contents go where they did,
-- and what is in an archive storage is given out from there, as from any other. They may delete a storage backend that is set here but
-- has nothing in it; the setting then means nothing.

-- The storage backend where the contents of archived artifact versions rest. Null: they stay where they are.
ALTER TABLE organizations ADD COLUMN archive_storage_backend_id {uuid};

-- What is archived, for the job that looks for contents to move. Most records are not.
CREATE INDEX artifact_versions_archived ON artifact_versions (organization_id, id) WHERE archived_at IS NOT NULL;
CREATE INDEX artifacts_archived ON artifacts (organization_id, id) WHERE archived_at IS NOT NULL;

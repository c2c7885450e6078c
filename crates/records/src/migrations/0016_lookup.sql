-- Records by the beginning of their name, and the bundles of an artifact version. Words in braces and conventions as in 0001.
--
-- Servers of the version before run while this is applied and after it: nothing changes for them. Artifacts, bundles, products and devices
-- have an index by name for their uniqueness, artifact versions one by version for their lists.

CREATE INDEX cohorts_by_name ON cohorts (organization_id, name, id);
CREATE INDEX releases_by_name ON all_releases (organization_id, name, id);
CREATE INDEX releases_by_version ON all_releases (organization_id, version, id) WHERE version IS NOT NULL;
CREATE INDEX bundle_binaries_by_version ON bundle_binaries (organization_id, artifact_version_id, bundle_id);

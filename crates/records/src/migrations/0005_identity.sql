-- Who a certificate stands for, and what keeps a removed one away. Words in braces and conventions as in 0001.
--
-- A certificate is public, so registering it proves nothing: it is a claim, and each organization may have one. Of several, the first one
-- with a proof counts, else the first. So a fingerprint is unique in an organization, no longer on the server. What rows mean that servers
-- of the version before wrote, or write while this is applied: a row with `ca_certificate_id` is proven by that authority. One without is
-- a claim, but one that an authority alone does not end (it has no `issuer_hash`), so that no device changes hands by an update.
-- Servers of the version before take any of several rows for the right one; until they are replaced, claims are decided as badly as before.
--
-- `tbs_hash` and `key_hash` are what a removed certificate is recognized by besides its fingerprint: the SHA-256 of what is signed, and of
-- its public key. Where `tbs_hash` is null, they were not computed yet. Where `key_hash` is null, its key is good again.

{postgres}ALTER TABLE device_certificates DROP CONSTRAINT device_certificates_fingerprint;
{postgres}ALTER TABLE device_certificates ADD CONSTRAINT device_certificates_fingerprint UNIQUE (fingerprint, organization_id);
{postgres}ALTER TABLE device_certificates ADD COLUMN issuer_hash {text};
{postgres}ALTER TABLE device_certificates ADD COLUMN tbs_hash {text};
{postgres}ALTER TABLE device_certificates ADD COLUMN key_hash {text};
{postgres}ALTER TABLE device_certificates ADD COLUMN proof {text};
{postgres}ALTER TABLE device_certificates ADD COLUMN proven_at {integer};

-- SQLite can't drop a constraint: there, the table is made anew.
{sqlite}CREATE TABLE new_device_certificates (
{sqlite}    id {uuid} NOT NULL CONSTRAINT device_certificates_pkey PRIMARY KEY,
{sqlite}    organization_id {uuid} NOT NULL REFERENCES organizations (id),
{sqlite}    device_id {uuid},
{sqlite}    ca_certificate_id {uuid},
{sqlite}    fingerprint {text} NOT NULL,
{sqlite}    certificate {bytes} NOT NULL,
{sqlite}    not_before {integer} NOT NULL,
{sqlite}    not_after {integer} NOT NULL,
{sqlite}    removed_at {integer},
{sqlite}    inserted_at {integer} NOT NULL,
{sqlite}    updated_at {integer} NOT NULL,
{sqlite}    issuer_hash {text},
{sqlite}    tbs_hash {text},
{sqlite}    key_hash {text},
{sqlite}    proof {text},
{sqlite}    proven_at {integer},
{sqlite}    CONSTRAINT device_certificates_fingerprint UNIQUE (fingerprint, organization_id),
{sqlite}    FOREIGN KEY (organization_id, device_id) REFERENCES devices (organization_id, id)
{sqlite}){strict};
{sqlite}INSERT INTO new_device_certificates SELECT *, NULL, NULL, NULL, NULL, NULL FROM device_certificates;
{sqlite}DROP TABLE device_certificates;
{sqlite}ALTER TABLE new_device_certificates RENAME TO device_certificates;
{sqlite}CREATE INDEX device_certificates_list ON device_certificates (organization_id, inserted_at, id);
{sqlite}CREATE INDEX device_certificates_by_device ON device_certificates (organization_id, device_id, inserted_at, id);

CREATE INDEX device_certificates_removed_tbs ON device_certificates (organization_id, tbs_hash) WHERE removed_at IS NOT NULL;
CREATE INDEX device_certificates_removed_key ON device_certificates (organization_id, key_hash) WHERE removed_at IS NOT NULL;

-- Which of a certificate's names is the identifier of a device that is provisioned: null for its common name.
ALTER TABLE ca_certificates ADD COLUMN jitp_identifier {text};

-- The id that a caller gave its request. The request's own id is never the caller's choice.
ALTER TABLE events ADD COLUMN caller_request_id {text};

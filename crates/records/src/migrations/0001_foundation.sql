-- The tables of the binary lifecycle. The words in braces differ between the databases: see dialect.rs.
-- Moments are microseconds since 1970, ids are UUIDs, hashes are 64 lowercase hexadecimal digits.
-- A child names its parent together with the organization, so that no record can hang on another tenant's.

CREATE TABLE organizations (
    id {uuid} NOT NULL CONSTRAINT organizations_pkey PRIMARY KEY,
    name {text} NOT NULL CONSTRAINT organizations_name UNIQUE,
    required_signatures {integer} NOT NULL,
    storage_quota {integer},
    storage_used {integer} NOT NULL,
    revision {integer} NOT NULL,
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL
){strict};

CREATE TABLE api_keys (
    id {uuid} NOT NULL CONSTRAINT api_keys_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL REFERENCES organizations (id),
    name {text} NOT NULL,
    hint {text} NOT NULL,
    hash {text} NOT NULL CONSTRAINT api_keys_hash UNIQUE,
    role {text},
    scopes {text},
    expires_at {integer},
    revoked_at {integer},
    revision {integer} NOT NULL,
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL
){strict};
CREATE INDEX api_keys_list ON api_keys (organization_id, inserted_at, id);
CREATE INDEX api_keys_name ON api_keys (organization_id, name, inserted_at, id);

CREATE TABLE artifacts (
    id {uuid} NOT NULL CONSTRAINT artifacts_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL REFERENCES organizations (id),
    name {text} NOT NULL,
    description {text},
    custom_metadata {text},
    revision {integer} NOT NULL,
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    CONSTRAINT artifacts_owner UNIQUE (organization_id, id),
    CONSTRAINT artifacts_name UNIQUE (organization_id, name)
){strict};
CREATE INDEX artifacts_list ON artifacts (organization_id, inserted_at, id);

CREATE TABLE artifact_versions (
    id {uuid} NOT NULL CONSTRAINT artifact_versions_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL,
    artifact_id {uuid} NOT NULL,
    version {text} NOT NULL,
    description {text},
    custom_metadata {text},
    revision {integer} NOT NULL,
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    CONSTRAINT artifact_versions_owner UNIQUE (organization_id, id),
    CONSTRAINT artifact_versions_version UNIQUE (artifact_id, version),
    FOREIGN KEY (organization_id, artifact_id) REFERENCES artifacts (organization_id, id)
){strict};
CREATE INDEX artifact_versions_list ON artifact_versions (organization_id, inserted_at, id);
CREATE INDEX artifact_versions_by_artifact ON artifact_versions (organization_id, artifact_id, inserted_at, id);
CREATE INDEX artifact_versions_by_version ON artifact_versions (organization_id, version, inserted_at, id);

CREATE TABLE binaries (
    id {uuid} NOT NULL CONSTRAINT binaries_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL,
    artifact_version_id {uuid} NOT NULL,
    target {text} NOT NULL,
    target_key {text} NOT NULL,
    hash {text} NOT NULL,
    size {integer},
    size_declared {boolean} NOT NULL,
    state {text} NOT NULL,
    description {text},
    custom_metadata {text},
    bytes_uploaded {integer} NOT NULL,
    generation {integer} NOT NULL,
    upload_session {text},
    ever_signed {boolean} NOT NULL,
    verification_code {text},
    verification_expected {text},
    verification_actual {text},
    verification_at {integer},
    revision {integer} NOT NULL,
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    CONSTRAINT binaries_owner UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, artifact_version_id) REFERENCES artifact_versions (organization_id, id)
){strict};
CREATE UNIQUE INDEX binaries_target ON binaries (artifact_version_id, target_key) WHERE state <> 'destroyed';
CREATE INDEX binaries_list ON binaries (organization_id, inserted_at, id);
CREATE INDEX binaries_by_version ON binaries (organization_id, artifact_version_id, inserted_at, id);
CREATE INDEX binaries_by_version_and_target
    ON binaries (organization_id, artifact_version_id, target_key, inserted_at, id);
CREATE INDEX binaries_by_target ON binaries (organization_id, target_key, inserted_at, id);
CREATE INDEX binaries_by_hash ON binaries (organization_id, hash, inserted_at, id);
CREATE INDEX binaries_by_state ON binaries (organization_id, state, inserted_at, id);
CREATE INDEX binaries_uploading ON binaries (updated_at) WHERE state = 'uploadable';

CREATE TABLE binary_parts (
    id {uuid} NOT NULL CONSTRAINT binary_parts_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL,
    binary_id {uuid} NOT NULL,
    generation {integer} NOT NULL,
    part_index {integer} NOT NULL,
    size {integer} NOT NULL,
    hash {text} NOT NULL,
    state {text} NOT NULL,
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    CONSTRAINT binary_parts_index UNIQUE (binary_id, generation, part_index),
    FOREIGN KEY (organization_id, binary_id) REFERENCES binaries (organization_id, id)
){strict};
CREATE INDEX binary_parts_list ON binary_parts (binary_id, generation, inserted_at, id);

CREATE TABLE signing_keys (
    id {uuid} NOT NULL CONSTRAINT signing_keys_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL REFERENCES organizations (id),
    name {text} NOT NULL,
    keyid {text} NOT NULL,
    algorithm {text} NOT NULL,
    public_key {bytes} NOT NULL,
    certificate {text},
    status {text} NOT NULL,
    revision {integer} NOT NULL,
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    CONSTRAINT signing_keys_owner UNIQUE (organization_id, id),
    CONSTRAINT signing_keys_keyid UNIQUE (organization_id, keyid),
    CONSTRAINT signing_keys_name UNIQUE (organization_id, name)
){strict};
CREATE INDEX signing_keys_list ON signing_keys (organization_id, inserted_at, id);
CREATE INDEX signing_keys_by_status ON signing_keys (organization_id, status, inserted_at, id);

CREATE TABLE binary_signatures (
    id {uuid} NOT NULL CONSTRAINT binary_signatures_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL,
    binary_id {uuid} NOT NULL,
    signing_key_id {uuid} NOT NULL,
    scheme {text} NOT NULL,
    signature {bytes} NOT NULL,
    inserted_at {integer} NOT NULL,
    CONSTRAINT binary_signatures_key UNIQUE (binary_id, signing_key_id),
    FOREIGN KEY (organization_id, binary_id) REFERENCES binaries (organization_id, id),
    FOREIGN KEY (organization_id, signing_key_id) REFERENCES signing_keys (organization_id, id)
){strict};
CREATE INDEX binary_signatures_list ON binary_signatures (organization_id, inserted_at, id);
CREATE INDEX binary_signatures_by_key ON binary_signatures (organization_id, signing_key_id, inserted_at, id);

-- No foreign keys from here on: the audit trail outlives what it is about, and the counts what was downloaded.
CREATE TABLE events (
    id {uuid} NOT NULL CONSTRAINT events_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL,
    kind {text} NOT NULL,
    api_key_id {uuid},
    subject_kind {text},
    subject_id {uuid} NOT NULL,
    data {text} NOT NULL,
    request_id {text},
    address {text},
    inserted_at {integer} NOT NULL
){strict};
CREATE INDEX events_list ON events (organization_id, inserted_at, id);
CREATE INDEX events_by_kind ON events (organization_id, kind, inserted_at, id);
CREATE INDEX events_by_subject ON events (organization_id, subject_id, inserted_at, id);
CREATE INDEX events_by_api_key ON events (organization_id, api_key_id, inserted_at, id);

CREATE TABLE download_counts (
    binary_id {uuid} NOT NULL,
    day {text} NOT NULL,
    kind {text} NOT NULL,
    organization_id {uuid} NOT NULL,
    count {integer} NOT NULL,
    CONSTRAINT download_counts_pkey PRIMARY KEY (binary_id, day, kind)
){strict};

CREATE TABLE jobs (
    id {uuid} NOT NULL CONSTRAINT jobs_pkey PRIMARY KEY,
    kind {text} NOT NULL,
    organization_id {uuid},
    dedup_key {text},
    payload {text} NOT NULL,
    state {text} NOT NULL,
    again {boolean} NOT NULL,
    due_at {integer} NOT NULL,
    attempts {integer} NOT NULL,
    owner {text},
    last_error {text},
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL
){strict};
CREATE UNIQUE INDEX jobs_dedup ON jobs (dedup_key) WHERE state IN ('waiting', 'running');
CREATE INDEX jobs_due ON jobs (due_at, id) WHERE state IN ('waiting', 'running');
CREATE INDEX jobs_over ON jobs (state, updated_at) WHERE state IN ('finished', 'given_up');

CREATE TABLE idempotency_keys (
    organization_id {uuid} NOT NULL,
    api_key_id {uuid} NOT NULL,
    key {text} NOT NULL,
    fingerprint {text} NOT NULL,
    resource_id {uuid} NOT NULL,
    answer_status {integer},
    answer_body {text},
    inserted_at {integer} NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (organization_id, api_key_id, key)
){strict};
CREATE INDEX idempotency_keys_age ON idempotency_keys (inserted_at);

CREATE TABLE settings (
    key {text} NOT NULL CONSTRAINT settings_pkey PRIMARY KEY,
    value {text} NOT NULL
){strict};

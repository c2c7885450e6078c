-- The tables of distribution: bundles, products, cohorts, devices and their certificates, releases, overrides, and what devices did.
-- Words in braces and conventions as in 0001.

CREATE TABLE bundles (
    id {uuid} NOT NULL CONSTRAINT bundles_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL REFERENCES organizations (id),
    name {text},
    hash {text} NOT NULL,
    revision {integer} NOT NULL,
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    CONSTRAINT bundles_owner UNIQUE (organization_id, id),
    CONSTRAINT bundles_name UNIQUE (organization_id, name)
){strict};
CREATE INDEX bundles_list ON bundles (organization_id, inserted_at, id);
CREATE INDEX bundles_by_hash ON bundles (organization_id, hash, inserted_at, id);

-- What a bundle is made of, in order. Metadata is frozen here, so that no later change reaches a bundle.
CREATE TABLE bundle_binaries (
    bundle_id {uuid} NOT NULL,
    place {integer} NOT NULL,
    organization_id {uuid} NOT NULL,
    binary_id {uuid} NOT NULL,
    artifact_version_id {uuid} NOT NULL,
    custom_metadata {text},
    CONSTRAINT bundle_binaries_pkey PRIMARY KEY (bundle_id, place),
    CONSTRAINT bundle_binaries_binary UNIQUE (bundle_id, binary_id),
    FOREIGN KEY (organization_id, bundle_id) REFERENCES bundles (organization_id, id),
    FOREIGN KEY (organization_id, binary_id) REFERENCES binaries (organization_id, id)
){strict};
CREATE INDEX bundle_binaries_by_binary ON bundle_binaries (organization_id, binary_id, bundle_id);

CREATE TABLE products (
    id {uuid} NOT NULL CONSTRAINT products_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL REFERENCES organizations (id),
    name {text} NOT NULL,
    description {text},
    target {text},
    revision {integer} NOT NULL,
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    CONSTRAINT products_owner UNIQUE (organization_id, id),
    CONSTRAINT products_name UNIQUE (organization_id, name)
){strict};
CREATE INDEX products_list ON products (organization_id, inserted_at, id);

-- `devices` is the number of the cohort's devices, kept by who adds, moves and removes them.
CREATE TABLE cohorts (
    id {uuid} NOT NULL CONSTRAINT cohorts_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL,
    product_id {uuid} NOT NULL,
    name {text} NOT NULL,
    description {text},
    devices {integer} NOT NULL,
    revision {integer} NOT NULL,
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    CONSTRAINT cohorts_owner UNIQUE (organization_id, id),
    CONSTRAINT cohorts_name UNIQUE (product_id, name),
    CONSTRAINT cohorts_product UNIQUE (product_id, id),
    FOREIGN KEY (organization_id, product_id) REFERENCES products (organization_id, id)
){strict};
CREATE INDEX cohorts_list ON cohorts (organization_id, inserted_at, id);
CREATE INDEX cohorts_by_product ON cohorts (organization_id, product_id, inserted_at, id);

-- `tags` is a list as `,beta,eu,`. A device's cohort belongs to its product.
-- `release_id` is the release that the device is on by its last report, as fleet numbers count it.
CREATE TABLE devices (
    id {uuid} NOT NULL CONSTRAINT devices_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL,
    product_id {uuid} NOT NULL,
    cohort_id {uuid},
    identifier {text} NOT NULL,
    description {text},
    tags {text} NOT NULL,
    target {text},
    quarantined {boolean} NOT NULL,
    reported_release_id {uuid},
    reported_bundle_id {uuid},
    reported_version {text},
    release_id {uuid},
    last_connected_at {integer},
    revision {integer} NOT NULL,
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    CONSTRAINT devices_owner UNIQUE (organization_id, id),
    CONSTRAINT devices_identifier UNIQUE (organization_id, identifier),
    FOREIGN KEY (organization_id, product_id) REFERENCES products (organization_id, id),
    FOREIGN KEY (product_id, cohort_id) REFERENCES cohorts (product_id, id)
){strict};
CREATE INDEX devices_list ON devices (organization_id, inserted_at, id);
CREATE INDEX devices_by_product ON devices (organization_id, product_id, inserted_at, id);
CREATE INDEX devices_by_cohort ON devices (organization_id, cohort_id, inserted_at, id);
CREATE INDEX devices_by_release ON devices (organization_id, release_id, inserted_at, id);
CREATE INDEX devices_quarantined ON devices (organization_id, inserted_at, id) WHERE quarantined;

-- Authorities whose devices are welcome. `subject_hash` is the SHA-256 of the subject's DER, by which a device's issuer is found.
CREATE TABLE ca_certificates (
    id {uuid} NOT NULL CONSTRAINT ca_certificates_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL REFERENCES organizations (id),
    fingerprint {text} NOT NULL CONSTRAINT ca_certificates_fingerprint UNIQUE,
    subject_hash {text} NOT NULL,
    certificate {bytes} NOT NULL,
    description {text},
    jitp_product_id {uuid},
    jitp_cohort_id {uuid},
    jitp_tags {text},
    jitp_target {text},
    jitp_description {text},
    revision {integer} NOT NULL,
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    CONSTRAINT ca_certificates_owner UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, jitp_product_id) REFERENCES products (organization_id, id),
    FOREIGN KEY (jitp_product_id, jitp_cohort_id) REFERENCES cohorts (product_id, id)
){strict};
CREATE INDEX ca_certificates_list ON ca_certificates (organization_id, inserted_at, id);
CREATE INDEX ca_certificates_by_subject ON ca_certificates (subject_hash);

CREATE TABLE verification_codes (
    code {text} NOT NULL CONSTRAINT verification_codes_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL REFERENCES organizations (id),
    expires_at {integer} NOT NULL,
    used_at {integer},
    inserted_at {integer} NOT NULL
){strict};
CREATE INDEX verification_codes_age ON verification_codes (expires_at);

-- A fingerprint is one device's on the whole server: it is all that a connection shows of itself.
-- A removed one stays as a mark (without a device once that is deleted), so that it is not provisioned anew.
CREATE TABLE device_certificates (
    id {uuid} NOT NULL CONSTRAINT device_certificates_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL REFERENCES organizations (id),
    device_id {uuid},
    ca_certificate_id {uuid},
    fingerprint {text} NOT NULL CONSTRAINT device_certificates_fingerprint UNIQUE,
    certificate {bytes} NOT NULL,
    not_before {integer} NOT NULL,
    not_after {integer} NOT NULL,
    removed_at {integer},
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    FOREIGN KEY (organization_id, device_id) REFERENCES devices (organization_id, id)
){strict};
CREATE INDEX device_certificates_list ON device_certificates (organization_id, inserted_at, id);
CREATE INDEX device_certificates_by_device ON device_certificates (organization_id, device_id, inserted_at, id);

-- `claims` is the number of the release's claims, counted under its row's lock.
-- Links are checked at the end of a transaction: while a channel is re-linked there is no order in which each step would be valid.
CREATE TABLE releases (
    id {uuid} NOT NULL CONSTRAINT releases_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL,
    cohort_id {uuid} NOT NULL,
    bundle_id {uuid} NOT NULL,
    next_release_id {uuid},
    name {text} NOT NULL,
    description {text},
    version {text},
    version_requirement {text},
    required {boolean} NOT NULL,
    disabled {boolean} NOT NULL,
    schedule_date {integer},
    phase_mode {text} NOT NULL,
    phase_value {real},
    phase_tags {text} NOT NULL,
    claims {integer} NOT NULL,
    revision {integer} NOT NULL,
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    CONSTRAINT releases_owner UNIQUE (organization_id, id),
    CONSTRAINT releases_cohort UNIQUE (cohort_id, id),
    CONSTRAINT releases_name UNIQUE (cohort_id, name),
    FOREIGN KEY (organization_id, cohort_id) REFERENCES cohorts (organization_id, id),
    FOREIGN KEY (organization_id, bundle_id) REFERENCES bundles (organization_id, id),
    FOREIGN KEY (cohort_id, next_release_id) REFERENCES releases (cohort_id, id) DEFERRABLE INITIALLY DEFERRED
){strict};
CREATE UNIQUE INDEX releases_sink ON releases (cohort_id) WHERE next_release_id IS NULL;
CREATE INDEX releases_list ON releases (organization_id, inserted_at, id);
CREATE INDEX releases_by_cohort ON releases (organization_id, cohort_id, inserted_at, id);
CREATE INDEX releases_by_bundle ON releases (organization_id, bundle_id, inserted_at, id);
CREATE INDEX releases_by_next ON releases (cohort_id, next_release_id);

CREATE TABLE release_claims (
    release_id {uuid} NOT NULL,
    device_id {uuid} NOT NULL,
    organization_id {uuid} NOT NULL,
    inserted_at {integer} NOT NULL,
    CONSTRAINT release_claims_pkey PRIMARY KEY (release_id, device_id),
    FOREIGN KEY (organization_id, release_id) REFERENCES releases (organization_id, id),
    FOREIGN KEY (organization_id, device_id) REFERENCES devices (organization_id, id)
){strict};
CREATE INDEX release_claims_by_device ON release_claims (organization_id, device_id);

-- Fleet numbers: what happened to a release on each day. The sums over all days are those of today.
CREATE TABLE release_days (
    release_id {uuid} NOT NULL,
    day {text} NOT NULL,
    organization_id {uuid} NOT NULL,
    arrived {integer} NOT NULL,
    departed {integer} NOT NULL,
    claimed {integer} NOT NULL,
    installed {integer} NOT NULL,
    failed {integer} NOT NULL,
    CONSTRAINT release_days_pkey PRIMARY KEY (release_id, day)
){strict};
CREATE INDEX release_days_by_organization ON release_days (organization_id, release_id);

-- A device's last word on a release.
CREATE TABLE device_outcomes (
    device_id {uuid} NOT NULL,
    release_id {uuid} NOT NULL,
    organization_id {uuid} NOT NULL,
    status {text} NOT NULL,
    updated_at {integer} NOT NULL,
    CONSTRAINT device_outcomes_pkey PRIMARY KEY (device_id, release_id)
){strict};
CREATE INDEX device_outcomes_by_release ON device_outcomes (release_id);

CREATE TABLE bundle_overrides (
    id {uuid} NOT NULL CONSTRAINT bundle_overrides_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL,
    bundle_id {uuid} NOT NULL,
    name {text} NOT NULL,
    description {text},
    starts_at {integer} NOT NULL,
    ends_at {integer},
    tags {text} NOT NULL,
    cohort_id {uuid},
    revision {integer} NOT NULL,
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    CONSTRAINT bundle_overrides_owner UNIQUE (organization_id, id),
    CONSTRAINT bundle_overrides_name UNIQUE (organization_id, name),
    FOREIGN KEY (organization_id, bundle_id) REFERENCES bundles (organization_id, id),
    FOREIGN KEY (organization_id, cohort_id) REFERENCES cohorts (organization_id, id)
){strict};
CREATE INDEX bundle_overrides_list ON bundle_overrides (organization_id, inserted_at, id);
CREATE INDEX bundle_overrides_by_bundle ON bundle_overrides (organization_id, bundle_id, inserted_at, id);
CREATE INDEX bundle_overrides_by_end ON bundle_overrides (organization_id, ends_at);

CREATE TABLE bundle_override_devices (
    bundle_override_id {uuid} NOT NULL,
    device_id {uuid} NOT NULL,
    organization_id {uuid} NOT NULL,
    CONSTRAINT bundle_override_devices_pkey PRIMARY KEY (bundle_override_id, device_id),
    FOREIGN KEY (organization_id, bundle_override_id) REFERENCES bundle_overrides (organization_id, id),
    FOREIGN KEY (organization_id, device_id) REFERENCES devices (organization_id, id)
){strict};
CREATE INDEX bundle_override_devices_by_device ON bundle_override_devices (organization_id, device_id);

-- What servers remember and must look at again, in the order of its numbers. Written in the transaction of each change.
CREATE TABLE announcements (
    number {serial},
    kind {text} NOT NULL,
    subject_id {uuid} NOT NULL,
    inserted_at {integer} NOT NULL
){strict};
CREATE INDEX announcements_age ON announcements (inserted_at);

ALTER TABLE organizations ADD COLUMN strict_certificate_expiry {boolean} NOT NULL DEFAULT {false};
ALTER TABLE events ADD COLUMN device_id {uuid};
CREATE INDEX events_by_device ON events (organization_id, device_id, inserted_at, id) WHERE device_id IS NOT NULL;

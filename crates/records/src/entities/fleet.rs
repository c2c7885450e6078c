//! The shapes of the rows about devices and who they are, table by table, as the migrations made them.

#![expect(
    unreachable_pub,
    reason = "SeaORM's derive makes public items of them, which must not show private ones"
)]

table!(products, "products", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    name: String,
    description: Option<String>,
    target: Option<String>,
    revision: i64,
    inserted_at: i64,
    updated_at: i64,
    archived_at: Option<i64>,
});

table!(cohorts, "cohorts", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    product_id: Uuid,
    name: String,
    description: Option<String>,
    devices: i64,
    revision: i64,
    inserted_at: i64,
    updated_at: i64,
    archived_at: Option<i64>,
});

table!(devices, "devices", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    product_id: Uuid,
    cohort_id: Option<Uuid>,
    identifier: String,
    description: Option<String>,
    tags: String,
    target: Option<String>,
    quarantined: bool,
    reported_release_id: Option<Uuid>,
    reported_bundle_id: Option<Uuid>,
    reported_version: Option<String>,
    release_id: Option<Uuid>,
    last_connected_at: Option<i64>,
    revision: i64,
    inserted_at: i64,
    updated_at: i64,
    offered_bundle_id: Option<Uuid>,
    offered_to_version: Option<String>,
    offer_installed: bool,
    outcome: Option<String>,
    outcome_release_id: Option<Uuid>,
    outcome_at: Option<i64>,
});

table!(ca_certificates, "ca_certificates", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    fingerprint: String,
    subject_hash: String,
    certificate: Vec<u8>,
    description: Option<String>,
    jitp_product_id: Option<Uuid>,
    jitp_cohort_id: Option<Uuid>,
    jitp_tags: Option<String>,
    jitp_target: Option<String>,
    jitp_description: Option<String>,
    revision: i64,
    inserted_at: i64,
    updated_at: i64,
    jitp_identifier: Option<String>,
    renewals: Option<String>,
});

table!(verification_codes, "verification_codes", {
    #[sea_orm(primary_key, auto_increment = false)]
    code: String,
    organization_id: Uuid,
    expires_at: i64,
    used_at: Option<i64>,
    inserted_at: i64,
});

table!(device_certificates, "device_certificates", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    device_id: Option<Uuid>,
    ca_certificate_id: Option<Uuid>,
    fingerprint: String,
    certificate: Vec<u8>,
    not_before: i64,
    not_after: i64,
    removed_at: Option<i64>,
    inserted_at: i64,
    updated_at: i64,
    issuer_hash: Option<String>,
    tbs_hash: Option<String>,
    key_hash: Option<String>,
    proof: Option<String>,
    proven_at: Option<i64>,
});

table!(bulk_operations, "bulk_operations", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    action: String,
    cohort_id: Option<Uuid>,
    tags: String,
    search: Option<String>,
    devices: Option<String>,
    matched: i64,
    is_exact: bool,
    state: String,
    stopped_because: Option<String>,
    changed: i64,
    unchanged: i64,
    refused: i64,
    refusals: String,
    position_inserted_at: Option<i64>,
    position_id: Option<Uuid>,
    started_by_kind: String,
    started_by_id: Option<Uuid>,
    person_id: Option<Uuid>,
    reach: String,
    request_id: Option<String>,
    revision: i64,
    inserted_at: i64,
    updated_at: i64,
    finished_at: Option<i64>,
});

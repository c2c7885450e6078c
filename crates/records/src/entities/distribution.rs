//! The shapes of the rows of distribution, table by table, as the migrations made them.

#![expect(
    unreachable_pub,
    reason = "SeaORM's derive makes public items of them, which must not show private ones"
)]

table!(bundles, "bundles", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    name: Option<String>,
    hash: String,
    revision: i64,
    inserted_at: i64,
    updated_at: i64,
    archived_at: Option<i64>,
});

table!(bundle_binaries, "bundle_binaries", {
    #[sea_orm(primary_key, auto_increment = false)]
    bundle_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    place: i64,
    organization_id: Uuid,
    binary_id: Uuid,
    artifact_version_id: Uuid,
    custom_metadata: Option<String>,
});

table!(releases, "all_releases", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    cohort_id: Uuid,
    bundle_id: Uuid,
    next_release_id: Option<Uuid>,
    name: String,
    description: Option<String>,
    version: Option<String>,
    version_requirement: Option<String>,
    required: bool,
    disabled: bool,
    schedule_date: Option<i64>,
    phase_mode: String,
    phase_value: Option<f64>,
    phase_tags: String,
    claims: i64,
    revision: i64,
    inserted_at: i64,
    updated_at: i64,
    archived_at: Option<i64>,
});

table!(release_claims, "release_claims", {
    #[sea_orm(primary_key, auto_increment = false)]
    release_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    device_id: Uuid,
    organization_id: Uuid,
    inserted_at: i64,
});

table!(release_days, "release_days", {
    #[sea_orm(primary_key, auto_increment = false)]
    release_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    day: String,
    organization_id: Uuid,
    arrived: i64,
    departed: i64,
    claimed: i64,
    installed: i64,
    failed: i64,
});

table!(device_outcomes, "device_outcomes", {
    #[sea_orm(primary_key, auto_increment = false)]
    device_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    release_id: Uuid,
    organization_id: Uuid,
    status: String,
    updated_at: i64,
    detail: Option<String>,
});

table!(bundle_overrides, "bundle_overrides", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    bundle_id: Uuid,
    name: String,
    description: Option<String>,
    starts_at: i64,
    ends_at: Option<i64>,
    tags: String,
    cohort_id: Option<Uuid>,
    revision: i64,
    inserted_at: i64,
    updated_at: i64,
});

table!(bundle_override_devices, "bundle_override_devices", {
    #[sea_orm(primary_key, auto_increment = false)]
    bundle_override_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    device_id: Uuid,
    organization_id: Uuid,
});

table!(stops, "stops", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    product_id: Option<Uuid>,
    cohort_id: Option<Uuid>,
    reason: String,
    stopped_by_kind: String,
    stopped_by_id: Option<Uuid>,
    inserted_at: i64,
});

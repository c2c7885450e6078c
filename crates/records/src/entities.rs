//! The shapes of rows, table by table, as the migrations made them. Only the files of the resources may know them.

#![expect(
    unreachable_pub,
    reason = "SeaORM's derive makes public items of them, which must not show private ones"
)]

/// One table: a module with SeaORM's `Entity`, `Model`, `ActiveModel` and `Column`.
macro_rules! table {
    ($name:ident, $table:literal, { $($(#[$attribute:meta])* $column:ident: $type:ty,)* }) => {
        pub mod $name {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                $($(#[$attribute])* pub $column: $type,)*
            }

            #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

table!(organizations, "organizations", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    name: String,
    required_signatures: i64,
    storage_quota: Option<i64>,
    storage_used: i64,
    revision: i64,
    inserted_at: i64,
    updated_at: i64,
    strict_certificate_expiry: bool,
    require_second_factor: bool,
    storage_backend_id: Option<Uuid>,
    download_url_seconds: Option<i64>,
    download_url_style: String,
    archive_storage_backend_id: Option<Uuid>,
});

table!(storage_backends, "storage_backends", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Option<Uuid>,
    name: String,
    url: String,
    endpoint: Option<String>,
    region: Option<String>,
    sealed_credentials: Option<Vec<u8>>,
    sealed_cdn: Option<Vec<u8>>,
    near: String,
    replicates: bool,
    position: i64,
    revision: i64,
    inserted_at: i64,
    updated_at: i64,
    checksums: bool,
});

table!(binary_replicas, "binary_replicas", {
    #[sea_orm(primary_key, auto_increment = false, column_name = "binary_id")]
    content_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    storage_backend_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    generation: i64,
    organization_id: Uuid,
    state: String,
    error: Option<String>,
    inserted_at: i64,
    updated_at: i64,
});

table!(api_keys, "api_keys", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    name: String,
    hint: String,
    hash: String,
    role: Option<String>,
    scopes: Option<String>,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    revision: i64,
    inserted_at: i64,
    updated_at: i64,
    grants: Option<String>,
    owner_id: Option<Uuid>,
    created_by_kind: Option<String>,
    created_by_id: Option<Uuid>,
});

table!(artifacts, "artifacts", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    name: String,
    description: Option<String>,
    custom_metadata: Option<String>,
    revision: i64,
    inserted_at: i64,
    updated_at: i64,
    archived_at: Option<i64>,
});

table!(artifact_versions, "artifact_versions", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    artifact_id: Uuid,
    version: String,
    description: Option<String>,
    custom_metadata: Option<String>,
    revision: i64,
    inserted_at: i64,
    updated_at: i64,
    archived_at: Option<i64>,
});

table!(binaries, "binaries", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    artifact_version_id: Uuid,
    target: String,
    target_key: String,
    hash: String,
    size: Option<i64>,
    size_declared: bool,
    state: String,
    description: Option<String>,
    custom_metadata: Option<String>,
    bytes_uploaded: i64,
    generation: i64,
    upload_session: Option<String>,
    ever_signed: bool,
    verification_code: Option<String>,
    verification_expected: Option<String>,
    verification_actual: Option<String>,
    verification_at: Option<i64>,
    revision: i64,
    inserted_at: i64,
    updated_at: i64,
    storage_backend_id: Uuid,
});

table!(contents, "contents", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    kind: String,
    generation: i64,
    state: String,
    hash: String,
    size: Option<i64>,
    bytes_uploaded: i64,
    storage_backend_id: Uuid,
    upload_session: Option<String>,
    updated_at: i64,
});

table!(binary_parts, "binary_parts", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    #[sea_orm(column_name = "binary_id")]
    content_id: Uuid,
    generation: i64,
    part_index: i64,
    size: i64,
    hash: String,
    state: String,
    inserted_at: i64,
    updated_at: i64,
});

table!(signing_keys, "signing_keys", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    name: String,
    keyid: String,
    algorithm: String,
    public_key: Vec<u8>,
    certificate: Option<String>,
    status: String,
    revision: i64,
    inserted_at: i64,
    updated_at: i64,
});

table!(binary_signatures, "binary_signatures", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    binary_id: Uuid,
    signing_key_id: Uuid,
    scheme: String,
    signature: Vec<u8>,
    inserted_at: i64,
});

table!(events, "events", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    kind: String,
    api_key_id: Option<Uuid>,
    subject_kind: Option<String>,
    subject_id: Uuid,
    data: String,
    request_id: Option<String>,
    address: Option<String>,
    inserted_at: i64,
    device_id: Option<Uuid>,
    caller_request_id: Option<String>,
    actor_kind: Option<String>,
    actor_id: Option<Uuid>,
    user_id: Option<Uuid>,
    product_id: Option<Uuid>,
    cohort_id: Option<Uuid>,
});

table!(event_pending, "event_pending", {
    #[sea_orm(primary_key)]
    place: i64,
    event_id: Uuid,
    organization_id: Uuid,
});

table!(event_feeds, "event_feeds", {
    #[sea_orm(primary_key, auto_increment = false)]
    organization_id: Uuid,
    feed: Uuid,
    last_number: i64,
    last_word: i64,
    complete_from: i64,
});

table!(event_feed, "event_feed", {
    #[sea_orm(primary_key, auto_increment = false)]
    organization_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    number: i64,
    event_id: Uuid,
    word: i64,
});

table!(download_counts, "download_counts", {
    #[sea_orm(primary_key, auto_increment = false)]
    binary_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    day: String,
    #[sea_orm(primary_key, auto_increment = false)]
    kind: String,
    organization_id: Uuid,
    count: i64,
});

table!(jobs, "jobs", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    kind: String,
    organization_id: Option<Uuid>,
    dedup_key: Option<String>,
    payload: String,
    state: String,
    again: bool,
    due_at: i64,
    attempts: i64,
    owner: Option<String>,
    last_error: Option<String>,
    inserted_at: i64,
    updated_at: i64,
});

table!(idempotency_keys, "idempotency_keys", {
    #[sea_orm(primary_key, auto_increment = false)]
    organization_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    api_key_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    key: String,
    fingerprint: String,
    resource_id: Uuid,
    answer_status: Option<i64>,
    answer_body: Option<String>,
    inserted_at: i64,
});

table!(settings, "settings", {
    #[sea_orm(primary_key, auto_increment = false)]
    key: String,
    value: String,
});

table!(announcements, "announcements", {
    #[sea_orm(primary_key)]
    number: i64,
    kind: String,
    subject_id: Uuid,
    inserted_at: i64,
});

pub mod distribution;
pub mod fleet;
pub mod people;

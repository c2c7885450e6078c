//! The tables of people.

#![expect(
    unreachable_pub,
    reason = "SeaORM's derive makes public items of them, which must not show private ones"
)]

table!(users, "users", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    email: String,
    name: String,
    is_administrator: bool,
    second_factor_since: Option<i64>,
    disabled_at: Option<i64>,
    password_hash: Option<String>,
    totp_secret: Option<String>,
    totp_pending: Option<String>,
    totp_last_step: Option<i64>,
    memberships: i64,
    revision: i64,
    inserted_at: i64,
    updated_at: i64,
});

table!(recovery_codes, "recovery_codes", {
    #[sea_orm(primary_key, auto_increment = false)]
    user_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    hash: String,
});

table!(known_browsers, "known_browsers", {
    #[sea_orm(primary_key, auto_increment = false)]
    user_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    hash: String,
    last_at: i64,
});

table!(memberships, "memberships", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    user_id: Uuid,
    grants: String,
    revision: i64,
    inserted_at: i64,
    updated_at: i64,
});

table!(invitations, "invitations", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    email: String,
    grants: String,
    hash: String,
    invited_by_kind: String,
    invited_by_id: Option<Uuid>,
    expires_at: i64,
    accepted_at: Option<i64>,
    revoked_at: Option<i64>,
    revision: i64,
    inserted_at: i64,
    updated_at: i64,
});

table!(views, "views", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    organization_id: Uuid,
    owner_id: Uuid,
    name: String,
    path: String,
    query: String,
    shared: bool,
    revision: i64,
    inserted_at: i64,
    updated_at: i64,
});

table!(user_links, "user_links", {
    #[sea_orm(primary_key, auto_increment = false)]
    hash: String,
    purpose: String,
    user_id: Option<Uuid>,
    memberships: Option<i64>,
    expires_at: i64,
});

table!(user_sessions, "user_sessions", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    user_id: Uuid,
    hash: String,
    client: Option<String>,
    address: Option<String>,
    has_second_factor: bool,
    authenticated_at: i64,
    last_seen_at: i64,
    inserted_at: i64,
});

table!(sign_in_failures, "sign_in_failures", {
    #[sea_orm(primary_key, auto_increment = false)]
    subject: String,
    count: i64,
    last_at: i64,
});

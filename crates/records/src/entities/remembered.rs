//! The shape of what servers remember, as the migrations made it.

#![expect(
    unreachable_pub,
    reason = "SeaORM's derive makes public items of them, which must not show private ones"
)]

table!(changes, "changes", {
    #[sea_orm(primary_key)]
    number: i64,
    kind: String,
    subject_id: Uuid,
    inserted_at: i64,
});

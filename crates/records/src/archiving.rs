//! Locks between archiving a record and using it. Something new that uses a record locks its key, as its foreign key does (`FOR KEY SHARE`);
//! archiving locks all of it (`FOR UPDATE`). So both never happen at the same moment, and records that are used don't wait for one another.

/// The two locks of a table whose records can be archived; for the file that has its `Entity`.
macro_rules! locks {
    ($record:ident in $tenant:ty) => {
        /// The record, which nobody archives until the transaction ends.
        pub async fn get_to_use(
            write: &crate::database::Write,
            tenant: $tenant,
            id: Id<$record>,
        ) -> Result<$record, Error> {
            lists::lock::<Entity>(write, tenant, id, sea_orm::sea_query::LockType::KeyShare).await
        }

        /// The record, which nobody changes and nothing new uses until the transaction ends.
        pub async fn get_to_archive(
            write: &crate::database::Write,
            tenant: $tenant,
            id: Id<$record>,
        ) -> Result<$record, Error> {
            lists::lock::<Entity>(write, tenant, id, sea_orm::sea_query::LockType::Update).await
        }
    };
}
pub(crate) use locks;

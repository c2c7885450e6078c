//! The ids of event feeds: new ones after a restore and in a copy, so that readers with older cursors are told.

use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ConnectionTrait, DbErr, EntityTrait as _, IntoActiveModel as _, QueryOrder as _,
};
use uuid::Uuid;

use crate::entities::event_feeds::{ActiveModel, Column, Entity};

/// Gives all feeds new ids. Works across organizations; returns how many feeds there are.
pub(crate) async fn renew(
    transaction: &impl ConnectionTrait,
    new_feed: &mut (dyn FnMut() -> Uuid + Send),
) -> Result<u64, DbErr> {
    let feeds = Entity::find().order_by_asc(Column::OrganizationId).all(transaction).await?;
    let count = feeds.len() as u64;
    for feed in feeds {
        ActiveModel { feed: Set(new_feed()), ..feed.into_active_model() }.update(transaction).await?;
    }
    Ok(count)
}

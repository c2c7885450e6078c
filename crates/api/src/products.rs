//! Products: the types of devices.

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::flags::{Removable, removable};
use crate::json::present;

/// A type of device.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Product {
    /// Its name everywhere.
    pub prn: String,
    /// Its owner.
    pub organization_prn: String,
    /// Unique in the organization.
    #[schema(example = "gateway-v2")]
    pub name: String,
    /// What people say of it.
    pub description: Option<String>,
    /// The target of its devices that have none of their own.
    #[schema(example = "arm-linux-gnueabihf")]
    pub target: Option<String>,
    /// When it was created.
    pub inserted_at: String,
    /// When it was last changed.
    pub updated_at: String,
}

crate::envelopes!(Product, ProductEnvelope { product }, ProductList { products });

/// A new product.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct ProductCreate {
    /// 1–128 characters, unique in the organization.
    #[schema(example = "gateway-v2")]
    #[arg(long)]
    pub name: String,
    /// A description for people: up to 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub description: Option<String>,
    /// The target of its devices that have none of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub target: Option<String>,
    /// The UUID of its PRN; made by the server where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "UUID")]
    pub id: Option<Uuid>,
}

/// Changes to a product; what is absent stays, what is null is removed.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct ProductUpdate {
    /// 1–128 characters, unique in the organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub name: Option<String>,
    /// A description for people: up to 2,000 characters.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, value_parser = removable::<String>)]
    pub description: Option<Removable<String>>,
    /// The target of its devices that have none of their own.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, value_parser = removable::<String>)]
    pub target: Option<Removable<String>>,
}

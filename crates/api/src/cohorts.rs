//! Cohorts: groups of a product's devices.

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::flags::{Removable, removable};
use crate::json::present;
use crate::products::Product;

/// A group of a product's devices, with a release channel of its own.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Cohort {
    /// Its name everywhere.
    pub prn: String,
    /// Its owner.
    pub organization_prn: String,
    /// The product that its devices are of.
    pub product_prn: String,
    /// Unique in the product.
    #[schema(example = "daily")]
    pub name: String,
    /// What people say of it.
    pub description: Option<String>,
    /// How many devices it has.
    pub device_count: u64,
    /// When it was created.
    pub inserted_at: String,
    /// When it was last changed.
    pub updated_at: String,
    /// The product itself, with `expand[]=product`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Product>,
}

crate::envelopes!(Cohort, CohortEnvelope { cohort }, CohortList { cohorts });

/// A new cohort.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct CohortCreate {
    /// The product that its devices are of.
    #[arg(long, value_name = "PRN")]
    pub product_prn: String,
    /// 1–128 characters, unique in the product.
    #[schema(example = "daily")]
    #[arg(long)]
    pub name: String,
    /// A description for people: up to 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub description: Option<String>,
    /// The UUID of its PRN; made by the server where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "UUID")]
    pub id: Option<Uuid>,
}

/// Changes to a cohort; what is absent stays, what is null is removed.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct CohortUpdate {
    /// 1–128 characters, unique in the product.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub name: Option<String>,
    /// A description for people: up to 2,000 characters.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, value_parser = removable::<String>)]
    pub description: Option<Removable<String>>,
}

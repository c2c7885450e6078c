//! Cohorts: groups of a product's devices.

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::flags::{Removable, removable};
use crate::json::present;
use crate::products::Product;

/// A group of a product's devices that get the same releases.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Cohort {
    /// The resource name (PRN) of this cohort. Use it wherever the API asks for a cohort: `prn:1:<organization>:cohort:<uuid>`.
    pub prn: String,
    /// The PRN of the organization that the cohort belongs to: `prn:1:<uuid>`.
    pub organization_prn: String,
    /// The PRN of the product whose devices the cohort groups.
    pub product_prn: String,
    /// The cohort's name, unique in the product.
    #[schema(example = "daily")]
    pub name: String,
    /// Notes about the cohort, for people. Null: there are none.
    pub description: Option<String>,
    /// How many devices are in the cohort now.
    pub device_count: u64,
    /// When the cohort was archived, in UTC (RFC 3339). Null: it is not archived.
    #[serde(default)]
    pub archived_at: Option<String>,
    /// When the cohort was created, in UTC (RFC 3339).
    pub inserted_at: String,
    /// When the cohort was last changed, in UTC (RFC 3339).
    pub updated_at: String,
    /// The cohort's whole product, if the request asked for it with `expand[]=product`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Product>,
}

crate::envelopes! {
    Cohort,
    CohortEnvelope {
        /// The cohort that the request is about, as it is after the request.
        cohort
    },
    CohortList {
        /// The cohorts of this page, in the order that was asked for.
        cohorts,
        /// The cursor of the next page of cohorts: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}

/// A new cohort of a product.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct CohortCreate {
    /// The PRN of the product whose devices the cohort will group: `prn:1:<organization>:product:<uuid>`.
    #[arg(long, value_name = "PRN")]
    pub product_prn: String,
    /// The cohort's name: 1–128 characters, unique in the product.
    #[schema(example = "daily")]
    #[arg(long)]
    pub name: String,
    /// Notes about the cohort, for people: up to 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub description: Option<String>,
    /// The UUID of the new cohort, the last part of its PRN. Default: the server makes one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "UUID")]
    pub id: Option<Uuid>,
}

/// Changes to a cohort. Fields that are absent stay as they are; null removes a value. The product can't be changed.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct CohortUpdate {
    /// The cohort's name: 1–128 characters, unique in the product.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub name: Option<String>,
    /// New notes about the cohort, for people: up to 2,000 characters. Null removes them.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, help = "New notes about the cohort, for people: up to 2,000 characters; empty removes them", value_parser = removable::<String>)]
    pub description: Option<Removable<String>>,
}

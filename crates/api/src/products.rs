//! Products: the types of devices.

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::flags::{Removable, removable};
use crate::json::present;

/// A type of device, such as a model of gateway. Each device belongs to one product.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Product {
    /// The resource name (PRN) of this product. Use it wherever the API asks for a product: `prn:1:<organization>:product:<uuid>`.
    pub prn: String,
    /// The PRN of the organization that the product belongs to: `prn:1:<uuid>`.
    pub organization_prn: String,
    /// The product's name, unique in the organization.
    #[schema(example = "gateway-v2")]
    pub name: String,
    /// Notes about the product, for people. Null: there are none.
    pub description: Option<String>,
    /// The target (hardware) of the product's devices that have none of their own. Null: none.
    #[schema(example = "arm-linux-gnueabihf")]
    pub target: Option<String>,
    /// When the product was archived, in UTC (RFC 3339). Null: it is not archived.
    #[serde(default)]
    pub archived_at: Option<String>,
    /// When the product was created, in UTC (RFC 3339).
    pub inserted_at: String,
    /// When the product was last changed, in UTC (RFC 3339).
    pub updated_at: String,
}

crate::envelopes! {
    Product,
    ProductEnvelope {
        /// The product that the request is about, as it is after the request.
        product
    },
    ProductList {
        /// The products of this page, in the order that was asked for.
        products,
        /// The cursor of the next page of products: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}

/// A new product: a type of device.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct ProductCreate {
    /// The product's name: 1–128 characters, unique in the organization.
    #[schema(example = "gateway-v2")]
    #[arg(long)]
    pub name: String,
    /// Notes about the product, for people: up to 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub description: Option<String>,
    /// The target (hardware) of the product's devices that have none of their own: 1–128 characters without spaces.
    #[schema(example = "arm-linux-gnueabihf")]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub target: Option<String>,
    /// The UUID of the new product, the last part of its PRN. Default: the server makes one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "UUID")]
    pub id: Option<Uuid>,
}

/// Changes to a product. Fields that are absent stay as they are; null removes a value.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct ProductUpdate {
    /// The product's name: 1–128 characters, unique in the organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub name: Option<String>,
    /// New notes about the product, for people: up to 2,000 characters. Null removes them.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, help = "New notes about the product, for people: up to 2,000 characters; empty removes them", value_parser = removable::<String>)]
    pub description: Option<Removable<String>>,
    /// The target (hardware) of the product's devices that have none of their own. Null removes it.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, help = "The target (hardware) of the product's devices that have none of their own; empty removes it", value_parser = removable::<String>)]
    pub target: Option<Removable<String>>,
}

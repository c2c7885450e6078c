//! What is said: the request and response types of the HTTP interfaces, with their OpenAPI schemas and error codes.
//!
//! Values are as on the wire: parsing them into the domain's types, and saying which field is wrong, is the server's work.
//! Requests refuse unknown fields; responses tolerate them, so that a client may be older than its server.

pub mod api_keys;
pub mod artifact_versions;
pub mod artifacts;
pub mod binaries;
pub mod binary_parts;
pub mod binary_signatures;
pub mod bulk_operations;
pub mod bundle_overrides;
pub mod bundles;
pub mod ca_certificates;
pub mod cohorts;
pub mod device;
pub mod device_certificates;
pub mod devices;
pub mod errors;
pub mod events;
pub mod flags;
pub mod invitations;
pub mod jobs;
pub mod json;
pub mod lists;
pub mod lookup;
pub mod manifests;
pub mod memberships;
pub mod organizations;
pub mod overview;
pub mod plans;
pub mod products;
pub mod release_graphs;
pub mod release_insights;
pub mod releases;
pub mod server;
pub mod sign_in;
pub mod signing_keys;
pub mod storage_backends;
pub mod users;
pub mod views;

/// Declares the envelopes of a resource: one record under its name, and a page of records under the plural. The OpenAPI document takes
/// only descriptions that stand there word for word, so each resource brings its own.
macro_rules! envelopes {
    (
        $resource:ident,
        $one:ident { $(#[$about_one:meta])+ $name:ident },
        $many:ident { $(#[$about_many:meta])+ $plural:ident, $(#[$about_next:meta])+ next_page }
    ) => {
        #[doc = concat!("One record, under `", stringify!($name), "`.")]
        #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        pub struct $one {
            $(#[$about_one])+
            pub $name: $resource,
        }

        #[doc = concat!("A page of records, under `", stringify!($plural), "`.")]
        #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        pub struct $many {
            $(#[$about_many])+
            pub $plural: Vec<$resource>,
            $(#[$about_next])+
            pub next_page: Option<String>,
        }

        impl crate::lists::List for $many {
            type Item = $resource;

            fn into_page(self) -> (Vec<$resource>, Option<String>) {
                (self.$plural, self.next_page)
            }
        }
    };
}
pub(crate) use envelopes;

//! The OpenAPI documents at `/v1/openapi.json` and `/v1/openapi-devices.json`, and a page to browse them at `/docs` that needs nothing from
//! outside.

pub(crate) mod examples;
pub(crate) mod failures;
pub(crate) mod scopes;
mod tags;

use axum::Router;
use olivine_api::errors::ErrorCode;
use utoipa::Modify;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

use crate::app::App;

/// What the document says besides the paths.
#[derive(Debug, OpenApi)]
#[openapi(
    info(title = "Olivine Admin API"),
    modifiers(&Frame),
    security(("api_key" = []), ("session" = []))
)]
pub struct Base;

/// What holds for all operations, in a few sentences; `docs/api.md` says more.
const INTRODUCTION: &str = include_str!("openapi/introduction.md");

struct Frame;

impl Modify for Frame {
    fn modify(&self, document: &mut Document) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key: `Authorization: Bearer olv_…`"))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::Http(bearer));
        let cookie = "The session of a person who signed in. Requests that change something take the header `olivine-console: 1` as well, and come \
                      from a page of this server.";
        let cookie = ApiKeyValue::with_description("__Host-olivine", cookie);
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        document.info.description = Some(description());
        document.tags = Some(tags::described());
    }
}

/// The conventions, and all error codes.
fn description() -> String {
    use std::fmt::Write as _;
    let mut text = INTRODUCTION.to_owned();
    for (code, meaning) in ErrorCode::ALL {
        // Writing to a string can't fail.
        let _ = writeln!(text, "- `{}`: {meaning}", code.as_str());
    }
    text + "\n</details>\n"
}

/// The operations of a path with their methods.
pub(crate) fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let methods = [
        ("GET", &mut item.get),
        ("PUT", &mut item.put),
        ("POST", &mut item.post),
        ("PATCH", &mut item.patch),
        ("DELETE", &mut item.delete),
    ];
    methods.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// The documents of both APIs, and the page to browse them.
pub fn router(admin: Document, device: Document) -> Router<App> {
    // All groups are closed at first: a reader finds a group more easily than one of all operations.
    let config = Config::default().doc_expansion("none").default_models_expand_depth(0).filter(true);
    SwaggerUi::new("/docs")
        .config(config.try_it_out_enabled(false).display_request_duration(true))
        .url(Url::with_primary("Admin API", "/v1/openapi.json", true), admin)
        .url(Url::new("Device API", "/v1/openapi-devices.json"), device)
        .into()
}

//! The OpenAPI document at `/v1/openapi.json`, and a page to browse it at `/docs` that needs nothing from outside.

pub(crate) mod examples;
pub(crate) mod failures;

use axum::Router;
use olivine_api::errors::ErrorCode;
use utoipa::Modify;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_swagger_ui::SwaggerUi;

use crate::app::App;

/// What the document says besides the paths.
#[derive(Debug, OpenApi)]
#[openapi(
    info(title = "Olivine Admin API"),
    modifiers(&Frame),
    security(("api_key" = []))
)]
pub struct Base;

/// What holds for all operations, in a few sentences; `docs/api.md` says more.
const INTRODUCTION: &str = "Upload and sign firmware, and release it to fleets of devices.\n\n\
    **Access.** Send an API key with each request: `Authorization: Bearer olv_…`. A key belongs to one organization and sees nothing of \
    others. Each operation names the scope that the key needs.\n\n\
    **Names.** Each record has a PRN, `prn:1:<organization>:<type>:<uuid>`. Use it wherever a record is asked for.\n\n\
    **Times** are in RFC 3339 and UTC, such as `2026-01-15T10:30:00Z`.\n\n\
    **Lists** come in pages: send the `next_page` of an answer as `page`, until it is null. A parameter that does not exist is an error.\n\n\
    **Retries.** Once a POST with an `Idempotency-Key` has succeeded, repeating it within 24 hours changes nothing and gives the same \
    answer. A PATCH with `If-Match` (the `ETag` of an earlier answer) is refused with 412 if the record was changed since.\n\n\
    **Errors** are `{\"errors\": [{\"code\", \"message\", \"context\"}]}`. The codes:\n\n";

struct Frame;

impl Modify for Frame {
    fn modify(&self, document: &mut Document) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key: `Authorization: Bearer olv_…`"))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::Http(bearer));
        document.info.description = Some(description());
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
    text
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

/// The document, and the page to browse it.
pub fn router(document: Document) -> Router<App> {
    SwaggerUi::new("/docs").url("/v1/openapi.json", document).into()
}

//! The OpenAPI document at `/v1/openapi.json`, and a page to browse it at `/docs` that needs nothing from outside.

pub(crate) mod failures;

use axum::Router;
use olivine_api::errors::ErrorCode;
use utoipa::Modify;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_swagger_ui::SwaggerUi;

use crate::app::App;

/// What the document says besides the paths.
#[derive(Debug, OpenApi)]
#[openapi(
    info(title = "Olivine Admin API", description = "Managing firmware and distributing it to fleets of devices."),
    modifiers(&Frame),
    security(("api_key" = []))
)]
pub struct Base;

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
    let mut text = "Managing firmware and distributing it to fleets of devices.\n\n\
        Errors are `{\"errors\": [{\"code\", \"message\", \"context\"}]}`. The codes:\n\n"
        .to_owned();
    for (code, meaning) in ErrorCode::ALL {
        // Writing to a string can't fail.
        let _ = writeln!(text, "- `{}`: {meaning}", code.as_str());
    }
    text
}

/// The document, and the page to browse it.
pub fn router(document: Document) -> Router<App> {
    SwaggerUi::new("/docs").url("/v1/openapi.json", document).into()
}

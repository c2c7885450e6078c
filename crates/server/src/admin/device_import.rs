//! `/v1/devices/import`: many devices from one file. It is kept on disk while it arrives, so that nothing waits for a slow sender.

use std::fs::File;

use axum::extract::{Query, Request, State};
use futures_util::StreamExt as _;
use http::StatusCode;
use olivine_api::devices as api;
use olivine_api::errors::{ErrorBody, ErrorCode, ErrorItem};
use olivine_content::is_storage_full;
use olivine_domain::permissions::scope;
use olivine_operations::device_import::{self, Import};
use olivine_operations::{Error, device_import::Report};
use serde::Deserialize;
use tokio::io::AsyncWriteExt as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::app::App;
use crate::http::content_types::Content;
use crate::http::error::ApiError;
use crate::http::fields::named;
use crate::http::reading::paced;

/// The most bytes of a file.
const MAX_BYTES: usize = 256 * 1024 * 1024;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(import))
}

/// What an import is for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    #[serde(default)]
    dry_run: bool,
    product_prn: Option<String>,
    cohort_prn: Option<String>,
}

fn shown(report: Report) -> api::ImportReport {
    let problem = |problem: device_import::Problem| api::ImportProblem {
        line: problem.line,
        column: problem.column.map(str::to_owned),
        message: problem.message,
    };
    api::ImportReport {
        dry_run: report.dry_run,
        created: report.created,
        updated: report.updated,
        unchanged: report.unchanged,
        refused: report.refused,
        problems: report.problems.into_iter().map(problem).collect(),
    }
}

/// Import devices from CSV
///
/// Creates and changes devices, one for each line: all of them, or none if any line is wrong (see `refused`).
///
/// The first line names the columns: `identifier` (required), `product` (PRN or name), `cohort` (PRN, name, or the names of its product and
/// itself as `gateway/daily`), `description`, `tags` (separated by `;` or spaces), `target`, `quarantined` (`true` or `false`) and
/// `certificate` (base64 of PEM). A device that exists is changed where its line differs from it; columns that the file lacks stay as they
/// are. Cells are separated by commas, semicolons or tabs; the text is
/// UTF-8, or UTF-16 with a byte-order mark. Empty lines are skipped. At most 256 MiB and 1,000,000 lines. Scope: `device.create`.
#[utoipa::path(post, path = "/devices/import", tag = "devices", params(
    ("dry_run" = Option<bool>, Query, description = "With true, nothing is changed: the answer says what the import would do with the lines. Default: false."),
    ("product_prn" = Option<String>, Query, description = "The PRN of the product for lines that don't name a product."),
    ("cohort_prn" = Option<String>, Query, description = "The PRN of the cohort for lines that don't name a cohort.")),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = api::ImportReport), (status = 400, body = ErrorBody),
    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 413, body = ErrorBody),
    (status = 415, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn import(
    State(app): State<App>,
    Permit(by): Permit<scope::DeviceCreate>,
    request: Request,
) -> Result<axum::Json<api::ImportReport>, ApiError> {
    let parameters = Query::try_from_uri(request.uri());
    let Query(parameters): Query<Parameters> =
        parameters.map_err(|error| ApiError::bad_request(error.body_text()))?;
    let named_product = parameters.product_prn.map(|prn| named(&prn, by.organization));
    let named_cohort = parameters.cohort_prn.map(|prn| named(&prn, by.organization));
    let import = Import {
        product: named_product.transpose()?,
        cohort: named_cohort.transpose()?,
        dry_run: parameters.dry_run,
    };
    Content::Csv.check(&request)?;
    let _ticket = app.imports.admit(&by.organization, None)?;
    let file = spool(&app, request).await?;
    let report = device_import::import(&app.ctx, &by, import, &file).await?;
    Ok(axum::Json(shown(report)))
}

/// The body in a file that has no name, and ends with this request.
async fn spool(app: &App, request: Request) -> Result<File, ApiError> {
    let broken = |error: std::io::Error| {
        if is_storage_full(error.kind()) {
            Error::StorageFull
        } else {
            Error::Unavailable { what: "folder for temporary files", source: error.into() }
        }
    };
    let file = tokio::task::spawn_blocking(tempfile::tempfile).await.map_err(Error::internal)?;
    let mut file = tokio::fs::File::from_std(file.map_err(broken)?);
    let (mut body, mut size) = (paced(request, &app.limits), 0);
    while let Some(bytes) = body.next().await {
        let bytes = bytes.map_err(Error::Interrupted)?;
        size += bytes.len();
        if size > MAX_BYTES {
            let message = format!("an import may have at most {MAX_BYTES} bytes: split the file");
            let item = ErrorItem::new(ErrorCode::PayloadTooLarge, message).with("limit", MAX_BYTES);
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, item));
        }
        file.write_all(&bytes).await.map_err(broken)?;
    }
    file.flush().await.map_err(broken)?;
    Ok(file.into_std().await)
}

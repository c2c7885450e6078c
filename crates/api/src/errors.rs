//! Errors as they are said: `{"errors": [{"code", "message", "context"}]}`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The body of every answer that is not a success.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// What is wrong, at least one entry. If several fields are invalid, there is one entry for each.
    pub errors: Vec<ErrorItem>,
}

/// One thing that is wrong with the request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ErrorItem {
    /// The kind of error, for programs. Codes are stable; the list is at the top of this document.
    #[schema(example = "invalid_transition")]
    pub code: String,
    /// What is wrong and what to do about it, for people. The wording can change.
    pub message: String,
    /// Facts about the error by name, such as the field, the limit or the present state. Absent if there are none.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    #[schema(value_type = Object)]
    pub context: serde_json::Map<String, serde_json::Value>,
}

impl ErrorItem {
    /// An error without facts.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code: code.as_str().to_owned(), message: message.into(), context: serde_json::Map::new() }
    }

    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, name: &str, fact: impl Into<serde_json::Value>) -> Self {
        self.context.insert(name.to_owned(), fact.into());
        self
    }
}

/// Declares the codes.
macro_rules! codes {
    ($($variant:ident = $name:literal, $doc:literal;)*) => {
        /// What went wrong, for programs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ErrorCode {
            $(#[doc = $doc] $variant,)*
        }

        impl ErrorCode {
            /// All codes with what they mean, for the documentation.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$variant, $doc),)*];

            /// The code on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

codes! {
    BadRequest = "bad_request", "The request can't be read: malformed JSON, query, header or path.";
    Unauthenticated = "unauthenticated", "The request has no API key and no session, or an API key that is unknown, expired or revoked.";
    Unauthorized = "unauthorized", "The caller lacks a scope; the context names it.";
    SignInFailed = "sign_in_failed", "The address, the password or the code is wrong, or the account can't sign in.";
    SecondFactorRequired = "second_factor_required", "The account has a second factor: send a code as well.";
    SessionEnded = "session_ended", "The session of the cookie is over: sign in again.";
    PersonRequired = "person_required", "Only a signed-in person can do this, not an API key.";
    OwnerRequired = "owner_required", "The record would belong to a person, and this API key belongs to none: sign in, or use a personal API key.";
    ReauthenticationRequired = "reauthentication_required", "The session is not fresh: send the password again (POST /v1/reauthenticate), then repeat the request.";
    SecondFactorMissing = "second_factor_missing", "The account has no second factor, or no setup of one that waits for its confirmation.";
    CsrfRefused = "csrf_refused", "The request has a session cookie, but not the headers that pages of the server send: Origin and olivine-console.";
    InsecureTransport = "insecure_transport", "People can sign in only over HTTPS, except on the server's own machine.";
    OrganizationRequired = "organization_required", "The person is in several organizations: name one in the header olivine-organization.";
    EmailTaken = "email_taken", "An account with this address exists already: sign in to it first.";
    LastAdmin = "last_admin", "This is the last administrator of the organization or of the installation, so the change is refused.";
    TooManyKeys = "too_many_keys", "The person has the largest possible number of personal keys: revoke one.";
    SetupDone = "setup_done", "The installation is set up already: it has people.";
    OutsideReach = "outside_reach", "The caller reaches only some products and cohorts, and the request concerns another one, or all of them.";
    NotYourAccount = "not_your_account", "Only an administrator of the installation can do this to the account.";
    NotFound = "not_found", "There is no such record in this organization.";
    MethodNotAllowed = "method_not_allowed", "The path exists, but it does not take this method.";
    RequestTimeout = "request_timeout", "The request did not arrive in time, or was not answered in time.";
    NameTaken = "name_taken", "Another record has this name.";
    VersionTaken = "version_taken", "The artifact has this version already.";
    TargetTaken = "target_taken", "The artifact version has a binary for this target already; the context names it.";
    KeyTaken = "key_taken", "This key is registered already; the context names it.";
    IdTaken = "id_taken", "A record with this id exists already.";
    InUse = "in_use", "Other records depend on this one; the message says which.";
    Archived = "archived", "The request uses an archived record for something new; the context names it.";
    ReleaseNotInCohort = "release_not_in_cohort", "The release that was named as the next or previous one belongs to another cohort.";
    ReleasesNotNeighbours = "releases_not_neighbours", "The named previous release does not point to the named next one.";
    ReleaseCycle = "release_cycle", "The releases would form a cycle: the path from the named next release leads back to this one.";
    SinkConstrained = "sink_constrained", "Nothing can follow the cohort's latest release while that is scheduled in the future or phased; the context names it.";
    ConstrainedBeforeSink = "constrained_before_sink", "Only the latest release of a cohort may be scheduled in the future or phased; the context names the one that follows.";
    SecondSink = "second_sink", "A cohort has one latest release, which the context names; all others point to a next one.";
    SeveralSinks = "several_sinks", "The cohort's latest release can't be deleted or archived while several releases point to it.";
    RollbackTargetUnclear = "rollback_target_unclear", "There is no release before the one to roll back, or there are several with different bundles: name the bundle.";
    RollbackLaterRelease = "rollback_later_release", "The devices can already get a later release, so they would go there and not back; the context names it.";
    RollbackUndeliverable = "rollback_undeliverable", "The bundle to go back to can't be delivered to any device of the release.";
    NotRetried = "not_retried", "The job is running or finished, or another job for the same work was created since; the context names its state.";
    TooManyStops = "too_many_stops", "The largest number of products and cohorts is stopped already. The whole organization can still be stopped.";
    IdentifierTaken = "identifier_taken", "Another device has this identifier.";
    CertificateTaken = "certificate_taken", "This certificate is registered already; the context names where.";
    ConfirmationRequired = "confirmation_required", "The binary is in bundles of releases or overrides, or devices are on the release; the context names them or their number: repeat with ?confirm= and the PRN of the record.";
    CertificateMissing = "certificate_missing", "The connection has no client certificate.";
    CertificateInvalid = "certificate_invalid", "The client certificate can't be read.";
    CertificateUnknown = "certificate_unknown", "No device has this client certificate, and no registered CA with provisioning signed it.";
    CertificateRemoved = "certificate_removed", "This client certificate was removed, or its device was deleted.";
    CertificateExpired = "certificate_expired", "The client certificate has expired (or is not valid yet), and this is not accepted here.";
    ProvisioningRefused = "provisioning_refused", "A registered CA signed the certificate, but no device can be created for it; the message says why.";
    InvalidTransition = "invalid_transition", "The binary's state does not allow this; the context names what it allows.";
    InvalidState = "invalid_state", "The binary is in a state in which this can't be done.";
    IncompleteUpload = "incomplete_upload", "Parts are missing, not valid or too small, or their sizes together are not the size of the binary.";
    Conflict = "conflict", "Somebody else changed the record at the same time: read it again and retry.";
    GraphChanged = "graph_changed", "The releases of the cohort are no longer those that `graph_revision` names; the context has the present one.";
    TooManyBulkOperations = "too_many_bulk_operations", "As many bulk operations of the organization as are allowed are running: wait until one is finished, or cancel one.";
    CountDiffers = "count_differs", "The number of devices is not `confirm_count`; the context has the number. Nothing was changed.";
    TooManyViews = "too_many_views", "The person has as many views as there can be, or the organization as many shared ones: delete one.";
    NotRunning = "not_running", "The bulk operation is over, so it can't be cancelled.";
    PreconditionFailed = "precondition_failed", "The record was changed since: it no longer has the revision that If-Match names.";
    PayloadTooLarge = "payload_too_large", "The body is larger than the limit that the message names.";
    UnsupportedMediaType = "unsupported_media_type", "The body has a content type that this operation does not take; most operations take JSON.";
    RangeNotSatisfiable = "range_not_satisfiable", "The content does not have the bytes that were asked for.";
    Invalid = "invalid", "The value of a field is not valid; the context names the field.";
    UnknownField = "unknown_field", "The request has a field that does not exist.";
    SizeMismatch = "size_mismatch", "The number of bytes that arrived is not the announced one.";
    HashMismatch = "hash_mismatch", "The SHA-256 of the bytes that arrived is not the announced one.";
    SignatureInvalid = "signature_invalid", "The signature was not made with this key over this content.";
    StorageRefused = "storage_refused", "A storage refuses an operation that the server needs.";
    SigningKeyUnusable = "signing_key_unusable", "The signing key is disabled, revoked, or its certificate is not valid now.";
    IdempotencyKeyReused = "idempotency_key_reused", "The Idempotency-Key was used for another request.";
    IdempotencyInProgress = "idempotency_in_progress", "The first request with this Idempotency-Key is not finished.";
    RateLimited = "rate_limited", "This caller sends too many requests, or all callers together do: retry after the time in Retry-After.";
    SearchTooBroad = "search_too_broad", "The search has to look through too many records; the message says how to narrow it.";
    SearchInProgress = "search_in_progress", "Another search of this caller is running, or the server is busy with searches: retry after the time in Retry-After.";
    HeadersTooLarge = "headers_too_large", "The header section is larger than the server accepts.";
    LinkInvalid = "link_invalid", "This URL was not made by this server, or it was altered.";
    LinkExpired = "link_expired", "This URL has expired: ask for a new one.";
    FeedReplaced = "feed_replaced", "This cursor of the event feed belongs to a feed that no longer exists, after a restore, a copy or a failover: go on with `resume` if it is given, or else with an older cursor or 0.";
    ContentGone = "content_gone", "The content of this URL was reset or destroyed.";
    StorageFull = "storage_full", "The server's disk or storage is full; nothing was changed.";
    QuotaExceeded = "quota_exceeded", "The organization's storage quota does not allow this.";
    Misconfigured = "misconfigured", "The server's storage or database refuses this, for example because of wrong credentials. Trying again does not help: the server's operator has to change something.";
    Stale = "stale", "This server may have missed changes that others made, so it offers no updates at the moment: retry after the time in Retry-After, or ask another server.";
    Unavailable = "unavailable", "Something that the server depends on is down: retry later.";
    Internal = "internal", "An error in the server; its log has the details under the request id.";
}

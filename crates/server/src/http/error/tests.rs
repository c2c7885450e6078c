use std::fmt::Write as _;

use olivine_content::ProbeFailed;
use olivine_content::tokens::TokenError;
use olivine_domain::archiving::Archived;
use olivine_domain::binaries::{Action, BinaryState, decide};
use olivine_domain::binary_parts::{MAX_SIZE, PartFacts, PartIndex, PartState, check_complete, check_fits};
use olivine_domain::cohorts::Cohort;
use olivine_domain::organizations::{Organization, QuotaExceeded};
use olivine_domain::permissions::{Actor, Identity, MissingScope, Scope};
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::releases::graph::{GraphRefusal, Named};
use olivine_domain::releases::leaving::Leaving;
use olivine_domain::releases::rollback::RollbackRefusal;
use olivine_domain::signing_keys::KeyRefusal;
use olivine_domain::{Sha256Digest, Timestamp};
use olivine_operations::binaries::ConfirmationRequired;
use olivine_operations::binary_signatures::SignatureInvalid;
use olivine_operations::content::{HashMismatch, SizeMismatch};
use olivine_operations::distribution::CertificateRefusal;
use olivine_operations::handing_out::{GrantExceeded, Handed};
use olivine_operations::idempotency::KeyReused;
use olivine_operations::releases::{
    GraphChanged, GraphRevision, OtherCohort, ReleaseHasDevices, RollbackUndeliverable,
};
use olivine_operations::storage_backends::StorageRefused;
use uuid::Uuid;

use super::*;

#[test]
fn a_search_that_takes_too_much_is_the_callers_to_narrow() {
    let broad = Error::from(olivine_records::Error::TooBroad { seconds: 2, indexed: &["type"] });
    let said = broad.to_string();
    assert!(said.contains("narrow it to a range of time") && said.contains("(type)"), "{said}");
    assert_eq!(meaning(&broad), (StatusCode::BAD_REQUEST, ErrorCode::SearchTooBroad.as_str()));
    let sorted = Error::from(olivine_records::Error::TooManyToSort { seconds: 2 });
    assert!(sorted.to_string().contains("leave out sort"), "{sorted}");
    assert_eq!(meaning(&sorted), (StatusCode::BAD_REQUEST, ErrorCode::SearchTooBroad.as_str()));
    let second = Error::from(olivine_records::Error::ScanInProgress);
    assert_eq!(meaning(&second), (StatusCode::TOO_MANY_REQUESTS, ErrorCode::SearchInProgress.as_str()));
    assert!(ApiError::from(second).into_response().headers().contains_key(RETRY_AFTER));
}

/// A client acts on the status, the code and the context: this is what each refusal says.
#[test]
fn refusals_keep_their_status_code_message_and_context() {
    let all = releases().into_iter().chain(contents()).chain(callers()).chain(people()).chain(console());
    let mut said = String::new();
    for error in all {
        let ApiError { status, items, .. } = error.into();
        for ErrorItem { code, message, context } in items {
            writeln!(said, "{} {code}\n    {message}\n    {}", status.as_u16(), Value::Object(context))
                .unwrap();
        }
    }
    let expected = include_str!("refusals.txt");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/http/error/refusals.txt");
        std::fs::write(file, &said).unwrap();
        return;
    }
    assert_eq!(said, expected, "UPDATE_DOCS=1 writes the new answers");
}

fn organization() -> Id<Organization> {
    Id::new(Uuid::from_u128(900))
}

fn named(number: u128) -> Named {
    let prn = Id::<Release>::new(Uuid::from_u128(number)).prn(organization());
    Named { name: format!("R{number}").parse().unwrap(), prn }
}

fn releases() -> Vec<Error> {
    let undeliverable = RollbackUndeliverable {
        bundle: "prn:1:900:bundle:1".to_owned(),
        reason: "it has nothing".to_owned(),
    };
    let changed = GraphChanged {
        cohort: Id::<Cohort>::new(Uuid::from_u128(1)).prn(organization()),
        now: GraphRevision::new("0123456789abcdef0123456789abcdef".to_owned()),
    };
    let leaving = Leaving {
        devices: 9,
        go_to: vec![(named(2), 3), (named(3), 1)],
        count_as: vec![(named(4), 1)],
        stranded: 4,
    };
    vec![
        GraphRefusal::NotInCohort(Id::new(Uuid::from_u128(1))).into(),
        GraphRefusal::Archived(named(1)).into(),
        Error::refused(Archived {
            kind: "artifact_version",
            title: Some("1.2.3".to_owned()),
            prn: "prn:1:900:artifact_version:1".to_owned(),
        }),
        Error::refused(Archived { kind: "bundle", title: None, prn: "prn:1:900:bundle:1".to_owned() }),
        GraphRefusal::SinkConstrained(named(1)).into(),
        GraphRefusal::ConstrainedBeforeSink { release: named(1).name, next: named(2) }.into(),
        GraphRefusal::NotNeighbours { previous: named(1), next: named(2) }.into(),
        GraphRefusal::Cycle { release: named(1), next: named(2) }.into(),
        GraphRefusal::SecondSink { release: named(1), sink: named(2) }.into(),
        GraphRefusal::SeveralSinks { sink: named(3), previous: vec![named(1), named(2)] }.into(),
        Error::refused(changed),
        Error::refused(OtherCohort(named(1))),
        RollbackRefusal::ReleaseGraph(GraphRefusal::SinkConstrained(named(1))).into(),
        RollbackRefusal::NoneBefore(named(1)).into(),
        RollbackRefusal::SeveralBefore { release: named(3), before: vec![named(1), named(2)] }.into(),
        RollbackRefusal::LaterRelease { release: named(1), next: named(2) }.into(),
        RollbackRefusal::SameBundle(named(1)).into(),
        RollbackRefusal::VersionUnknown.into(),
        Error::refused(undeliverable),
        Error::refused(ReleaseHasDevices { release: named(1), leaving }),
        Error::refused(ConfirmationRequired {
            confirm: "prn:1:900:binary:1".to_owned(),
            releases: vec![("prn:1:900:release:1".to_owned(), "R1".to_owned())],
            bundle_overrides: vec![("prn:1:900:bundle_override:1".to_owned(), "O1".to_owned())],
        }),
    ]
}

fn console() -> Vec<Error> {
    use olivine_domain::bulk_operations::{BulkRefusal, State};
    use olivine_domain::jobs::{JobState, NotRetried};
    use olivine_domain::views::{NoOwner, TooManyViews};
    vec![
        Error::refused(NoOwner),
        Error::refused(TooManyViews::OfOwner),
        Error::refused(TooManyViews::Shared),
        Error::refused(olivine_domain::stops::TooManyStops),
        Error::refused(NotRetried::State(JobState::Finished)),
        Error::refused(NotRetried::OrderedAnew),
        Error::refused(BulkRefusal::TooManyRunning),
        Error::refused(BulkRefusal::OtherCount { count: 3, confirmed: 2 }),
        Error::refused(BulkRefusal::NotRunning(State::Cancelled)),
    ]
}

fn contents() -> Vec<Error> {
    let part = |index, size, state| PartFacts { index: PartIndex::new(index).unwrap(), size, state };
    let valid = |index, size| part(index, size, PartState::Valid);
    let incomplete = |parts: &[PartFacts], size| check_complete(parts, size).unwrap_err().into();
    let hash = |byte| Sha256Digest::from_bytes([byte; 32]);
    vec![
        decide(BinaryState::Hashable, false, Action::Ask(BinaryState::Signed)).unwrap_err().into(),
        decide(BinaryState::Destroyed, true, Action::Ask(BinaryState::Signed)).unwrap_err().into(),
        decide(BinaryState::Uploadable, false, Action::AttachSignature).unwrap_err().into(),
        decide(BinaryState::Signed, true, Action::Delete).unwrap_err().into(),
        decide(BinaryState::Destroyed, true, Action::Delete).unwrap_err().into(),
        incomplete(&[], None),
        incomplete(&[valid(2, 9), valid(4, 9)], None),
        incomplete(&[part(1, 9, PartState::InvalidHash), part(2, 9, PartState::Uploadable)], None),
        incomplete(&[valid(1, 8), valid(2, 9)], None),
        incomplete(&[valid(1, 9)], Some(8)),
        check_fits(MAX_SIZE + 1, None, None).unwrap_err().into(),
        check_fits(6, Some(5), None).unwrap_err().into(),
        check_fits(5, Some(5), Some(6)).unwrap_err().into(),
        QuotaExceeded { used: 5, allowed: 10, asked: 6 }.into(),
        Error::refused(SizeMismatch { expected: 5, actual: "6 bytes".to_owned() }),
        Error::refused(HashMismatch { expected: hash(1), actual: hash(2) }),
        TokenError::Invalid.into(),
        TokenError::Expired.into(),
        TokenError::WrongPurpose.into(),
        Error::refused(StorageRefused(ProbeFailed {
            step: "writing",
            permission: Some("s3:PutObject"),
            told: "AccessDenied".to_owned(),
        })),
        Error::refused(SignatureInvalid("this is not a signature".to_owned())),
        KeyRefusal::Disabled.into(),
    ]
}

fn people() -> Vec<Error> {
    use olivine_domain::accounts::NotYourAccount;
    use olivine_domain::memberships::LastAdmin;
    use olivine_domain::permissions::Stale;
    use olivine_operations::people::invitations::{NotForYou, SignInFirst};
    use olivine_operations::people::refusals::{CodeMissing, LinkRefused, SignInFailed};
    use olivine_operations::people::set_up::SetUpDone;
    use olivine_operations::people::users::LastAdministrator;
    use olivine_operations::people::{NoOrganization, NotFresh, PersonRequired, SessionEnded};

    let several = NoOrganization::Several(vec!["default".to_owned(), "other".to_owned()]);
    let person = Identity::User(Id::new(Uuid::from_u128(1)));
    vec![
        MissingScope { identity: person, scope: Scope::ReleaseCreate }.into(),
        Error::refused(Stale(Scope::BinaryDestroy)),
        Error::refused(NotFresh),
        Error::refused(SessionEnded),
        Error::refused(PersonRequired),
        Error::refused(NoOrganization::None),
        Error::refused(several),
        Error::refused(SignInFailed),
        Error::refused(CodeMissing),
        Error::refused(LinkRefused),
        Error::refused(SetUpDone),
        Error::refused(SignInFirst),
        Error::refused(NotForYou::OtherAddress),
        Error::refused(NotForYou::Member),
        Error::refused(NotYourAccount),
        Error::refused(LastAdmin),
        Error::refused(LastAdministrator),
    ]
}

fn callers() -> Vec<Error> {
    let lacking = |identity| MissingScope { identity, scope: Scope::ReleaseCreate };
    let key = Identity::ApiKey(Id::new(Uuid::from_u128(1)));
    let system = Actor::system(organization()).identity;
    let day = Timestamp::EPOCH;
    let stranger = |refusal: CertificateRefusal| Error::refused(refusal);
    vec![
        lacking(key).into(),
        Error::refused(GrantExceeded(lacking(key), Handed::Key)),
        Error::refused(GrantExceeded(lacking(system), Handed::Key)),
        Error::refused(KeyReused),
        stranger(CertificateRefusal::Unknown { version: 1, doubts: vec!["a doubt".to_owned()] }),
        stranger(CertificateRefusal::Unproven { doubts: Vec::new() }),
        stranger(CertificateRefusal::Removed),
        stranger(CertificateRefusal::NotValid { not_before: day, not_after: day }),
    ]
}

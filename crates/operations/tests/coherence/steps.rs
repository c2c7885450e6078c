//! What can happen, and how it is chosen.

use std::fmt;

use proptest::prelude::*;
use proptest::sample::select;

/// One change, and what is asked along with it.
#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) change: Change,
    pub(crate) by: Maker,
    pub(crate) course: Course,
    pub(crate) check: Option<Check>,
    /// What devices are said to run while answers are compared.
    pub(crate) said: Said,
}

impl fmt::Debug for Step {
    /// In one line, however it is asked for: a history has many.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { change: Change { kind, picks }, by, course, check, said } = self;
        write!(f, "{by:?} {course:?} {kind:?} {picks:?} {check:?} {said:?}")
    }
}

/// A change: what of, and numbers that choose the records and values that it is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) kind: Kind,
    pub(crate) picks: Picks,
}

/// Each chooses one of several possibilities: see [`place`] for records, values are taken in turn.
pub(crate) type Picks = [u8; 5];

/// Which of so many records, the oldest first, a number chooses. The two youngest are chosen more often, because what follows upon
/// something new is worth more than what happens to something old.
pub(crate) fn place(pick: u8, records: usize) -> Option<usize> {
    let half = usize::from(pick / 2);
    if pick.is_multiple_of(2) {
        records.checked_sub(1 + half % records.clamp(1, 2))
    } else {
        half.checked_rem(records)
    }
}

/// Which of the two lasting processes makes a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Maker {
    First,
    Second,
}

/// How a change is made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Course {
    /// Nobody asks anything until it is made.
    Alone,
    /// Both processes are asked while it is made.
    AmongQuestions,
    /// The client goes away after so many steps; the change may be made or not.
    BrokenOff(u8),
}

/// A device asks, or all of them do, with all that follows from it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Check {
    pub(crate) at: Asked,
    pub(crate) device: u8,
    pub(crate) said: Said,
}

/// Which process a device asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    First,
    Second,
    /// A process that does not yet know of the last change; afterwards the first one.
    Unaware,
}

/// What a device says it runs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Said {
    Nothing,
    /// The same as before. Then all devices ask.
    Same,
    /// A release of its cohort, if there ever was one.
    Release(u8),
    Bundle(u8),
    Version(u8),
    ReleaseAndVersion(u8, u8),
    Nonsense,
}

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A product with a cohort, a release and a device.
    CreateLine,
    CreateProduct,
    RetargetProduct,
    DeleteProduct,
    CreateCohort,
    RenameCohort,
    DeleteCohort,
    CreateDevice,
    MoveDevice,
    TagDevice,
    RetargetDevice,
    RenameDevice,
    QuarantineDevice,
    DeleteDevice,
    ImportDevices,
    RegisterCertificate,
    RemoveCertificate,
    CreateAuthority,
    ChangeAuthority,
    DeleteAuthority,
    Appear,
    CreateRelease,
    ChangeRelease,
    DeleteRelease,
    /// Another one in its place, with its bundle and version.
    ReplaceRelease,
    TakeBackRelease,
    ArchiveRelease,
    UnarchiveRelease,
    CreateBundle,
    RenameBundle,
    DeleteBundle,
    CreateOverride,
    ChangeOverride,
    DeleteOverride,
    ChangeKey,
    CreateBinary,
    AskBinary,
    Sign,
    Unsign,
    ChangeOrganization,
    /// Or resume.
    Stop,
    PassTime,
}

/// The kinds, and how often each is chosen.
const WEIGHTS: [(usize, Kind); 42] = [
    (3, Kind::CreateLine),
    (2, Kind::CreateProduct),
    (3, Kind::RetargetProduct),
    (1, Kind::DeleteProduct),
    (3, Kind::CreateCohort),
    (1, Kind::RenameCohort),
    (1, Kind::DeleteCohort),
    (4, Kind::CreateDevice),
    (7, Kind::MoveDevice),
    (3, Kind::TagDevice),
    (3, Kind::RetargetDevice),
    (1, Kind::RenameDevice),
    (3, Kind::QuarantineDevice),
    (3, Kind::DeleteDevice),
    (3, Kind::ImportDevices),
    (4, Kind::RegisterCertificate),
    (4, Kind::RemoveCertificate),
    (3, Kind::CreateAuthority),
    (2, Kind::ChangeAuthority),
    (1, Kind::DeleteAuthority),
    (5, Kind::Appear),
    (9, Kind::CreateRelease),
    (7, Kind::ChangeRelease),
    (4, Kind::DeleteRelease),
    (3, Kind::ReplaceRelease),
    (3, Kind::TakeBackRelease),
    (4, Kind::ArchiveRelease),
    (4, Kind::UnarchiveRelease),
    (3, Kind::CreateBundle),
    (1, Kind::RenameBundle),
    (1, Kind::DeleteBundle),
    (4, Kind::CreateOverride),
    (4, Kind::ChangeOverride),
    (2, Kind::DeleteOverride),
    (3, Kind::ChangeKey),
    (1, Kind::CreateBinary),
    (2, Kind::AskBinary),
    (4, Kind::Sign),
    (1, Kind::Unsign),
    (3, Kind::ChangeOrganization),
    (3, Kind::Stop),
    (4, Kind::PassTime),
];

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let maker = prop_oneof![Just(Maker::First), Just(Maker::Second)];
    let check = proptest::option::weighted(0.6, check());
    (change(), maker, course(), check, said()).prop_map(|(change, by, course, check, said)| Step {
        change,
        by,
        course,
        check,
        said,
    })
}

fn change() -> impl Strategy<Value = Change> {
    let kinds: Vec<_> = WEIGHTS.iter().flat_map(|(weight, kind)| vec![*kind; *weight]).collect();
    (select(kinds), any::<Picks>()).prop_map(|(kind, picks)| Change { kind, picks })
}

fn course() -> impl Strategy<Value = Course> {
    prop_oneof![
        6 => Just(Course::Alone),
        2 => Just(Course::AmongQuestions),
        1 => (1..60_u8).prop_map(Course::BrokenOff),
    ]
}

fn check() -> impl Strategy<Value = Check> {
    let at = prop_oneof![2 => Just(Asked::First), 2 => Just(Asked::Second), 1 => Just(Asked::Unaware)];
    (at, any::<u8>(), said()).prop_map(|(at, device, said)| Check { at, device, said })
}

fn said() -> impl Strategy<Value = Said> {
    prop_oneof![
        1 => Just(Said::Nothing),
        4 => Just(Said::Same),
        5 => any::<u8>().prop_map(Said::Release),
        1 => any::<u8>().prop_map(Said::Bundle),
        3 => any::<u8>().prop_map(Said::Version),
        2 => any::<(u8, u8)>().prop_map(|(release, version)| Said::ReleaseAndVersion(release, version)),
        1 => Just(Said::Nonsense),
    ]
}

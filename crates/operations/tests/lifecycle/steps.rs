//! What can happen, and how it is chosen.

use std::pin::Pin;
use std::task::{Context as Waker, Poll};

use olivine_domain::binaries::BinaryState;
use olivine_domain::binary_parts::MIN_SIZE;
use proptest::collection::vec;
use proptest::prelude::*;

/// Something that a client does.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Creates a binary, if there is none for the target.
    Create,
    /// Announces a part of the content, or of other bytes, and sends some bytes to the URL that comes back.
    Part { place: usize, promise: Promise, body: Body },
    /// Sends bytes to a URL that was given out earlier.
    Again { url: usize, body: Body },
    /// Announces and sends all parts as they should be, and says that they are there.
    Whole,
    /// Sends the whole content in one request.
    Direct { body: Body },
    /// `PATCH state=…`
    Ask(BinaryState),
    /// Attaches a signature that is right, or one over something else.
    Sign(Promise),
    /// Deletes the first signature.
    Unsign,
    /// Deletes the record.
    Delete,
}

/// Whether something is the one that belongs to the binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promise {
    Right,
    Other,
}

/// What is sent, compared with what was announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Right,
    OtherBytes,
    TooShort,
    TooLong,
    BreaksOff,
}

/// An action, and after how many steps of its own it is dropped, if it is.
pub(crate) type Attempt = (Action, Option<u8>);

/// What happens next.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// These at the same time.
    Together(Vec<Attempt>),
    /// So many minutes pass.
    Later(i64),
    /// All orders are carried out.
    Settle,
    /// The process dies, and another one starts.
    Crash,
}

/// The parts of a content: one small one, or, now and then, two.
pub(crate) fn contents() -> impl Strategy<Value = Vec<usize>> {
    let least = usize::try_from(MIN_SIZE).expect("5 MiB");
    prop_oneof![5 => Just(vec![1000]), 1 => Just(vec![0]), 2 => Just(vec![least, 700])]
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let attempt = (action(), prop_oneof![3 => Just(None), 1 => (1..30_u8).prop_map(Some)]);
    prop_oneof![
        12 => vec(attempt, 1..4).prop_map(Step::Together),
        2 => prop_oneof![Just(1), Just(61), Just(8 * 24 * 60)].prop_map(Step::Later),
        4 => Just(Step::Settle),
        2 => Just(Step::Crash),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        2 => Just(Action::Create),
        5 => (0..2_usize, promise(), body()).prop_map(|(place, promise, body)| Action::Part { place, promise, body }),
        2 => (0..8_usize, body()).prop_map(|(url, body)| Action::Again { url, body }),
        8 => Just(Action::Whole),
        3 => body().prop_map(|body| Action::Direct { body }),
        8 => prop::sample::select(&BinaryState::ALL[..]).prop_map(Action::Ask),
        6 => promise().prop_map(Action::Sign),
        1 => Just(Action::Unsign),
        1 => Just(Action::Delete),
    ]
}

fn promise() -> impl Strategy<Value = Promise> {
    prop_oneof![4 => Just(Promise::Right), 1 => Just(Promise::Other)]
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        6 => Just(Body::Right),
        1 => Just(Body::OtherBytes),
        1 => Just(Body::TooShort),
        1 => Just(Body::TooLong),
        1 => Just(Body::BreaksOff),
    ]
}

/// A future that is dropped when it has been polled so many times without an end: as the task of a client that went away.
pub(crate) struct CutOff<F> {
    inner: Option<Pin<Box<F>>>,
    left: Option<u8>,
}

impl<F> CutOff<F> {
    pub(crate) fn after(polls: Option<u8>, inner: F) -> Self {
        Self { inner: Some(Box::pin(inner)), left: polls }
    }
}

impl<F: Future> Future for CutOff<F> {
    /// `None` for what was dropped.
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, waker: &mut Waker<'_>) -> Poll<Self::Output> {
        if self.left == Some(0) {
            self.inner = None;
            return Poll::Ready(None);
        }
        self.left = self.left.map(|left| left - 1);
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        match inner.as_mut().poll(waker) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.left == Some(0) => {
                self.inner = None;
                Poll::Ready(None)
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

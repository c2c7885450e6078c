//! A request to stop, which the agent obeys where stopping does no harm.

use tokio::sync::watch;

/// Knows whether the agent should stop.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<bool>);

/// Makes it stop.
#[derive(Clone, Debug)]
pub(crate) struct Stopper(watch::Sender<bool>);

/// A request to stop that was not made yet, and its sender.
pub(crate) fn stop() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(false);
    (Stopper(sender), Stop(receiver))
}

impl Stopper {
    /// Asks the agent to stop.
    pub(crate) fn ask(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Whether it should stop.
    pub(crate) fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Comes back when it should stop.
    pub(crate) async fn asked(&mut self) {
        if self.0.wait_for(|asked| *asked).await.is_err() {
            // Nobody is left who could ask.
            std::future::pending::<()>().await;
        }
    }
}

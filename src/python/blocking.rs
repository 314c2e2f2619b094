//! A call for synchronous code: the interpreter's lock released, Ctrl-C honoured.

use std::future::Future;
use std::time::Duration;

use pyo3::prelude::*;
use tokio::time::timeout;

use super::runtime;

/// How often a waiting call looks for signals.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

/// Waits for `work`. `meanwhile` runs now and then with the interpreter's lock held.
///
/// An exception that a signal handler raises, `KeyboardInterrupt` above all, drops the work and its connection.
pub(super) fn run<T: Send>(
    py: Python<'_>,
    work: impl Future<Output = T> + Send,
    meanwhile: impl Fn(Python<'_>) + Sync,
) -> PyResult<T> {
    let runtime = runtime::foreground(py)?;
    py.detach(|| {
        let mut work = Box::pin(work);
        loop {
            let slice = async { timeout(SIGNAL_INTERVAL, work.as_mut()).await };
            if let Ok(done) = runtime.block_on(slice) {
                return Ok(done);
            }
            // Nothing to attach to means that the interpreter is about to exit, and this thread with it.
            let go_on = Python::try_attach(|py| {
                meanwhile(py);
                py.check_signals()
            });
            if let Err(interrupt) = go_on.unwrap_or(Ok(())) {
                drop(work);
                runtime.block_on(close_what_was_dropped());
                return Err(interrupt);
            }
        }
    })
}

/// Lets the connections of a call that was given up notice it: nobody else may drive them for long.
async fn close_what_was_dropped() {
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
}

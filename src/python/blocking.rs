//! A call for synchronous code: the interpreter's lock released, Ctrl-C honoured.

use std::future::Future;
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::time::timeout;

use super::gate::detached;
use super::runtime;

/// How often a waiting call looks for signals.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

/// Waits for `work`. `meanwhile` runs now and then with the interpreter's lock held.
///
/// An exception that a signal handler raises, `KeyboardInterrupt` above all, or one that `meanwhile` raises, drops the
/// work and its connection.
/// Handlers run between two stretches of waiting, never within the runtime, so they can make calls of their own.
pub(super) fn run<T: Send>(
    py: Python<'_>,
    work: impl Future<Output = T> + Send,
    meanwhile: impl Fn(Python<'_>) -> PyResult<()>,
) -> PyResult<T> {
    let runtime = runtime::foreground(py)?;
    let generation = runtime::generation();
    let mut work = Box::pin(async {
        catch_up().await;
        work.await
    });
    loop {
        let stretch = detached(py, || {
            runtime.block_on(async { timeout(SIGNAL_INTERVAL, work.as_mut()).await })
        })?;
        if let Ok(done) = stretch {
            return Ok(done);
        }
        let handled = meanwhile(py).and_then(|()| py.check_signals());
        if runtime::generation() != generation {
            // A handler forked, and this is the child: the work belongs to threads that are not here.
            std::mem::forget(work);
            handled?;
            return Err(PyRuntimeError::new_err(
                "the process was forked during this call, which goes on in the parent only",
            ));
        }
        if let Err(interrupt) = handled {
            detached(py, || {
                drop(work);
                runtime.block_on(catch_up());
            })?;
            return Err(interrupt);
        }
    }
}

/// Lets connections notice what happened while nobody drove them: that the service closed one, or that the call that
/// used one was given up. The first turn takes in what the network has to say, the second acts on it.
async fn catch_up() {
    for _ in 0..2 {
        tokio::task::yield_now().await;
    }
}

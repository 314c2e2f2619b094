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
/// An exception that a signal handler raises, `KeyboardInterrupt` above all, drops the work and its connection.
/// Handlers run between two stretches of waiting, never within the runtime, so they can make calls of their own.
pub(super) fn run<T: Send>(
    py: Python<'_>,
    work: impl Future<Output = T> + Send,
    meanwhile: impl Fn(Python<'_>),
) -> PyResult<T> {
    let runtime = runtime::foreground(py)?;
    let generation = runtime::generation();
    let mut work = Box::pin(work);
    loop {
        let stretch = detached(py, || {
            runtime.block_on(async { timeout(SIGNAL_INTERVAL, work.as_mut()).await })
        })?;
        if let Ok(done) = stretch {
            return Ok(done);
        }
        meanwhile(py);
        let handled = py.check_signals();
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
                runtime.block_on(close_what_was_dropped());
            })?;
            return Err(interrupt);
        }
    }
}

/// Lets the connections of a call that was given up notice it: nobody else may drive them for long.
async fn close_what_was_dropped() {
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
}

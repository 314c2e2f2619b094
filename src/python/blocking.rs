//! A call for synchronous code: the interpreter's lock released, Ctrl-C honoured.

use std::future::Future;
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::sync::Notify;
use tokio::time::sleep;

use super::gate::detached;
use super::runtime;

/// How often a waiting call looks for signals, and tells what there is to tell.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

/// Waits for `work`; there is nothing to tell meanwhile.
pub(super) fn run<T: Send>(py: Python<'_>, work: impl Future<Output = T> + Send) -> PyResult<T> {
    run_telling(py, work, &Notify::new(), |_| Ok(()))
}

/// Waits for `work`. `meanwhile` runs now and then with the interpreter's lock held: while signals are looked for, or in
/// threads that get none, a moment after `bell` was rung. So hundreds of threads wait for next to nothing.
///
/// An exception that a signal handler raises, `KeyboardInterrupt` above all, or one that `meanwhile` raises, drops the
/// work and its connection.
/// Handlers run between two stretches of waiting, never within the runtime, so they can make calls of their own.
pub(super) fn run_telling<T: Send>(
    py: Python<'_>,
    work: impl Future<Output = T> + Send,
    bell: &Notify,
    meanwhile: impl Fn(Python<'_>) -> PyResult<()>,
) -> PyResult<T> {
    let runtime = runtime::foreground(py)?;
    let generation = runtime::generation();
    let mut work = Box::pin(async {
        catch_up().await;
        work.await
    });
    // Asked only by calls that take their time.
    let mut has_signals = None;
    loop {
        let stretch = detached(py, || {
            runtime.block_on(async {
                tokio::select! {
                    biased;
                    done = work.as_mut() => Some(done),
                    () = until_next_look(has_signals.unwrap_or(true), bell) => None,
                }
            })
        })?;
        if let Some(done) = stretch {
            return Ok(done);
        }
        has_signals = has_signals.or_else(|| gets_signals(py).ok());
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

async fn until_next_look(has_signals: bool, bell: &Notify) {
    if !has_signals {
        bell.notified().await;
    }
    sleep(SIGNAL_INTERVAL).await;
}

/// Whether signal handlers run in this thread.
fn gets_signals(py: Python<'_>) -> PyResult<bool> {
    let threading = py.import("threading")?;
    let here = threading.call_method0("get_ident")?;
    threading
        .call_method0("main_thread")?
        .getattr("ident")?
        .eq(here)
}

/// Lets connections notice what happened while nobody drove them: that the service closed one, or that the call that
/// used one was given up. The first turn takes in what the network has to say, the second acts on it.
async fn catch_up() {
    for _ in 0..2 {
        tokio::task::yield_now().await;
    }
}

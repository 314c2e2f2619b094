//! A call for synchronous code: the interpreter's lock released, Ctrl-C honoured.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use pyo3::prelude::*;
use tokio::time::timeout;

use super::runtime;

/// How often a waiting call looks for signals.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);
/// How often a call looks up that waits in a thread to which Python hands no signals: hundreds may wait at once.
const THREAD_INTERVAL: Duration = Duration::from_secs(1);

/// Waits for `work`. `meanwhile` runs now and then with the interpreter's lock held.
///
/// An exception that a signal handler raises, `KeyboardInterrupt` above all, or one that `meanwhile` raises, drops the
/// work and its connection.
pub(super) fn run<T: Send>(
    py: Python<'_>,
    work: impl Future<Output = T> + Send,
    meanwhile: impl Fn(Python<'_>) -> PyResult<()> + Sync,
) -> PyResult<T> {
    let runtime = runtime::get(py)?;
    py.detach(|| {
        runtime.block_on(async {
            let mut work = pin!(work);
            let mut interval = SIGNAL_INTERVAL;
            loop {
                if let Ok(done) = timeout(interval, work.as_mut()).await {
                    return Ok(done);
                }
                // Nothing to attach to means that the interpreter is about to exit, and this thread with it.
                Python::try_attach(|py| {
                    meanwhile(py)?;
                    interval = interval_of_thread(py)?;
                    py.check_signals()
                })
                .unwrap_or(Ok(()))?;
            }
        })
    })
}

/// How often to look up in this thread. Only asked by calls that take their time.
fn interval_of_thread(py: Python<'_>) -> PyResult<Duration> {
    let threading = py.import("threading")?;
    let main = threading.call_method0("main_thread")?.getattr("ident")?;
    let takes_signals = threading.call_method0("get_ident")?.eq(main)?;
    Ok(if takes_signals {
        SIGNAL_INTERVAL
    } else {
        THREAD_INTERVAL
    })
}

//! The way into the interpreter for threads that do not hold its lock: closed before the interpreter is taken apart.
//!
//! An interpreter that exits ends every other thread that asks for its lock, in the middle of Rust code if it stands
//! there, which aborts the process. So threads that come back from a blocking call pass here: once the gate is closed,
//! they stand still until the process is over. The runtime's own threads enter the interpreter only to begin a
//! function that gives credentials, for a moment.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::runtime;

thread_local! {
    /// Whether this thread is the one that takes the interpreter apart; it may always come back.
    static EXITS: Cell<bool> = const { Cell::new(false) };
}

/// Lets threads into the interpreter until it begins to exit.
pub(super) struct Gate {
    inside: AtomicUsize,
    is_closed: AtomicBool,
}

pub(super) static GATE: Gate = Gate {
    inside: AtomicUsize::new(0),
    is_closed: AtomicBool::new(false),
};

impl Gate {
    /// Says that this thread is about to take the interpreter's lock; never returns if that is too late.
    fn begin_return(&self) {
        self.inside.fetch_add(1, Ordering::SeqCst);
        if !self.is_closed.load(Ordering::SeqCst) || EXITS.get() {
            return;
        }
        self.inside.fetch_sub(1, Ordering::SeqCst);
        loop {
            thread::park();
        }
    }

    /// Does `work` with the interpreter's lock, unless the interpreter is exiting. For threads of the runtime.
    pub(super) fn enter(&self, work: impl FnOnce(Python<'_>)) {
        self.inside.fetch_add(1, Ordering::SeqCst);
        if !self.is_closed.load(Ordering::SeqCst) {
            Python::try_attach(work);
        }
        self.inside.fetch_sub(1, Ordering::SeqCst);
    }

    fn end_return(&self) {
        self.inside.fetch_sub(1, Ordering::SeqCst);
    }

    /// Forgets the threads that a fork left behind. Called in the child, where only atomics may be touched.
    pub(super) fn forget_threads(&self) {
        self.inside.store(0, Ordering::SeqCst);
    }

    /// Closes the gate and waits until nobody is inside. Whoever is inside needs the interpreter's lock to get out.
    fn close(&self, py: Python<'_>) {
        EXITS.set(true);
        self.is_closed.store(true, Ordering::SeqCst);
        py.detach(|| {
            while self.inside.load(Ordering::SeqCst) > 0 {
                thread::sleep(Duration::from_micros(100));
            }
        });
    }
}

/// Does `work` without the interpreter's lock. Everything that waits is to be done through this.
pub(super) fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    close_at_exit(py)?;
    let done = py.detach(|| {
        let done = work();
        GATE.begin_return();
        done
    });
    GATE.end_return();
    Ok(done)
}

/// Has the gate closed when the interpreter exits, before it is taken apart.
pub(super) fn close_at_exit(py: Python<'_>) -> PyResult<()> {
    static REGISTERED: PyOnceLock<()> = PyOnceLock::new();
    REGISTERED
        .get_or_try_init(py, || {
            // Threads that stand in the gate must not be counted in a forked child.
            runtime::watch_forks();
            let close = wrap_pyfunction!(close_gate, py)?;
            py.import("atexit")?.call_method1("register", (close,))?;
            PyResult::Ok(())
        })
        .copied()
}

#[pyfunction]
fn close_gate(py: Python<'_>) {
    GATE.close(py);
}

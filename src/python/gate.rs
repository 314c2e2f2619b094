//! The way from the runtime's threads into the interpreter: closed before the interpreter is taken apart.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// Lets threads of the runtime into the interpreter until it begins to exit.
pub(super) struct Gate {
    inside: AtomicUsize,
    is_closed: AtomicBool,
}

pub(super) static GATE: Gate = Gate {
    inside: AtomicUsize::new(0),
    is_closed: AtomicBool::new(false),
};

impl Gate {
    /// Does `work` with the interpreter's lock, unless the interpreter is exiting.
    pub(super) fn enter(&self, work: impl FnOnce(Python<'_>)) {
        self.inside.fetch_add(1, Ordering::SeqCst);
        if !self.is_closed.load(Ordering::SeqCst) {
            Python::try_attach(work);
        }
        self.inside.fetch_sub(1, Ordering::SeqCst);
    }

    /// Forgets the threads that a fork left behind. Called in the child, where only atomics may be touched.
    pub(super) fn forget_threads(&self) {
        self.inside.store(0, Ordering::SeqCst);
    }

    /// Closes the gate and waits until nobody is inside. Whoever is inside needs the interpreter's lock to get out.
    fn close(&self, py: Python<'_>) {
        self.is_closed.store(true, Ordering::SeqCst);
        py.detach(|| {
            while self.inside.load(Ordering::SeqCst) > 0 {
                thread::sleep(Duration::from_micros(100));
            }
        });
    }
}

/// Has the gate closed when the interpreter exits, before it is taken apart.
pub(super) fn close_at_exit(py: Python<'_>) -> PyResult<()> {
    static REGISTERED: PyOnceLock<()> = PyOnceLock::new();
    REGISTERED
        .get_or_try_init(py, || {
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

//! The project's own tokio runtimes: built on first use, built anew in a forked child, never in Python's way.
//!
//! Awaited calls run on a thread in the background. Blocking calls run in the foreground: the calling thread
//! drives its connection itself, which saves two changes of thread a call; where several threads wait, one of them
//! drives the connections of all.
//!
//! A fork copies the memory of a runtime but none of its threads, so a child must not use, and not even drop, what it
//! inherited. The handler that runs in the child does nothing but forget: it empties the pointers and counts up a
//! generation. Clients hold their connections together with the generation that made them.

use std::io;
use std::ptr;
use std::sync::Once;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};

use super::gate::GATE;

static BACKGROUND: Slot = Slot(AtomicPtr::new(ptr::null_mut()));
static FOREGROUND: Slot = Slot(AtomicPtr::new(ptr::null_mut()));
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// Requests wait for the network, not for a processor: one thread serves tens of thousands a second. A second one is in
/// its way: it costs a tenth more of the processor's time, and as much of the speed of calls that come one by one.
const WORKERS: usize = 1;

/// Which process of a line of forks this is.
pub(super) fn generation() -> u64 {
    GENERATION.load(Ordering::Acquire)
}

/// The runtime of awaited calls, with threads of its own.
pub(super) fn background(py: Python<'_>) -> PyResult<&'static Runtime> {
    BACKGROUND.get(py, || {
        Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name("huaweicloud-oms")
            .enable_io()
            .enable_time()
            .build()
    })
}

/// The runtime of blocking calls, driven by the threads that wait.
pub(super) fn foreground(py: Python<'_>) -> PyResult<&'static Runtime> {
    FOREGROUND.get(py, || {
        Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
    })
}

/// A runtime of this process, once it was built. The interpreter's lock keeps two threads from building one at the
/// same time. It is never dropped: its threads end with the process, and never enter the interpreter.
struct Slot(AtomicPtr<Runtime>);

impl Slot {
    fn get(
        &self,
        _: Python<'_>,
        build: impl FnOnce() -> io::Result<Runtime>,
    ) -> PyResult<&'static Runtime> {
        if let Some(runtime) = self.current() {
            return Ok(runtime);
        }
        watch_forks();
        let runtime = build().map_err(|error| {
            PyRuntimeError::new_err(format!("no runtime can be built: {error}"))
        })?;
        self.0
            .store(Box::into_raw(Box::new(runtime)), Ordering::Release);
        self.current()
            .ok_or_else(|| PyRuntimeError::new_err("the process was forked meanwhile"))
    }

    #[allow(
        unsafe_code,
        reason = "the pointer is null or comes from a Box that is never freed"
    )]
    fn current(&self) -> Option<&'static Runtime> {
        let runtime = self.0.load(Ordering::Acquire);
        // SAFETY: see above; only `get` stores it, and the fork handler replaces it by null.
        unsafe { runtime.as_ref() }
    }

    fn forget(&self) {
        self.0.store(ptr::null_mut(), Ordering::Release);
    }
}

#[cfg(unix)]
#[allow(unsafe_code, reason = "there is no safe way to be told of a fork")]
pub(super) fn watch_forks() {
    extern "C" fn in_child() {
        BACKGROUND.forget();
        FOREGROUND.forget();
        GATE.forget_threads();
        GENERATION.fetch_add(1, Ordering::AcqRel);
    }
    static WATCH: Once = Once::new();
    // SAFETY: the handler only stores to atomics, which is allowed between fork and exec.
    WATCH.call_once(|| unsafe {
        libc::pthread_atfork(None, None, Some(in_child));
    });
}

#[cfg(not(unix))]
pub(super) fn watch_forks() {}

//! The project's own tokio runtime: built on first use, built anew in a forked child, never in Python's way.
//!
//! A fork copies the memory of the runtime but none of its threads, so a child must not use, and not even drop,
//! what it inherited. The handler that runs in the child does nothing but forget: it empties a pointer and counts
//! up a generation. Clients hold their connections together with the generation that made them.

use std::ptr;
use std::sync::Once;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};

use super::gate::GATE;

static RUNTIME: AtomicPtr<Runtime> = AtomicPtr::new(ptr::null_mut());
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// Requests wait for the network, not for a processor: two threads serve tens of thousands a second.
const WORKERS: usize = 2;

/// Which process of a line of forks this is.
pub(super) fn generation() -> u64 {
    GENERATION.load(Ordering::Acquire)
}

/// The runtime of this process. The interpreter's lock keeps two threads from building one at the same time.
pub(super) fn get(_: Python<'_>) -> PyResult<&'static Runtime> {
    if let Some(runtime) = current() {
        return Ok(runtime);
    }
    watch_forks();
    let runtime = Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("huaweicloud-oms")
        .enable_io()
        .enable_time()
        .build()
        .map_err(|error| PyRuntimeError::new_err(format!("no threads can be started: {error}")))?;
    // Never dropped: its threads end with the process, and touch nothing of Python's after the exit gate closed.
    RUNTIME.store(Box::into_raw(Box::new(runtime)), Ordering::Release);
    current().ok_or_else(|| PyRuntimeError::new_err("the process was forked meanwhile"))
}

#[allow(
    unsafe_code,
    reason = "the pointer is null or comes from a Box that is never freed"
)]
fn current() -> Option<&'static Runtime> {
    let runtime = RUNTIME.load(Ordering::Acquire);
    // SAFETY: see above; only `get` stores it, and the fork handler replaces it by null.
    unsafe { runtime.as_ref() }
}

#[cfg(unix)]
#[allow(unsafe_code, reason = "there is no safe way to be told of a fork")]
pub(super) fn watch_forks() {
    extern "C" fn in_child() {
        RUNTIME.store(ptr::null_mut(), Ordering::Release);
        GENERATION.fetch_add(1, Ordering::AcqRel);
        GATE.forget_threads();
    }
    static WATCH: Once = Once::new();
    // SAFETY: the handler only stores to atomics, which is allowed between fork and exec.
    WATCH.call_once(|| unsafe {
        libc::pthread_atfork(None, None, Some(in_child));
    });
}

#[cfg(not(unix))]
pub(super) fn watch_forks() {}

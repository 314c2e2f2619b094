//! Tells whether the environment that a default client was made from has changed since.

use std::hash::{DefaultHasher, Hash, Hasher};

use pyo3::prelude::*;

use crate::settings::{Process, Surroundings, variables};

/// A number that changes when a setting in the environment does. It tells nothing of the settings.
#[pyfunction]
pub(super) fn environment_fingerprint() -> u64 {
    let mut hasher = DefaultHasher::new();
    for name in variables(&Process) {
        Process.variable(&name).hash(&mut hasher);
    }
    hasher.finish()
}

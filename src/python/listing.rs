//! A list, a page at a time.

use std::sync::Arc;
use std::time::Duration;

use pyo3::prelude::*;

use super::asyncio::LoopSlot;
use super::call::{Call, Job, Prepared};
use crate::client::Client as CoreClient;
use crate::request::Request;
use crate::validation::Value;

/// The service gives no larger pages.
const LARGEST_PAGE: u32 = 100;

/// A list with its filters, checked.
#[pyclass(frozen, module = "huaweicloud_oms._core")]
pub(super) struct Listing {
    client: Arc<CoreClient>,
    request: Request,
    timeout: Option<Duration>,
    slot: Arc<LoopSlot>,
    /// How many a page holds.
    #[pyo3(get)]
    limit: u32,
    /// How many are left out at the beginning.
    #[pyo3(get)]
    offset: u64,
}

impl Listing {
    pub(super) fn new(prepared: Prepared, slot: Arc<LoopSlot>) -> Self {
        let Prepared {
            client,
            request,
            timeout,
            ..
        } = prepared;
        Self {
            limit: number(&request, "limit").unwrap_or(LARGEST_PAGE),
            offset: number(&request, "offset").unwrap_or(0),
            client,
            request,
            timeout,
            slot,
        }
    }
}

#[pymethods]
impl Listing {
    /// The call for the page that begins at `offset`.
    fn page(&self, offset: u64) -> Call {
        let job = Job::one(Prepared {
            client: Arc::clone(&self.client),
            request: self.request.page(self.limit, offset),
            timeout: self.timeout,
            following: None,
        });
        Call::new(Ok(job), Arc::clone(&self.slot))
    }
}

fn number<T: TryFrom<i128>>(request: &Request, name: &str) -> Option<T> {
    match request.value(name) {
        Some(Value::Integer(number)) => T::try_from(*number).ok(),
        _ => None,
    }
}

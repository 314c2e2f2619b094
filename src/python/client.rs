//! A client, as the Python classes `Client` and `AsyncClient` use it.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::arguments::{self, Arguments, Verb};
use super::asyncio::LoopSlot;
use super::call::{Call, Following, Job, Prepared};
use super::errors::{configuration, exception};
use super::fleet::ManyArguments;
use super::gate::detached;
use super::listing::Listing;
use super::settings::ClientArguments;
use super::{blocking, runtime};
use crate::client::{Client as CoreClient, ClientSettings, Project, validate};
use crate::error::Error;
use crate::operation::{Action, OPERATIONS, Operation};
use crate::source::Prepared as Source;

/// What `Client` and `AsyncClient` share: settings, and connections made on first use in each process.
#[pyclass(frozen, module = "huaweicloud_oms._core")]
pub(super) struct Core {
    settings: Arc<ClientSettings>,
    slot: Arc<LoopSlot>,
    connections: Mutex<Connections>,
}

/// Locked only with the interpreter's lock held, so no fork can find it locked by another thread.
enum Connections {
    None,
    Of {
        generation: u64,
        client: Arc<CoreClient>,
    },
    Closed,
}

#[pymethods]
impl Core {
    #[new]
    #[pyo3(signature = (*, region, endpoint, project_id, credentials, timeout, connect_timeout, retry, proxy,
        ca_bundle, allow_http, signing, domain, iam_endpoint))]
    #[allow(clippy::too_many_arguments, reason = "they are the client's settings")]
    fn new(
        py: Python<'_>,
        region: Option<&Bound<'_, PyAny>>,
        endpoint: Option<&Bound<'_, PyAny>>,
        project_id: Option<&Bound<'_, PyAny>>,
        credentials: Option<&Bound<'_, PyAny>>,
        timeout: &Bound<'_, PyAny>,
        connect_timeout: &Bound<'_, PyAny>,
        retry: Option<&Bound<'_, PyAny>>,
        proxy: Option<&Bound<'_, PyAny>>,
        ca_bundle: Option<&Bound<'_, PyAny>>,
        allow_http: &Bound<'_, PyAny>,
        signing: Option<&Bound<'_, PyAny>>,
        domain: Option<&Bound<'_, PyAny>>,
        iam_endpoint: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let arguments = ClientArguments {
            region,
            endpoint,
            project_id,
            credentials,
            timeout,
            connect_timeout,
            retry,
            proxy,
            ca_bundle,
            allow_http,
            signing,
            domain,
            iam_endpoint,
        };
        let slot = Arc::new(LoopSlot::default());
        let core = Self {
            settings: Arc::new(arguments.resolve(Arc::clone(&slot))?),
            slot,
            connections: Mutex::new(Connections::None),
        };
        if credentials.is_none() && core.settings.source.doubts().is_some() {
            // Nobody configured any: better told here than by the first call.
            let client = core.client(py)?;
            let found = blocking::run(py, client.find_credentials())?;
            found.map_err(|error| exception(py, error))?;
        }
        Ok(core)
    }

    #[getter]
    fn region(&self) -> Option<&str> {
        self.settings.region.as_deref()
    }

    #[getter]
    fn endpoint(&self) -> String {
        match &self.connected() {
            Some(client) => client.endpoint().to_owned(),
            None => self.settings.endpoints[0].as_str().to_owned(),
        }
    }

    #[getter]
    fn project_id(&self) -> Option<String> {
        match (&self.settings.project, self.connected()) {
            (Project::Id(id), _) => Some(id.clone()),
            (Project::Lookup(_), client) => client?.project_id().map(str::to_owned),
        }
    }

    #[getter]
    fn credentials_source(&self) -> Option<&'static str> {
        match self.connected() {
            Some(client) => client.credentials_source(),
            None => self.settings.source.name(),
        }
    }

    /// Takes a call's arguments. Whatever is wrong with them is raised by the call, not here: here the caller's
    /// frame still holds the keys.
    #[pyo3(signature = (name, args, kwargs))]
    fn prepare(
        &self,
        py: Python<'_>,
        name: &str,
        args: &Bound<'_, PyTuple>,
        kwargs: &Bound<'_, PyDict>,
    ) -> Call {
        self.call(self.try_prepare(py, name, args, kwargs).map(Job::one))
    }

    /// Takes a list's arguments; gives the call for each page of it.
    #[pyo3(signature = (name, args, kwargs))]
    fn list(
        &self,
        py: Python<'_>,
        name: &str,
        args: &Bound<'_, PyTuple>,
        kwargs: &Bound<'_, PyDict>,
    ) -> PyResult<Listing> {
        let prepared = self.try_prepare(py, name, args, kwargs)?;
        Ok(Listing::new(prepared, Arc::clone(&self.slot)))
    }

    /// Takes what is to be started; gives the call that starts all of it.
    #[pyo3(signature = (requests, *, concurrency, progress, validate_first, timeout))]
    fn start_many(
        &self,
        py: Python<'_>,
        requests: &Bound<'_, PyAny>,
        concurrency: &Bound<'_, PyAny>,
        progress: &Bound<'_, PyAny>,
        validate_first: &Bound<'_, PyAny>,
        timeout: &Bound<'_, PyAny>,
    ) -> PyResult<Call> {
        let mut given = ManyArguments::new("start_many", self.client(py)?, &self.settings);
        given.read(concurrency, timeout);
        let validate_first = given.flag("validate_first", validate_first);
        let many = given.starts(requests, validate_first, progress)?;
        Ok(self.call(Ok(Job::Many(many))))
    }

    /// Takes what is to be waited for; gives the call that waits for all of it.
    #[pyo3(signature = (targets, *, concurrency, progress, poll_interval, timeout))]
    fn wait_many(
        &self,
        py: Python<'_>,
        targets: &Bound<'_, PyAny>,
        concurrency: &Bound<'_, PyAny>,
        progress: &Bound<'_, PyAny>,
        poll_interval: &Bound<'_, PyAny>,
        timeout: &Bound<'_, PyAny>,
    ) -> PyResult<Call> {
        let mut given = ManyArguments::new("wait_many", self.client(py)?, &self.settings);
        given.read(concurrency, timeout);
        given.poll_interval(poll_interval);
        let many = given.waits(targets, progress)?;
        Ok(self.call(Ok(Job::Many(many))))
    }

    /// Closes the connections. Calls under way go on to their end.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let connections = self.replace(Connections::Closed);
        detached(py, || drop(connections))
    }
}

impl Core {
    fn call(&self, job: PyResult<Job>) -> Call {
        Call::new(job, Arc::clone(&self.slot))
    }

    fn try_prepare(
        &self,
        py: Python<'_>,
        name: &str,
        args: &Bound<'_, PyTuple>,
        kwargs: &Bound<'_, PyDict>,
    ) -> PyResult<Prepared> {
        let (verb, operation) = method(name)?;
        let Arguments {
            call,
            timeout,
            waiting,
        } = arguments::bind(name, verb, operation, args, Some(kwargs))?;
        let mut violations = Vec::new();
        let timeout = timeout.unwrap_or_else(|violation| {
            violations.push(violation);
            None
        });
        let following = Following::read(py, name, verb, operation, &waiting, &mut violations)?;
        let request = match validate(&self.settings, call) {
            Ok(request) if violations.is_empty() => Ok(request),
            Ok(_) => Err(Error::Validation {
                operation: shown_name(verb, operation),
                violations,
            }),
            Err(Error::Validation {
                violations: mut all,
                ..
            }) => {
                all.append(&mut violations);
                Err(Error::Validation {
                    operation: shown_name(verb, operation),
                    violations: all,
                })
            }
            Err(error) => Err(error),
        };
        Ok(Prepared {
            request: request.map_err(|error| exception(py, error))?,
            client: self.client(py)?,
            timeout,
            following,
        })
    }

    /// The client of this process, if it has been used.
    fn connected(&self) -> Option<Arc<CoreClient>> {
        match &*self.lock() {
            Connections::Of { generation, client } if *generation == runtime::generation() => {
                Some(Arc::clone(client))
            }
            _ => None,
        }
    }

    /// The client with this process's connections.
    fn client(&self, py: Python<'_>) -> PyResult<Arc<CoreClient>> {
        match &*self.lock() {
            Connections::Closed => {
                return Err(configuration(
                    py,
                    "the client is closed: make a new one".to_owned(),
                ));
            }
            Connections::Of { generation, client } if *generation == runtime::generation() => {
                return Ok(Arc::clone(client));
            }
            Connections::Of { .. } | Connections::None => {}
        }
        let background = match &self.settings.source {
            Source::Fixed { .. } => None,
            // Blocking calls drive their own connections, and nothing between them.
            Source::Live(_) => Some(runtime::background(py)?.handle().clone()),
        };
        let client = CoreClient::renewing_on(Arc::clone(&self.settings), background);
        let client = Arc::new(client.map_err(|error| exception(py, error))?);
        drop(self.replace(Connections::Of {
            generation: runtime::generation(),
            client: Arc::clone(&client),
        }));
        Ok(client)
    }

    fn replace(&self, new: Connections) -> Connections {
        std::mem::replace(&mut *self.lock(), new)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Connections> {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Connections {
    /// What a fork left behind is forgotten: its threads are gone, and dropping it could wait for them forever.
    fn drop(&mut self) {
        if let Self::Of { generation, client } = self
            && *generation != runtime::generation()
        {
            std::mem::forget(Arc::clone(client));
        }
    }
}

fn shown_name(verb: Verb, operation: &Operation) -> &'static str {
    match verb {
        Verb::Ask => operation.name,
        Verb::Wait => operation.resource.wait_name,
    }
}

/// What a method of that name does with which operation: `wait_task` shows the task again and again.
fn method(name: &str) -> PyResult<(Verb, &'static Operation)> {
    let waits = |operation: &&Operation| {
        operation.action == Action::Show && operation.resource.wait_name == name
    };
    let asks = Operation::named(name).map(|operation| (Verb::Ask, operation));
    asks.or_else(|| Some((Verb::Wait, OPERATIONS.iter().copied().find(waits)?)))
        .ok_or_else(|| PyRuntimeError::new_err("there is no such operation"))
}

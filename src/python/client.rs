//! A client and its calls, as the Python classes `Client` and `AsyncClient` use them.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::arguments::{self, Arguments};
use super::asyncio::{self, Mailbox, Running};
use super::credentials::LoopSlot;
use super::errors::{configuration, exception};
use super::gate::detached;
use super::settings::ClientArguments;
use super::{blocking, logging, results, runtime};
use crate::client::{CallOptions, Client as CoreClient, ClientSettings, Project, validate};
use crate::error::Error;
use crate::journal::{Event, Journal};
use crate::operation::{Action, Operation};
use crate::request::Request;
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
        Ok(Self {
            settings: Arc::new(arguments.resolve(Arc::clone(&slot))?),
            slot,
            connections: Mutex::new(Connections::None),
        })
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
    #[pyo3(signature = (operation, args, kwargs))]
    fn prepare(
        &self,
        py: Python<'_>,
        operation: &str,
        args: &Bound<'_, PyTuple>,
        kwargs: &Bound<'_, PyDict>,
    ) -> Call {
        Call(Mutex::new(State::Ready(
            self.try_prepare(py, operation, args, kwargs),
        )))
    }

    /// Closes the connections. Calls under way go on to their end.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let connections = self.replace(Connections::Closed);
        detached(py, || drop(connections))
    }
}

impl Core {
    fn try_prepare(
        &self,
        py: Python<'_>,
        operation: &str,
        args: &Bound<'_, PyTuple>,
        kwargs: &Bound<'_, PyDict>,
    ) -> PyResult<Prepared> {
        let operation = Operation::named(operation)
            .ok_or_else(|| PyRuntimeError::new_err("there is no such operation"))?;
        let Arguments { call, timeout } = arguments::bind(operation, args, Some(kwargs))?;
        let request = match (validate(&self.settings, call), timeout) {
            (Ok(request), Ok(timeout)) => Ok((request, timeout)),
            (Ok(_), Err(violation)) => Err(Error::Validation {
                operation: operation.name,
                violations: vec![violation],
            }),
            (
                Err(Error::Validation {
                    operation,
                    mut violations,
                }),
                timeout,
            ) => {
                violations.extend(timeout.err());
                Err(Error::Validation {
                    operation,
                    violations,
                })
            }
            (Err(error), _) => Err(error),
        };
        let (request, timeout) = request.map_err(|error| exception(py, error))?;
        Ok(Prepared {
            client: self.client(py)?,
            slot: Arc::clone(&self.slot),
            request,
            timeout,
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

/// A call with its arguments, checked, not yet sent.
#[pyclass(frozen, module = "huaweicloud_oms._core")]
pub(super) struct Call(Mutex<State>);

enum State {
    Ready(PyResult<Prepared>),
    Running(Running),
    Over,
}

struct Prepared {
    client: Arc<CoreClient>,
    slot: Arc<LoopSlot>,
    request: Request,
    timeout: Option<std::time::Duration>,
}

/// What a call gave.
pub(super) enum Outcome {
    Started(crate::start::StartResult),
    Answered(crate::answer::Answer),
}

#[pymethods]
impl Call {
    /// Sends the request and waits for the result.
    fn run(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let prepared = self.take_prepared()?;
        let records = logging::is_wanted(py).then(|| Arc::new(Records::default()));
        let options = CallOptions {
            timeout: prepared.timeout,
            journal: records.clone().map(|records| records as Arc<dyn Journal>),
        };
        let write = |py: Python<'_>| {
            if let Some(records) = &records {
                records.write(py);
            }
        };
        let outcome = blocking::run(py, perform(&prepared, &options), write);
        write(py);
        results::to_python(py, outcome?)
    }

    /// Sends the request; gives the future of the result, for the running event loop.
    fn spawn(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let prepared = self.take_prepared()?;
        let (mailbox, event_loop) = Mailbox::of_running_loop(py)?;
        prepared.slot.note(&event_loop)?;
        let options = CallOptions {
            timeout: prepared.timeout,
            journal: logging::is_wanted(py)
                .then(|| Arc::new(Posted(mailbox.clone())) as Arc<dyn Journal>),
        };
        let work = async move { perform(&prepared, &options).await };
        let running = asyncio::spawn(py, mailbox, &event_loop, work, results::to_python)?;
        let future = running.future.clone_ref(py);
        *self.lock() = State::Running(running);
        Ok(future)
    }

    /// Gives the request up if it is still under way.
    fn cancel(&self) {
        if let State::Running(running) = std::mem::replace(&mut *self.lock(), State::Over) {
            running.cancel();
        }
    }
}

impl Call {
    fn take_prepared(&self) -> PyResult<Prepared> {
        match std::mem::replace(&mut *self.lock(), State::Over) {
            State::Ready(prepared) => prepared,
            State::Running(_) | State::Over => {
                Err(PyRuntimeError::new_err("a call is made only once"))
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does what was asked.
async fn perform(prepared: &Prepared, options: &CallOptions) -> Result<Outcome, Error> {
    let Prepared {
        client, request, ..
    } = prepared;
    match request.operation.action {
        Action::Start => client.start(request, options).await.map(Outcome::Started),
        Action::Show | Action::Stop => client.ask(request, options).await.map(Outcome::Answered),
    }
}

/// Events of a blocking call, kept until the interpreter's lock is held.
#[derive(Default)]
struct Records(Mutex<Vec<Event>>);

impl Records {
    fn write(&self, py: Python<'_>) {
        let events = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for event in &events {
            logging::write(py, event);
        }
    }
}

impl Journal for Records {
    fn record(&self, event: Event) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(event);
    }
}

/// Events of an asynchronous call, written on the event loop's thread.
struct Posted(Mailbox);

impl Journal for Posted {
    fn record(&self, event: Event) {
        self.0.post(Box::new(move |py| logging::write(py, &event)));
    }
}

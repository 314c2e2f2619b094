//! The arguments of `start_many` and `wait_many`: everything wrong with them, and with their items, told at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt, PyIterator, PyList};

use super::arguments::{self, named_seconds, type_name};
use super::errors::invalid_items;
use super::many::{How, Many, Work, start_of};
use super::outcomes::{Found, Slot, Slots, resource_of};
use super::progress::Progress;
use crate::client::{Client as CoreClient, ClientSettings, validate};
use crate::error::Error;
use crate::operation::{Action, Operation};
use crate::validation::{Call, Value, Violation};

const TARGETS: &str = "must be an outcome, result or value of a start, a Task, TaskGroup or SyncTask, or the integer \
                       id of a task";
/// More calls at once than this help nobody.
const MOST_AT_ONCE: usize = 1000;

/// What was given, as far as it has been read.
pub(super) struct ManyArguments<'s> {
    method: &'static str,
    client: Arc<CoreClient>,
    settings: &'s Arc<ClientSettings>,
    how: How,
    violations: Vec<(String, String)>,
}

impl<'s> ManyArguments<'s> {
    pub(super) fn new(
        method: &'static str,
        client: Arc<CoreClient>,
        settings: &'s Arc<ClientSettings>,
    ) -> Self {
        Self {
            method,
            client,
            settings,
            how: How::default(),
            violations: Vec::new(),
        }
    }

    pub(super) fn read(&mut self, concurrency: &Bound<'_, PyAny>, timeout: &Bound<'_, PyAny>) {
        let is_number =
            concurrency.is_instance_of::<PyInt>() && !concurrency.is_instance_of::<PyBool>();
        let at_once = is_number
            .then(|| concurrency.extract::<usize>().ok())
            .flatten();
        if let Some(at_once @ 1..=MOST_AT_ONCE) = at_once {
            self.how.concurrency = at_once;
        } else {
            let number = concurrency.extract::<i64>().ok().filter(|_| is_number);
            let given = number.map_or_else(|| type_name(concurrency), |number| number.to_string());
            let told = format!("must be an integer from 1 to {MOST_AT_ONCE}, not {given}");
            self.add("concurrency", told);
        }
        self.how.timeout = self.seconds("timeout", timeout);
    }

    pub(super) fn poll_interval(&mut self, value: &Bound<'_, PyAny>) {
        self.how.poll_interval = self.seconds("poll_interval", value);
    }

    pub(super) fn flag(&mut self, name: &str, value: &Bound<'_, PyAny>) -> bool {
        if let Ok(flag) = value.cast::<PyBool>() {
            return flag.is_true();
        }
        let told = format!(
            "must be a boolean (True or False), not {}",
            type_name(value)
        );
        self.add(name, told);
        // So that everything else that is wrong is found too.
        true
    }

    /// Starts to make. With `validate_first` every item is checked now; without, when its turn comes.
    pub(super) fn starts(
        mut self,
        requests: &Bound<'_, PyAny>,
        validate_first: bool,
        progress: &Bound<'_, PyAny>,
    ) -> PyResult<Many> {
        let py = requests.py();
        let iterator = self.iterator("requests", requests, "StartTask values")?;
        let iterator = match iterator {
            Some(iterator) if validate_first => {
                let items = iterator.collect::<PyResult<Vec<_>>>()?;
                self.check_starts(&items);
                Some(PyList::new(py, items)?)
            }
            Some(iterator) => return self.finish_starts(&iterator, requests.len().ok(), progress),
            None => None,
        };
        let items = iterator.unwrap_or_else(|| PyList::empty(py));
        let count = items.len();
        self.finish_starts(&items.try_iter()?, Some(count), progress)
    }

    fn finish_starts(
        self,
        iterator: &Bound<'_, PyIterator>,
        count: Option<usize>,
        progress: &Bound<'_, PyAny>,
    ) -> PyResult<Many> {
        let work = Work::Starts(iterator.clone().unbind());
        self.finish(work, Vec::new(), count, progress)
    }

    /// Things to wait for. All of them are checked now.
    pub(super) fn waits(
        mut self,
        targets: &Bound<'_, PyAny>,
        progress: &Bound<'_, PyAny>,
    ) -> PyResult<Many> {
        let py = targets.py();
        let read = py.import("huaweicloud_oms._targets")?.getattr("target")?;
        let (mut slots, mut requests) = (Vec::new(), Vec::new());
        let mut first = HashMap::new();
        let iterator = self.iterator("targets", targets, "what start_many gave")?;
        for (at, item) in iterator.into_iter().flatten().enumerate() {
            let item = item?;
            let name = format!("targets[{at}]");
            let target = read.call1((&item,))?;
            if target.is_none() {
                self.add(&name, format!("{TARGETS}, not {}", type_name(&item)));
                continue;
            }
            let (operation, id, error): (String, Bound<'_, PyAny>, Option<Py<PyAny>>) =
                target.extract()?;
            let Some(resource) = resource_of(&operation) else {
                self.add(
                    &name,
                    "is of an operation that cannot be waited for".to_owned(),
                );
                continue;
            };
            let slot = |id, found| Slot {
                operation: resource.wait_name,
                id,
                found,
            };
            if let Some(error) = error {
                slots.push(slot(id.to_string(), Found::Failed(error)));
                continue;
            }
            let Some(show) = Operation::of(resource, Action::Show) else {
                continue;
            };
            let call = Call {
                operation: show,
                id: arguments::plain(&id),
                fields: vec![Value::Absent; show.fields.len()],
            };
            match validate(self.settings, call) {
                Ok(request) => {
                    let id = request.resource_id.clone();
                    let key = (resource.wait_name, id.clone());
                    if let Some(before) = first.insert(key, at) {
                        self.add(
                            &name,
                            format!(
                                "is {} {id}, which is targets[{before}] already",
                                resource.noun
                            ),
                        );
                    }
                    requests.push((slots.len(), request));
                    slots.push(slot(id, Found::UnderWay));
                }
                Err(error) => self.add_all(&name, error),
            }
        }
        let count = slots.len();
        self.finish(
            Work::Waits(Mutex::new(requests)),
            slots,
            Some(count),
            progress,
        )
    }

    fn check_starts(&mut self, items: &[Bound<'_, PyAny>]) {
        let mut first = HashMap::new();
        for (at, item) in items.iter().enumerate() {
            let name = format!("requests[{at}]");
            let start = match start_of(item) {
                Ok(start) => start,
                Err(told) => {
                    self.add(&name, told);
                    continue;
                }
            };
            let start = start.get();
            match start.request(self.settings) {
                Ok((request, _)) => {
                    let key = (start.of().name, request.resource_id.clone());
                    if let Some(before) = first.insert(key, at) {
                        let told = format!(
                            "is {} of {}, which is requests[{before}] already",
                            start.of().name,
                            request.resource_id
                        );
                        self.add(&name, told);
                    }
                }
                Err(violations) => self.add_violations(&name, violations),
            }
        }
    }

    fn finish(
        mut self,
        work: Work,
        slots: Vec<Slot>,
        count: Option<usize>,
        progress: &Bound<'_, PyAny>,
    ) -> PyResult<Many> {
        let py = progress.py();
        let progress = if self.violations.is_empty() {
            Progress::read(progress, self.method, count)?
        } else {
            Progress::check(progress).map(|()| None)
        };
        let progress = progress.unwrap_or_else(|violation| {
            self.add(violation.field, violation.message);
            None
        });
        if !self.violations.is_empty() {
            return Err(invalid_items(py, self.method, &self.violations)?);
        }
        Ok(Many {
            client: self.client,
            settings: Arc::clone(self.settings),
            work,
            how: self.how,
            progress: progress.map(Arc::new),
            slots: Arc::new(Slots::new(slots)),
        })
    }

    fn iterator<'py>(
        &mut self,
        name: &str,
        items: &Bound<'py, PyAny>,
        wanted: &str,
    ) -> PyResult<Option<Bound<'py, PyIterator>>> {
        let py = items.py();
        match items.try_iter() {
            Ok(iterator) => Ok(Some(iterator)),
            Err(error) if error.is_instance_of::<PyTypeError>(py) => {
                let is_one = items.hasattr(intern!(py, "_start")).unwrap_or(false);
                let hint = if is_one { " (put it in a list)" } else { "" };
                let told = format!(
                    "must be a list or generator of {wanted}, not {}{hint}",
                    type_name(items)
                );
                self.add(name, told);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn seconds(
        &mut self,
        name: &'static str,
        value: &Bound<'_, PyAny>,
    ) -> Option<std::time::Duration> {
        named_seconds(name, value).unwrap_or_else(|violation| {
            self.add(violation.field, violation.message);
            None
        })
    }

    fn add_all(&mut self, name: &str, error: Error) {
        match error {
            Error::Validation { violations, .. } => self.add_violations(name, violations),
            error => self.add(name, error.to_string()),
        }
    }

    fn add_violations(&mut self, name: &str, violations: Vec<Violation>) {
        for Violation { field, message } in violations {
            self.add(&format!("{name}.{field}"), message);
        }
    }

    fn add(&mut self, field: &str, message: String) {
        self.violations.push((field.to_owned(), message));
    }
}

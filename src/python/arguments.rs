//! Arguments of a call, from Python's values to the core's: strict about types, and silent about secrets.

use std::fmt::Display;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyString, PyTuple};

use super::gate::detached;
use crate::operation::field::JSON_AUTH_FILE;
use crate::operation::{Action, Kind, Operation};
use crate::validation::{Call, Value, Violation};

/// A call's arguments, bound to their names.
pub(super) struct Arguments<'py> {
    /// What is asked.
    pub(super) call: Call,
    /// `timeout=`, or what is wrong with it.
    pub(super) timeout: Result<Option<Duration>, Violation>,
    /// Whether and how to wait.
    pub(super) waiting: Waiting<'py>,
}

/// `wait=`, `wait_timeout=`, `poll_interval=` and `progress=`, as far as they were given.
#[derive(Default)]
pub(super) struct Waiting<'py> {
    pub(super) wait: Option<Bound<'py, PyAny>>,
    pub(super) timeout: Option<Bound<'py, PyAny>>,
    pub(super) poll_interval: Option<Bound<'py, PyAny>>,
    pub(super) progress: Option<Bound<'py, PyAny>>,
}

/// What a method does with its operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// It asks for it; after a start it may wait.
    Ask,
    /// It asks again and again, until there is an end.
    Wait,
}

impl<'py> Waiting<'py> {
    /// The name of the first argument that was given.
    pub(super) fn first(&self) -> Option<&'static str> {
        [
            ("wait", &self.wait),
            ("wait_timeout", &self.timeout),
            ("poll_interval", &self.poll_interval),
            ("progress", &self.progress),
        ]
        .into_iter()
        .find_map(|(name, value)| value.as_ref().map(|_| name))
    }

    /// Takes an argument of this name, if a method of this kind has it.
    fn take(
        &mut self,
        verb: Verb,
        operation: &Operation,
        name: &str,
        value: &Bound<'py, PyAny>,
    ) -> bool {
        let starts = matches!(operation.action, Action::Start | Action::Retry);
        let place = match name {
            "wait" if starts => &mut self.wait,
            "wait_timeout" if starts => &mut self.timeout,
            "timeout" if verb == Verb::Wait => &mut self.timeout,
            "poll_interval" if starts || verb == Verb::Wait => &mut self.poll_interval,
            "progress" if starts || verb == Verb::Wait => &mut self.progress,
            _ => return false,
        };
        *place = Some(value.clone());
        true
    }
}

/// A file with this many bytes is beyond the limit of a key file, which is in characters of at most four bytes.
const TOO_LONG_FILE: usize = 4 * 65_535 + 1;

/// Binds arguments as Python would: the id by position or name, everything else by name.
pub(super) fn bind<'py>(
    name: &str,
    verb: Verb,
    operation: &'static Operation,
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Arguments<'py>> {
    let id_name = operation.resource.id_name;
    let has_id = operation.action != Action::List;
    if args.len() > usize::from(has_id) {
        if !has_id {
            return Err(PyTypeError::new_err(format!(
                "{name}() takes no positional arguments; pass them by name"
            )));
        }
        return Err(PyTypeError::new_err(format!(
            "{name}() takes 1 positional argument, {id_name}, but {} were given; pass the others by name",
            args.len()
        )));
    }
    let mut id = args.get_item(0).ok();
    let mut fields = vec![Value::Absent; operation.fields.len()];
    let mut timeout = Ok(None);
    let mut waiting = Waiting::default();
    for (key, value) in kwargs.into_iter().flatten() {
        let key = key.cast_into::<PyString>()?;
        let key = key.to_str()?;
        if let Some(at) = operation.fields.iter().position(|(f, _)| f.name == key) {
            fields[at] = if key == JSON_AUTH_FILE.name {
                key_file(&value)
            } else if operation.fields[at].0.kind == Kind::Moment {
                moment(&value)
            } else {
                plain(&value)
            };
        } else if waiting.take(verb, operation, key, &value) {
        } else if has_id && key == id_name {
            if id.replace(value).is_some() {
                return Err(PyTypeError::new_err(format!(
                    "{name}() got multiple values for argument '{key}'"
                )));
            }
        } else if key == "timeout" {
            timeout = seconds(&value);
        } else {
            return Err(PyTypeError::new_err(format!(
                "{name}() got an unexpected keyword argument '{key}'"
            )));
        }
    }
    if !has_id {
        id = Some(args.py().None().into_bound(args.py()));
    }
    let id = id.ok_or_else(|| {
        PyTypeError::new_err(format!(
            "{name}() missing 1 required positional argument: '{id_name}'"
        ))
    })?;
    let call = Call {
        operation,
        id: plain(&id),
        fields,
    };
    Ok(Arguments {
        call,
        timeout,
        waiting,
    })
}

/// Any value, by its exact type: a boolean is no integer here.
pub(super) fn plain(value: &Bound<'_, PyAny>) -> Value {
    if value.is_none() {
        Value::Absent
    } else if let Ok(text) = value.cast::<PyString>() {
        text.to_str().map_or_else(
            |_| Value::Unusable("must be Unicode text without lone surrogates".to_owned()),
            Value::text,
        )
    } else if let Ok(flag) = value.cast::<PyBool>() {
        Value::Flag(flag.is_true())
    } else if let Ok(number) = value.cast::<PyInt>() {
        Value::Integer(clamp(number))
    } else {
        Value::Other(type_name(value))
    }
}

/// A moment: an aware `datetime`, or Unix milliseconds.
fn moment(value: &Bound<'_, PyAny>) -> Value {
    let py = value.py();
    if !value.hasattr(intern!(py, "timestamp")).unwrap_or(false) {
        return plain(value);
    }
    let is_aware = value
        .call_method0(intern!(py, "utcoffset"))
        .is_ok_and(|offset| !offset.is_none());
    let seconds = value
        .call_method0(intern!(py, "timestamp"))
        .and_then(|seconds| seconds.extract::<f64>());
    match seconds {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "a datetime is within the years 1 to 9999"
        )]
        Ok(seconds) if is_aware => Value::Integer((seconds * 1000.0).round() as i128),
        _ => Value::Unusable("must be an aware datetime, or Unix milliseconds".to_owned()),
    }
}

/// The content of a key file: as text, as a mapping that becomes JSON, or as a path that is read.
fn key_file(value: &Bound<'_, PyAny>) -> Value {
    let py = value.py();
    if value.hasattr(intern!(py, "__fspath__")).unwrap_or(false) {
        return read_file(value).unwrap_or_else(Value::Unusable);
    }
    let is_mapping = value.is_instance_of::<PyDict>() || is_instance_of_mapping(value);
    if is_mapping {
        return to_json(value).map_or_else(
            |error| {
                // The message could quote a value; the type of the error is enough.
                let kind = error
                    .get_type(py)
                    .name()
                    .map_or_else(|_| String::new(), |n| n.to_string());
                Value::Unusable(format!("cannot be written as JSON ({kind})"))
            },
            Value::text,
        );
    }
    match plain(value) {
        Value::Other(name) => Value::Unusable(format!(
            "must be the file's content as a string or mapping, or a path (os.PathLike), not {name}"
        )),
        value => value,
    }
}

fn is_instance_of_mapping(value: &Bound<'_, PyAny>) -> bool {
    value.cast::<pyo3::types::PyMapping>().is_ok()
}

fn to_json(value: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = value.py();
    let mapping = PyDict::new(py);
    mapping.call_method1("update", (value,))?;
    let options = PyDict::new(py);
    // What JSON cannot say is refused, rather than sent as something that is not JSON.
    options.set_item("allow_nan", false)?;
    py.import("json")?
        .call_method("dumps", (mapping,), Some(&options))?
        .extract()
}

fn read_file(path: &Bound<'_, PyAny>) -> Result<Value, String> {
    let place: PathBuf = path
        .extract()
        .map_err(|_| "is not a usable path".to_owned())?;
    let shown = place.display().to_string();
    let read = detached(path.py(), move || {
        let mut content = Vec::new();
        let file = File::open(&place)?;
        file.take(TOO_LONG_FILE as u64).read_to_end(&mut content)?;
        std::io::Result::Ok(content)
    });
    let told = |why: &dyn Display| format!("cannot be read from '{}': {why}", shown.escape_debug());
    let content = read
        .map_err(|error| told(&error))?
        .map_err(|error| told(&error))?;
    if content.len() == TOO_LONG_FILE {
        return Err(format!(
            "must be {}; the file is longer",
            JSON_AUTH_FILE.kind
        ));
    }
    String::from_utf8(content)
        .map(Value::text)
        .map_err(|error| told(&error.utf8_error()))
}

/// A time limit in seconds.
pub(super) fn seconds(value: &Bound<'_, PyAny>) -> Result<Option<Duration>, Violation> {
    named_seconds("timeout", value)
}

/// A positive number of seconds, or `None`.
pub(super) fn named_seconds(
    name: &'static str,
    value: &Bound<'_, PyAny>,
) -> Result<Option<Duration>, Violation> {
    if value.is_none() {
        return Ok(None);
    }
    positive_seconds(value)
        .map(Some)
        .map_err(|message| Violation::new(name, message))
}

/// A positive number of seconds.
pub(super) fn positive_seconds(value: &Bound<'_, PyAny>) -> Result<Duration, String> {
    let refusal = "must be a positive number of seconds";
    match number(value) {
        Some(seconds) if seconds > 0.0 => {
            // A time beyond what a clock can count is no limit at all.
            Ok(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
        }
        Some(seconds) => Err(format!("{refusal}, not {seconds}")),
        None => Err(match value.extract::<f64>() {
            Ok(endless) if !endless.is_finite() => format!("{refusal}, not {endless}"),
            _ => format!("{refusal}, not {}", type_name(value)),
        }),
    }
}

/// A finite number; a boolean is none.
pub(super) fn number(value: &Bound<'_, PyAny>) -> Option<f64> {
    let is_number = value.is_instance_of::<PyFloat>()
        || (value.is_instance_of::<PyInt>() && !value.is_instance_of::<PyBool>());
    is_number
        .then(|| value.extract::<f64>().ok())
        .flatten()
        .filter(|number| number.is_finite())
}

/// The name of a value's type.
pub(super) fn type_name(value: &Bound<'_, PyAny>) -> String {
    value
        .get_type()
        .name()
        .map_or_else(|_| "an unknown type".to_owned(), |name| name.to_string())
}

/// An integer, cut to 128 bits.
fn clamp(number: &Bound<'_, PyInt>) -> i128 {
    number.extract().unwrap_or_else(|_| {
        if number.lt(0).unwrap_or(false) {
            i128::MIN
        } else {
            i128::MAX
        }
    })
}

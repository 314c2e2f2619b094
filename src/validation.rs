//! Limits turned into violations: everything that is wrong with a call, found before anything is sent.

use std::fmt::Write as _;

use crate::operation::field::{HIGHEST_STATUS, write_length};
use crate::operation::{Action, Field, Kind, Need, Operation, Resource};
use crate::request::Request;
use crate::secret::{ExposeSecret, SecretString};

/// What a caller gave for an argument.
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Absent,
    /// Text; taken for a secret until a field's declaration says otherwise.
    Text(SecretString),
    /// A boolean.
    Flag(bool),
    /// An integer; one beyond 128 bits is cut to the nearest end.
    Integer(i128),
    /// Something of another type, by the type's name.
    Other(String),
    /// Something that could not be turned into a value, and what it should have been.
    Unusable(String),
}

impl Value {
    /// Text, from anything that becomes a string.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(SecretString::from(text.into()))
    }

    /// The text, if it is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.expose_secret()),
            _ => None,
        }
    }

    fn type_name(&self) -> &str {
        match self {
            Self::Absent | Self::Unusable(_) => "None",
            Self::Text(_) => "str",
            Self::Flag(_) => "bool",
            Self::Integer(_) => "int",
            Self::Other(name) => name,
        }
    }
}

/// A call as it was asked for, not yet checked. `fields` stand in the order of the operation's own.
#[derive(Debug)]
pub struct Call {
    /// What is asked.
    pub operation: &'static Operation,
    /// Of which task, group or synchronization task.
    pub id: Value,
    /// With what.
    pub fields: Vec<Value>,
}

/// One thing that is wrong with a call. Never holds the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The argument at fault.
    pub field: &'static str,
    /// What is allowed.
    pub message: String,
}

impl Violation {
    pub(crate) fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self {
            field,
            message: message.into(),
        }
    }
}

/// Checks a call against the limits of its operation.
///
/// # Errors
///
/// Every violation at once.
pub fn check(call: Call) -> Result<Request, Vec<Violation>> {
    let operation = call.operation;
    let mut violations = Vec::new();
    let id = match check_id(operation.resource, &call.id) {
        // What lists is asked of none.
        _ if operation.action == Action::List => String::new(),
        Ok(id) => id,
        Err(message) => {
            violations.push(Violation::new(operation.resource.id_name, message));
            String::new()
        }
    };
    for ((field, need), value) in operation.fields.iter().zip(&call.fields) {
        if let Err(message) = check_field(field, *need, value) {
            violations.push(Violation::new(field.name, message));
        }
    }
    violations.extend(check_source_pair(operation, &call.fields));
    if violations.is_empty() {
        Ok(Request::new(operation, id, call.fields))
    } else {
        Err(violations)
    }
}

/// Checks where an operation can be called. `region` is `None` where an endpoint was given explicitly.
#[must_use]
pub fn check_region(operation: &Operation, region: Option<&str>) -> Option<Violation> {
    let (allowed, region) = (operation.regions?, region?);
    (!allowed.contains(&region)).then(|| {
        Violation::new(
            "region",
            format!(
                "{} exists only in {}, not in {region}; pass endpoint= if your site has it elsewhere",
                operation.name,
                allowed.join(" and ")
            ),
        )
    })
}

fn check_id(resource: &Resource, value: &Value) -> Result<String, String> {
    match value {
        Value::Text(text) => {
            check_segment(text.expose_secret(), resource.id_max_chars)?;
            Ok(text.expose_secret().to_owned())
        }
        Value::Integer(number) => match &resource.id_integers {
            Some(range) if range.contains(number) => Ok(number.to_string()),
            Some(range) => Err(format!(
                "must be an integer from {} to {}",
                range.start(),
                range.end()
            )),
            None => Err("must be a string, not int".to_owned()),
        },
        Value::Absent => Err("is required".to_owned()),
        Value::Unusable(reason) => Err(reason.clone()),
        Value::Flag(_) | Value::Other(_) => Err(format!(
            "must be {}, not {}",
            if resource.id_integers.is_some() {
                "an integer or a string"
            } else {
                "a string"
            },
            value.type_name()
        )),
    }
}

/// Checks text that becomes one segment of a URL's path: whatever it is, it never changes which URL is called.
///
/// # Errors
///
/// What is allowed instead.
pub fn check_segment(text: &str, max_chars: usize) -> Result<(), String> {
    check_length(text, 1, max_chars)?;
    if text == "." || text == ".." {
        Err("must not be '.' or '..', which would name another path".to_owned())
    } else if text.chars().any(char::is_control) {
        Err("must not hold control characters (a line end, for example)".to_owned())
    } else if text.contains(['/', '\\']) {
        Err("must not hold '/' or '\\', which would name another path".to_owned())
    } else {
        Ok(())
    }
}

fn check_field(field: &Field, need: Need, value: &Value) -> Result<(), String> {
    match (field.kind, value) {
        (_, Value::Absent) if need == Need::Optional => Ok(()),
        (_, Value::Absent) => Err(format!("is required: {}", field.kind)),
        (_, Value::Unusable(reason)) => Err(reason.clone()),
        (Kind::Secret { min, max } | Kind::Text { min, max }, Value::Text(text)) => {
            check_length(text.expose_secret(), min, max)
        }
        (Kind::OneOf(words), Value::Text(text)) if words.contains(&text.expose_secret()) => Ok(()),
        (Kind::Flag, Value::Flag(_)) => Ok(()),
        (Kind::Integer { min, max }, Value::Integer(number)) => {
            check_range(field.kind, *number, min, max)
        }
        (Kind::Status(_), Value::Integer(number)) => {
            check_range(field.kind, *number, 0, HIGHEST_STATUS)
        }
        (Kind::Moment, Value::Integer(number)) => check_range(field.kind, *number, 0, LATEST),
        (Kind::Status(statuses), Value::Text(text))
            if statuses
                .iter()
                .any(|(name, _)| *name == text.expose_secret()) =>
        {
            Ok(())
        }
        (Kind::OneOf(_) | Kind::Status(_), Value::Text(_)) => {
            Err(format!("must be {}", field.kind))
        }
        (kind, value) => Err(format!("must be {kind}, not {}", value.type_name())),
    }
}

/// The last moment that has a date everywhere: the end of the year 9999.
const LATEST: i64 = 253_402_300_799_999;

fn check_range(kind: Kind, number: i128, min: i64, max: i64) -> Result<(), String> {
    if (i128::from(min)..=i128::from(max)).contains(&number) {
        Ok(())
    } else {
        Err(format!("must be {kind}"))
    }
}

fn check_length(text: &str, min: usize, max: usize) -> Result<(), String> {
    // A character is one to four bytes: most texts need no counting.
    if text.len() >= min.saturating_mul(4) && text.len() <= max {
        return Ok(());
    }
    let chars = text.chars().count();
    if (min..=max).contains(&chars) {
        return Ok(());
    }
    let mut message = "must be ".to_owned();
    // Writing to a String cannot fail.
    let _ = write_length(&mut message, min, max);
    let _ = write!(message, ", not {chars}");
    Err(message)
}

/// A source key without its other half is a mistake; without both, the source is a URL list.
fn check_source_pair(operation: &Operation, values: &[Value]) -> Option<Violation> {
    let find = |name: &str| {
        let at = operation
            .fields
            .iter()
            .position(|(f, need)| f.name == name && *need == Need::Optional)?;
        values.get(at)
    };
    let absent = |value: &Value| matches!(value, Value::Absent);
    let (ak, sk) = (find("src_ak")?, find("src_sk")?);
    match (absent(ak), absent(sk)) {
        (false, true) => Some(Violation::new(
            "src_sk",
            "is required together with src_ak (leave out both for a URL list)",
        )),
        (true, false) => Some(Violation::new(
            "src_ak",
            "is required together with src_sk (leave out both for a URL list)",
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{OPERATIONS, START_SYNC_TASK, START_TASK, START_TASK_GROUP};
    use proptest::prelude::*;

    fn call(operation: &'static Operation, id: Value, given: &[(&str, Value)]) -> Call {
        let fields = operation
            .fields
            .iter()
            .map(|(field, _)| {
                given
                    .iter()
                    .find(|(name, _)| *name == field.name)
                    .map_or(Value::Absent, |(_, value)| value.clone())
            })
            .collect();
        Call {
            operation,
            id,
            fields,
        }
    }

    fn fields_at_fault(call: Call) -> Vec<&'static str> {
        check(call)
            .err()
            .unwrap_or_default()
            .into_iter()
            .map(|v| v.field)
            .collect()
    }

    #[test]
    fn every_violation_is_reported_at_once() {
        let bad = call(
            &START_TASK,
            Value::Flag(true),
            &[
                ("src_ak", Value::text("")),
                ("dst_ak", Value::text("a".repeat(101))),
                ("migrate_failed_object", Value::Integer(1)),
                ("src_crypto_type", Value::text("kms")),
            ],
        );
        assert_eq!(
            fields_at_fault(bad),
            [
                "task_id",
                "src_ak",
                "dst_ak",
                "dst_sk",
                "migrate_failed_object",
                "src_crypto_type",
                "src_sk"
            ]
        );
    }

    #[test]
    fn lengths_count_characters_at_both_ends() {
        let keys = |ak: String| [("dst_ak", Value::text(ak)), ("dst_sk", Value::text("s"))];
        for (count, right) in [(0, false), (1, true), (100, true), (101, false)] {
            for character in ["a", "é", "数", "🦀"] {
                let given = keys(character.repeat(count));
                let found = check(call(&START_TASK_GROUP, Value::text("g"), &given)).is_ok();
                assert_eq!(found, right, "{count} times {character}");
            }
        }
    }

    #[test]
    fn an_id_never_names_another_path() {
        for id in [".", "..", "a/b", "a\\b", "a\nb", "\u{7f}", "\u{85}", ""] {
            let faults = fields_at_fault(call(&START_SYNC_TASK, Value::text(id), &[]));
            assert!(faults.contains(&"sync_task_id"), "{id:?}");
        }
        for id in ["...", "%2e%2e", "a b", "ü?#&", "-"] {
            let faults = fields_at_fault(call(&START_SYNC_TASK, Value::text(id), &[]));
            assert!(!faults.contains(&"sync_task_id"), "{id:?}");
        }
    }

    #[test]
    fn an_integer_is_a_task_id_only() {
        for (id, right) in [
            (0, true),
            (999_999_999_999_999, true),
            (-1, false),
            (1_000_000_000_000_000, false),
        ] {
            let faults = fields_at_fault(call(&START_TASK, Value::Integer(id), &[]));
            assert_eq!(!faults.contains(&"task_id"), right, "{id}");
        }
        let faults = fields_at_fault(call(&START_TASK_GROUP, Value::Integer(1), &[]));
        assert!(faults.contains(&"group_id"));
    }

    #[test]
    fn a_sync_task_exists_in_two_regions_and_wherever_an_endpoint_says() {
        assert!(check_region(&START_SYNC_TASK, Some("cn-north-4")).is_none());
        assert!(check_region(&START_SYNC_TASK, Some("cn-south-1")).is_some());
        assert!(check_region(&START_SYNC_TASK, None).is_none());
        assert!(check_region(&START_TASK, Some("cn-south-1")).is_none());
    }

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Absent),
            ".{0,120}".prop_map(Value::text),
            any::<bool>().prop_map(Value::Flag),
            any::<i128>().prop_map(Value::Integer),
            "[a-z]{1,8}".prop_map(Value::Other),
        ]
    }

    proptest! {
        #[test]
        fn checking_never_panics_and_never_tells_a_secret(
            which in 0..OPERATIONS.len(),
            id in any_value(),
            fields in proptest::collection::vec(any_value(), 16),
        ) {
            let operation = OPERATIONS[which];
            let secrets: Vec<String> = fields
                .iter()
                .filter_map(|v| v.as_text().filter(|t| t.len() > 8).map(str::to_owned))
                .collect();
            let fields = fields.into_iter().take(operation.fields.len()).collect();
            if let Err(violations) = check(Call { operation, id, fields }) {
                let told = format!("{violations:?}");
                for secret in secrets {
                    prop_assert!(!told.contains(&secret));
                }
            }
        }
    }
}

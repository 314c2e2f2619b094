//! A request that passed validation: what will be sent, before it is signed.

use bytes::Bytes;
use serde::ser::{Serialize, SerializeMap, Serializer};
use zeroize::Zeroizing;

use crate::operation::{Action, Field, Kind, Operation};
use crate::secret::ExposeSecret;
use crate::signing::percent_encode;
use crate::validation::Value;

/// A checked call. Made by [`crate::validation::check`] only.
#[derive(Debug)]
pub struct Request {
    /// What is asked.
    pub operation: &'static Operation,
    /// Of which task, group or synchronization task.
    pub resource_id: String,
    values: Vec<Value>,
}

impl Request {
    pub(crate) const fn new(
        operation: &'static Operation,
        resource_id: String,
        values: Vec<Value>,
    ) -> Self {
        Self {
            operation,
            resource_id,
            values,
        }
    }

    /// The request that does `operation` to the same resource, without a body.
    pub(crate) fn sibling(&self, operation: &'static Operation) -> Self {
        Self::new(operation, self.resource_id.clone(), Vec::new())
    }

    /// The path of the URL, every value in it percent-encoded into one segment.
    #[must_use]
    pub fn path(&self, encoded_project_id: &str) -> String {
        let collection = self.operation.resource.collection;
        let mut path = String::with_capacity(128);
        path.extend(["/v2/", encoded_project_id, "/", collection]);
        if self.operation.action != Action::List {
            path.push('/');
            path.push_str(&percent_encode(&self.resource_id));
            path.push_str(self.operation.action.path_suffix());
        }
        path
    }

    /// The query of the URL without its `?`, percent-encoded; empty where there is none. A moment that was not given
    /// is `now`, in Unix milliseconds.
    #[must_use]
    pub fn query(&self, now: i64) -> String {
        if !self.operation.action.reads() {
            return String::new();
        }
        let parameters = self.operation.fields.iter().enumerate();
        let written = parameters.filter_map(|(at, (field, _))| {
            let value = match (field.kind, self.values.get(at).unwrap_or(&Value::Absent)) {
                (Kind::Moment, Value::Absent) => now.to_string(),
                (_, Value::Integer(number)) => number.to_string(),
                (Kind::Status(statuses), Value::Text(text)) => statuses
                    .iter()
                    .find(|(name, _)| *name == text.expose_secret())?
                    .1
                    .to_string(),
                (_, value) => percent_encode(value.as_text()?),
            };
            Some(format!("{}={value}", field.name))
        });
        written.collect::<Vec<_>>().join("&")
    }

    /// Another page of the same list: `limit` and `offset` replaced.
    #[must_use]
    pub fn page(&self, limit: u32, offset: u64) -> Self {
        let mut values = self.values.clone();
        values.resize(self.operation.fields.len(), Value::Absent);
        for ((field, _), value) in self.operation.fields.iter().zip(&mut values) {
            match field.name {
                "limit" => *value = Value::Integer(i128::from(limit)),
                "offset" => *value = Value::Integer(i128::from(offset)),
                _ => {}
            }
        }
        Self::new(self.operation, self.resource_id.clone(), values)
    }

    /// The JSON body, wiped from memory when the last copy of it is dropped; empty where there is none.
    #[must_use]
    pub fn body(&self) -> Bytes {
        if !self.operation.has_body() {
            return Bytes::new();
        }
        // Large enough: a buffer that grows leaves copies behind, which nobody wipes.
        let size = |(field, value): (&Field, &Value)| {
            field.name.len() + value.as_text().map_or(5, escaped_len) + r#""":"","#.len()
        };
        let capacity = self.given().map(size).sum::<usize>() + 2;
        let mut json = Zeroizing::new(Vec::with_capacity(capacity));
        // Strings, booleans and a map with text keys always serialize.
        if serde_json::to_writer(&mut *json, &Body(self)).is_err() {
            return Bytes::new();
        }
        Bytes::from_owner(json)
    }

    /// The values that must never be shown.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.given()
            .filter(|(field, _)| field.is_secret())
            .filter_map(|(_, value)| value.as_text())
    }

    /// What was given for a field: `None` where it was not, or there is no such field.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.given()
            .find(|(field, _)| field.name == name)
            .map(|(_, value)| value)
    }

    fn given(&self) -> impl Iterator<Item = (&'static Field, &Value)> {
        self.operation
            .fields
            .iter()
            .map(|(field, _)| field)
            .zip(&self.values)
            .filter(|(_, value)| !matches!(value, Value::Absent))
    }
}

/// How long a text becomes in JSON, without its quotes.
fn escaped_len(text: &str) -> usize {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.bytes().map(escaped).sum()
}

/// A request's fields as a JSON object; what was not given is left out.
struct Body<'r>(&'r Request);

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (field, value) in self.0.given() {
            match value {
                Value::Text(text) => map.serialize_entry(field.name, text.expose_secret())?,
                Value::Flag(flag) => map.serialize_entry(field.name, flag)?,
                // A checked request holds text and booleans only.
                Value::Absent | Value::Integer(_) | Value::Other(_) | Value::Unusable(_) => {}
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{LIST_TASKS, SHOW_SYNC_TASK, SHOW_TASK, START_TASK};
    use crate::validation::{Call, check};

    fn request(id: &str) -> Request {
        let mut fields = vec![Value::Absent; START_TASK.fields.len()];
        for (at, (field, _)) in START_TASK.fields.iter().enumerate() {
            match field.name {
                "dst_ak" => fields[at] = Value::text("a\"k"),
                "dst_sk" => fields[at] = Value::text("s\u{e9}k"),
                "migrate_failed_object" => fields[at] = Value::Flag(true),
                _ => {}
            }
        }
        check(Call {
            operation: &START_TASK,
            id: Value::text(id),
            fields,
        })
        .expect("valid")
    }

    #[test]
    fn the_body_holds_what_was_given_and_no_null() {
        assert_eq!(
            request("1").body(),
            r#"{"dst_ak":"a\"k","dst_sk":"sék","migrate_failed_object":true}"#
        );
    }

    #[test]
    fn the_path_keeps_the_id_in_one_segment() {
        assert_eq!(
            request("a b?c#d%2e").path("p"),
            "/v2/p/tasks/a%20b%3Fc%23d%252e/start"
        );
    }

    #[test]
    fn a_list_has_no_id_and_its_filters_stand_in_the_query() {
        let fields = ["g 1", "", "", "PAUSED", "a&b=ü"].map(|text| match text {
            "" => Value::Absent,
            text => Value::text(text),
        });
        let list = check(Call {
            operation: &LIST_TASKS,
            id: Value::Absent,
            fields: fields.into(),
        })
        .expect("valid");
        assert_eq!(list.path("p"), "/v2/p/tasks");
        assert_eq!(
            list.page(100, 200).query(0),
            "group_id=g%201&limit=100&offset=200&status=3&task_name=a%26b%3D%C3%BC"
        );
        assert!(list.body().is_empty());
    }

    #[test]
    fn a_moment_that_was_not_given_is_now() {
        let show = request("7").sibling(&SHOW_SYNC_TASK);
        assert_eq!(show.query(1234), "query_time=1234");
        assert_eq!(request("7").query(1234), "");
    }

    #[test]
    fn a_request_to_look_at_the_same_resource_has_no_body() {
        let look = request("7").sibling(&SHOW_TASK);
        assert_eq!(look.path("p"), "/v2/p/tasks/7");
        assert!(look.body().is_empty());
    }
}

//! A request that passed validation: what will be sent, before it is signed.

use bytes::Bytes;
use serde::ser::{Serialize, SerializeMap, Serializer};
use zeroize::Zeroizing;

use crate::operation::{Field, Operation};
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
        format!(
            "/v2/{encoded_project_id}/{}/{}{}",
            self.operation.resource.collection,
            percent_encode(&self.resource_id),
            self.operation.action.path_suffix()
        )
    }

    /// The JSON body, wiped from memory when the last copy of it is dropped; empty where there is none.
    #[must_use]
    pub fn body(&self) -> Bytes {
        if self.operation.fields.is_empty() {
            return Bytes::new();
        }
        // Strings, booleans and a map with text keys always serialize.
        let json = serde_json::to_vec(&Body(self)).unwrap_or_default();
        Bytes::from_owner(Zeroizing::new(json))
    }

    /// The values that must never be shown.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.given()
            .filter(|(field, _)| field.is_secret())
            .filter_map(|(_, value)| value.as_text())
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
    use crate::operation::{SHOW_TASK, START_TASK};
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
    fn a_request_to_look_at_the_same_resource_has_no_body() {
        let look = request("7").sibling(&SHOW_TASK);
        assert_eq!(look.path("p"), "/v2/p/tasks/7");
        assert!(look.body().is_empty());
    }
}

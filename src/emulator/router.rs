//! Which operation a request asks for, by the tables in [`crate::operation`].

use http::Method;
use percent_encoding::percent_decode_str;

use crate::operation::{Action, OPERATIONS, Operation};

/// An operation, the project it is asked in and the id it is asked of (empty for a list), both percent-decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) operation: &'static Operation,
    pub(super) project_id: String,
    pub(super) id: String,
}

/// The route of `/v2/{project_id}/{collection}`, with an id and an action where there are; `None` where the service has no such
/// API.
pub(super) fn route(method: &Method, path: &str) -> Option<Route> {
    let mut segments = path.strip_prefix("/v2/")?.split('/');
    let (project_id, collection) = (segments.next()?, segments.next()?);
    let (id, action) = (segments.next(), segments.next());
    if segments.next().is_some() || project_id.is_empty() || id == Some("") {
        return None;
    }
    let operation = OPERATIONS.iter().copied().find(|operation| {
        operation.method == *method
            && operation.resource.collection == collection
            && (operation.action == Action::List) == id.is_none()
            && operation.action.path_suffix().strip_prefix('/') == action
    })?;
    Some(Route {
        operation,
        project_id: decode(project_id),
        id: decode(id.unwrap_or_default()),
    })
}

fn decode(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Request;
    use crate::validation::{Call, Value, check};

    #[test]
    fn every_operation_is_found_by_the_path_the_client_gives_it() {
        for operation in OPERATIONS {
            let mut fields = vec![Value::Absent; operation.fields.len()];
            for (at, (field, need)) in operation.fields.iter().enumerate() {
                if field.is_secret() && *need == crate::operation::Need::Required {
                    fields[at] = Value::text("k");
                }
            }
            let id = Value::text("a b%2F?é");
            let request: Request = check(Call {
                operation,
                id,
                fields,
            })
            .expect("valid");
            let found = route(&operation.method, &request.path("p%20q")).expect("a route");
            assert_eq!(found.operation, operation);
            let id = match operation.action {
                Action::List => "",
                _ => "a b%2F?é",
            };
            assert_eq!((&*found.project_id, &*found.id), ("p q", id));
        }
    }

    #[test]
    fn anything_else_is_no_api() {
        for (method, path) in [
            (Method::GET, "/v2/p/tasks/1/start"),
            (Method::POST, "/v2/p/tasks/1"),
            (Method::POST, "/v2/p/taskgroups/1/start"),
            (Method::POST, "/v2/p/tasks//start"),
            (Method::POST, "/v2//tasks/1/start"),
            (Method::POST, "/v2/p/tasks/1/start/"),
            (Method::POST, "/v2/p/tasks"),
            (Method::GET, "/v2/p/tasks/"),
            (Method::GET, "/v2/p/things"),
            (Method::GET, "/v1/p/tasks/1"),
            (Method::GET, "/"),
            (Method::GET, "*"),
            (Method::GET, ""),
        ] {
            assert_eq!(route(&method, path), None, "{method} {path}");
        }
        let stop = route(&Method::PUT, "/v2/p/taskgroups/1/stop").expect("a route");
        assert_eq!(stop.operation.action, Action::Stop);
    }
}

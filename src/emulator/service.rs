//! The way of a request: route, fault, body, record, credentials, project, limits, state, answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::Request;
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value as Json};

use super::answers::{self, Answer, Problem};
use super::auth::Gate;
use super::clock::Clock;
use super::faults::{Effect, Fault, Faults, WireEffect};
use super::identity::{Asked, Identity};
use super::recording::{RecordedRequest, Recording};
use super::router::{Route, route};
use super::state::{Page, World};
use crate::operation::{Action, Field, Kind, Operation, TASK};
use crate::request as client;
use crate::validation::{self, Call, Value, Violation};

/// The gateway takes bodies up to 12 MB.
const MOST_BODY_BYTES: usize = 12 << 20;

/// Everything the server's tasks share.
pub(super) struct Service {
    pub(super) clock: Clock,
    pub(super) gate: Gate,
    pub(super) identity: Option<Identity>,
    pub(super) project_id: String,
    pub(super) faults: Faults,
    pub(super) recording: Recording,
    pub(super) world: Mutex<World>,
}

/// A request that has arrived in whole.
struct Received {
    head: Parts,
    route: Option<Route>,
    body: Bytes,
    /// The body, where it is a JSON object.
    json: Option<Map<String, Json>>,
    request_id: String,
}

/// The request gets no answer by the ordinary way: this happens to its connection instead.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) effect: WireEffect,
    pub(super) answer: Answer,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a fault was injected")
    }
}

impl std::error::Error for Broken {}

impl Service {
    /// Answers one request.
    pub(super) async fn serve(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<hyper::Response<Full<Bytes>>, Broken> {
        let (head, incoming) = request.into_parts();
        let route = route(&head.method, head.uri.path());
        let request_id = answers::new_request_id();
        let fault = self.faults.meet(asked(route.as_ref()));
        let early = fault.as_ref().and_then(|fault| match &fault.effect {
            Effect::Early(reply) => Some(reply.answer()),
            _ => None,
        });
        // An early answer leaves the body where it is.
        let (body, too_large) = match &early {
            Some(_) => (Bytes::new(), false),
            None => read(incoming).await?,
        };
        let json = match &route {
            Some(route) if route.operation.has_body() => serde_json::from_slice(&body).ok(),
            _ => None,
        };
        let received = Received {
            head,
            route,
            body,
            json,
            request_id,
        };
        let mut record = RecordedRequest::new(
            &received.head,
            asked(received.route.as_ref()),
            &received.body,
            received.json.as_ref(),
            self.clock.now_ms(),
        );
        record.fault = fault.as_ref().map(|fault| fault.name);
        let number = self.recording.arrived(record);
        let request_id = received.request_id.clone();
        let outcome = match early {
            Some(answer) => Ok(answer),
            None if too_large => Ok(Problem::body_too_large().answer(&request_id)),
            None => Arc::clone(&self).answer(received, fault).await,
        };
        let mut answer = match outcome {
            Ok(answer) => answer,
            Err(mut broken) => {
                answers::frame(&mut broken.answer, &request_id, self.clock);
                return Err(broken);
            }
        };
        answers::frame(&mut answer, &request_id, self.clock);
        self.recording.answered(number, answer.status().as_u16());
        Ok(answer.map(Full::new))
    }

    /// Handles a request with the fault it met.
    async fn answer(
        self: Arc<Self>,
        received: Received,
        fault: Option<Arc<Fault>>,
    ) -> Result<Answer, Broken> {
        if let (Some(identity), Some(_)) = (&self.identity, self.asked_identity(&received)) {
            tokio::time::sleep(identity.delay).await;
        }
        let Some(fault) = fault else {
            return Ok(self.handle(&received));
        };
        match &fault.effect {
            Effect::Delay(time) => Ok(self.delay(received, *time, fault.after).await),
            Effect::Reply(reply) | Effect::Early(reply) => {
                if fault.after {
                    self.handle(&received);
                }
                Ok(reply.answer())
            }
            Effect::Wire(effect) => {
                let answer = if fault.after {
                    self.handle(&received)
                } else {
                    unavailable(&received.request_id)
                };
                Err(Broken {
                    effect: effect.clone(),
                    answer,
                })
            }
        }
    }

    /// Handles a request before or after a while, in a task of its own: the client's going does not undo it.
    async fn delay(
        self: Arc<Self>,
        received: Received,
        time: std::time::Duration,
        after: bool,
    ) -> Answer {
        let request_id = received.request_id.clone();
        let work = tokio::spawn(async move {
            if after {
                let answer = self.handle(&received);
                tokio::time::sleep(time).await;
                answer
            } else {
                tokio::time::sleep(time).await;
                self.handle(&received)
            }
        });
        // It only fails when the server stops.
        work.await.unwrap_or_else(|_| unavailable(&request_id))
    }

    /// Handles a request as the service would.
    fn handle(&self, received: &Received) -> Answer {
        if let (Some(identity), Some(asked)) = (&self.identity, self.asked_identity(received)) {
            let (head, body, now) = (&received.head, &received.body, self.clock.now_ms());
            let answer = identity.answer(asked, head, body, &self.gate, now);
            return answer.unwrap_or_else(|refusal| *refusal);
        }
        match self.carry_out(received) {
            Ok(body) => answers::done(body),
            Err(problem) => problem.answer(&received.request_id),
        }
    }

    /// What is asked of IAM or its like, where they are served.
    fn asked_identity(&self, received: &Received) -> Option<Asked> {
        self.identity.as_ref()?;
        Asked::of(&received.head.method, received.head.uri.path())
    }

    fn carry_out(&self, received: &Received) -> Result<Bytes, Problem> {
        let route = received.route.as_ref().ok_or_else(Problem::no_such_api)?;
        let now = self.clock.now_ms();
        self.gate.check(&received.head, &received.body, now)?;
        if route.project_id != self.project_id {
            return Err(Problem::no_permission());
        }
        let query = received.head.uri.query().unwrap_or_default();
        let values = if route.operation.action.reads() {
            query_values(route.operation, query)
        } else {
            body_values(route.operation, received.json.as_ref())?
        };
        let request = check(route, values)?;
        let mut world = self.world();
        match route.operation.action {
            Action::Start | Action::Retry => {
                let only_failed = received
                    .json
                    .as_ref()
                    .and_then(|members| members.get("migrate_failed_object"))
                    .is_some_and(|value| *value == Json::Bool(true));
                world.start(route.operation, &route.id, only_failed, now)?;
                Ok(Bytes::new())
            }
            Action::Stop => {
                world.stop(route.operation.resource, &route.id, now)?;
                Ok(Bytes::new())
            }
            Action::Show => world.show(route.operation.resource, &route.id, now),
            Action::List => Ok(world.list(route.operation.resource, &Page::of(&request), now)),
        }
    }

    /// Everything there is. Never held across an await.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn asked(route: Option<&Route>) -> Option<(&'static Operation, &str)> {
    route.map(|route| (route.operation, &*route.id))
}

/// Reads a body, and tells whether it was too large to be read.
async fn read(incoming: Incoming) -> Result<(Bytes, bool), Broken> {
    match Limited::new(incoming, MOST_BODY_BYTES).collect().await {
        Ok(body) => Ok((body.to_bytes(), false)),
        Err(error) if error.is::<LengthLimitError>() => Ok((Bytes::new(), true)),
        // The client has gone, or does not speak HTTP.
        Err(_) => Err(Broken {
            effect: WireEffect::Close,
            answer: Answer::default(),
        }),
    }
}

/// What stands for an answer where nothing was carried out.
fn unavailable(request_id: &str) -> Answer {
    let body = answers::error_body("APIGW.0601", "Internal server error", Some(request_id));
    let json = http::HeaderValue::from_static("application/json");
    answers::with_body(StatusCode::SERVICE_UNAVAILABLE, json, body)
}

/// What a body says of its operation's fields.
fn body_values(
    operation: &Operation,
    json: Option<&Map<String, Json>>,
) -> Result<Vec<Value>, Problem> {
    let none = Map::new();
    let members = match json {
        Some(members) => members,
        None if operation.fields.is_empty() => &none,
        None => {
            return Err(Problem::invalid_request(
                "The request body must be a JSON object.",
            ));
        }
    };
    let fields = operation.fields.iter();
    Ok(fields
        .map(|(field, _)| members.get(field.name).map_or(Value::Absent, value))
        .collect())
}

/// What a query says of its operation's fields.
fn query_values(operation: &Operation, query: &str) -> Vec<Value> {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let given: Vec<(String, String)> = query
        .split('&')
        .filter_map(|parameter| parameter.split_once('='))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect();
    let value = |field: &Field| {
        let Some((_, text)) = given.iter().find(|(name, _)| name == field.name) else {
            return Value::Absent;
        };
        match (field.kind, text.parse()) {
            (Kind::Integer { .. } | Kind::Status(_) | Kind::Moment, Ok(number)) => {
                Value::Integer(number)
            }
            (Kind::Integer { .. } | Kind::Status(_) | Kind::Moment, Err(_)) => {
                Value::Other("text".to_owned())
            }
            _ => Value::text(text),
        }
    };
    operation
        .fields
        .iter()
        .map(|(field, _)| value(field))
        .collect()
}

/// Holds a request against the limits of its operation.
fn check(route: &Route, fields: Vec<Value>) -> Result<client::Request, Problem> {
    let operation = route.operation;
    let call = Call {
        operation,
        id: Value::text(&*route.id),
        fields,
    };
    validation::check(call).map_err(|violations| refusal(route, &violations))
}

fn value(json: &Json) -> Value {
    match json {
        Json::String(text) => Value::text(text),
        Json::Bool(flag) => Value::Flag(*flag),
        Json::Null => Value::Unusable("must not be null".to_owned()),
        Json::Number(_) => Value::Other("number".to_owned()),
        Json::Array(_) => Value::Other("array".to_owned()),
        Json::Object(_) => Value::Other("object".to_owned()),
    }
}

fn refusal(route: &Route, violations: &[Violation]) -> Problem {
    let resource = route.operation.resource;
    if *resource == TASK && violations.iter().any(|v| v.field == resource.id_name) {
        return Problem::invalid_task_id();
    }
    let told: Vec<String> = violations
        .iter()
        .map(|v| format!("{} {}", v.field, v.message))
        .collect();
    Problem::invalid_request(format!("Invalid request parameters: {}.", told.join("; ")))
}

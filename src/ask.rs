//! A request that may be repeated: reading a resource or a list, or pausing.

use std::time::SystemTime;

use serde_json::Value as Json;

use crate::answer::Answer;
use crate::attempts::Attempts;
use crate::classify::{Fate, Reason, says_not_in_progress};
use crate::client::{CallOptions, Client};
use crate::error::Error;
use crate::operation::Action;
use crate::request::Request;
use crate::transport::Failure;

/// What a request that may be repeated gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// What was read, a JSON object; null where nothing was to be read.
    pub json: Json,
    /// The service's clock when it answered, to the second.
    pub date: Option<SystemTime>,
}

impl Reply {
    /// Reads an answer; `None` where it does not say what `action` asks for.
    fn read(action: Action, answer: &Answer) -> Option<Self> {
        let json = if action.reads() {
            answer.json().filter(Json::is_object)?
        } else {
            Json::Null
        };
        let date = answer.date();
        Some(Self { json, date })
    }
}

/// Asks until there is an answer, or no time or patience left.
///
/// A pause whose answer was lost is asked for again; "not in progress" then says that the first was carried out.
pub(crate) async fn ask(
    client: &Client,
    request: &Request,
    options: &CallOptions,
) -> Result<Reply, Error> {
    let action = request.operation.action;
    let mut attempts = Attempts::new(client, request, options);
    let mut was_unsettled = false;
    loop {
        let reason = match attempts.make().await {
            Fate::Done(answer) => match Reply::read(action, &answer) {
                Some(reply) => {
                    attempts.succeeded();
                    return Ok(reply);
                }
                None => Reason::Failure(Failure::not_json()),
            },
            Fate::Refused(answer)
                if was_unsettled && action == Action::Stop && says_not_in_progress(&answer) =>
            {
                attempts.succeeded();
                return Ok(Reply {
                    json: Json::Null,
                    date: answer.date(),
                });
            }
            Fate::Refused(answer) => return Err(attempts.refusal(&answer)),
            Fate::NotCarriedOut(reason) => reason,
            Fate::Unsettled(reason) => {
                was_unsettled = true;
                reason
            }
        };
        attempts.wait(reason).await?;
    }
}

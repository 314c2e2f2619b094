//! A request that may be repeated: reading a resource, or pausing it.

use crate::answer::Answer;
use crate::attempts::Attempts;
use crate::classify::{Fate, says_not_in_progress};
use crate::client::{CallOptions, Client};
use crate::error::Error;
use crate::request::Request;

/// Asks until there is an answer, or no time or patience left.
///
/// A pause whose answer was lost is asked for again; "not in progress" then says that the first was carried out.
pub(crate) async fn ask(
    client: &Client,
    request: &Request,
    options: &CallOptions,
) -> Result<Answer, Error> {
    let mut attempts = Attempts::new(client, request, options);
    let mut was_unsettled = false;
    loop {
        match attempts.make().await {
            Fate::Done(answer) => {
                attempts.succeeded();
                return Ok(answer);
            }
            Fate::Refused(answer) if was_unsettled && says_not_in_progress(&answer) => {
                attempts.succeeded();
                return Ok(answer);
            }
            Fate::Refused(answer) => return Err(attempts.refusal(&answer)),
            Fate::NotCarriedOut(reason) => attempts.wait(reason).await?,
            Fate::Unsettled(reason) => {
                was_unsettled = true;
                attempts.wait(reason).await?;
            }
        }
    }
}

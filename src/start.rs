//! A start, carried out exactly once: tried again only where that is certain to be right.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::answer::Answer;
use crate::attempts::Attempts;
use crate::classify::{Fate, Reason, classify, retry_after, says_already_started, says_not_found};
use crate::client::{CallOptions, Client};
use crate::clock::ServiceClock;
use crate::error::Error;
use crate::journal::Event;
use crate::operation::{Action, Operation};
use crate::request::Request;
use crate::secret::redact;
use crate::settle::{Seen, Settled, settle};

/// A start that succeeded.
#[derive(Debug, Clone)]
pub struct StartResult {
    /// The operation's name.
    pub operation: &'static str,
    /// The id that was started.
    pub resource_id: String,
    /// The status of the answer that told it.
    pub status_code: u16,
    /// The id that the service gave that request.
    pub request_id: Option<String>,
    /// How many starts were sent.
    pub attempts: u32,
    /// How long the call took.
    pub elapsed: Duration,
    /// Whether the answer to the start was lost, and the resource was found started.
    pub already_started: bool,
}

/// The longest wait between two looks at a resource.
const LONGEST_LOOK_DELAY: Duration = Duration::from_secs(2);

/// Starts what `request` names.
pub(crate) async fn start(
    client: &Client,
    request: &Request,
    options: &CallOptions,
) -> Result<StartResult, Error> {
    let attempts = Attempts::new(client, request, options);
    let clock = ServiceClock::new(Instant::now().into_std());
    Start { attempts, clock }.run().await
}

struct Start<'c> {
    attempts: Attempts<'c>,
    clock: ServiceClock,
}

impl Start<'_> {
    async fn run(mut self) -> Result<StartResult, Error> {
        let mut was_unsettled = false;
        loop {
            let sent = Instant::now();
            match self.attempts.make().await {
                Fate::Done(answer) => return Ok(self.succeed(&answer, false)),
                Fate::Refused(answer) if was_unsettled && says_already_started(&answer) => {
                    return Ok(self.succeed(&answer, true));
                }
                Fate::Refused(answer) => return Err(self.attempts.refusal(&answer)),
                Fate::NotCarriedOut(reason) => self.attempts.wait(reason).await?,
                Fate::Unsettled(reason) => {
                    was_unsettled = true;
                    match self.look(sent, &reason).await? {
                        Some(answer) => return Ok(self.succeed(&answer, true)),
                        None => self.attempts.wait(not_carried_out(reason)).await?,
                    }
                }
            }
        }
    }

    /// Looks at the resource until it is clear what became of a start that was sent at `sent`: gives back the
    /// answer that showed that it was started, or `None` if it was not.
    async fn look(&mut self, sent: Instant, reason: &Reason) -> Result<Option<Answer>, Error> {
        let Some(show) = Operation::of(self.attempts.request.operation.resource, Action::Show)
        else {
            return Err(self.unknown(reason, "it cannot be looked at"));
        };
        let show = self.attempts.request.sibling(show);
        let mut seen_last = "it could not be looked at in time".to_owned();
        for looks in 1.. {
            let asked = Instant::now();
            if asked >= self.attempts.deadline {
                break;
            }
            let Attempts {
                client,
                options,
                deadline,
                ..
            } = self.attempts;
            let outcome = client.attempt(&show, looks, deadline, options).await;
            let mut wait = self.look_delay(looks);
            match classify(Action::Show, outcome) {
                Fate::Done(answer) => {
                    if let Some(date) = answer.date() {
                        self.clock
                            .observe(date, asked.into_std(), Instant::now().into_std());
                    }
                    let seen = answer
                        .json()
                        .and_then(|json| Seen::read(show.operation.resource, &json));
                    match seen {
                        Some(seen) => {
                            match settle(&seen, self.clock.at(sent.into_std())) {
                                Settled::Started => return Ok(Some(answer)),
                                Settled::NotStarted => return Ok(None),
                                Settled::LookAgain => {}
                            }
                            seen_last = describe(&seen);
                            wait = self
                                .clock
                                .telling_moment(Instant::now().into_std())
                                .unwrap_or(wait);
                        }
                        None => "its state could not be read".clone_into(&mut seen_last),
                    }
                }
                // What is not there was not started; trying again gives the service's own error.
                Fate::Refused(answer) if says_not_found(&answer) => return Ok(None),
                Fate::Refused(answer) => {
                    let refusal = format!("looking at it was refused with HTTP {}", answer.status);
                    return Err(self.unknown(reason, &refusal));
                }
                Fate::NotCarriedOut(Reason::Answer(answer)) => {
                    wait = wait.max(retry_after(&answer).unwrap_or_default());
                }
                Fate::NotCarriedOut(Reason::Failure(_)) | Fate::Unsettled(_) => {}
            }
            if wait >= self.attempts.remaining() {
                break;
            }
            sleep(wait).await;
        }
        Err(self.unknown(reason, &seen_last))
    }

    fn succeed(&self, answer: &Answer, already_started: bool) -> StartResult {
        self.attempts.succeeded();
        let secrets = self.attempts.client.secrets(self.attempts.request);
        let asked = self.attempts.asked();
        let result = StartResult {
            operation: asked.operation,
            resource_id: asked.resource_id,
            status_code: answer.status,
            request_id: answer
                .request_id()
                .map(|id| redact(&id, &secrets).into_owned()),
            attempts: asked.attempts,
            elapsed: asked.elapsed,
            already_started,
        };
        self.attempts.record(|| Event::Started(result.clone()));
        result
    }

    fn unknown(&self, reason: &Reason, seen: &str) -> Error {
        let happened = match reason {
            Reason::Answer(answer) if answer.is_success() => {
                format!("HTTP {} came with a web page", answer.status)
            }
            Reason::Answer(answer) => format!("HTTP {} came back", answer.status),
            Reason::Failure(failure) => failure.cause.message.clone(),
        };
        Error::OutcomeUnknown {
            asked: Box::new(self.attempts.asked()),
            noun: self.attempts.request.operation.resource.noun,
            happened,
            seen: redact(seen, &self.attempts.client.secrets(self.attempts.request)).into_owned(),
        }
    }

    fn look_delay(&self, looks: u32) -> Duration {
        let policy = &self.attempts.client.settings.retry;
        policy
            .backoff(looks, fastrand::f64())
            .min(LONGEST_LOOK_DELAY)
    }
}

/// A failure of which looking showed that nothing was carried out.
fn not_carried_out(reason: Reason) -> Reason {
    match reason {
        Reason::Failure(failure) => Reason::Failure(failure.without_effect()),
        Reason::Answer(_) => reason,
    }
}

fn describe(seen: &Seen) -> String {
    let started = match seen.started_at {
        Some(_) => "its start time lies too close to the request to tell",
        None => "it has no start time",
    };
    format!("its status is {} and {started}", seen.status)
}

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
use crate::settle::{Phase, Seen, Settled, settle};

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

/// A look takes half of the time that is left, but within these bounds, and no longer than any attempt may: one that
/// stalls must not be the last.
const SHORTEST_LOOK: Duration = Duration::from_secs(1);
const LONGEST_LOOK: Duration = Duration::from_secs(10);

/// Starts what `request` names.
pub(crate) async fn start(
    client: &Client,
    request: &Request,
    options: &CallOptions,
) -> Result<StartResult, Error> {
    let call = Start {
        attempts: Attempts::new(client, request, options),
        clock: ServiceClock::new(Instant::now().into_std()),
        lost: None,
    };
    call.run().await
}

struct Start<'c> {
    attempts: Attempts<'c>,
    clock: ServiceClock,
    lost: Option<Lost>,
}

/// What is known of the requests of this call whose outcome was lost.
struct Lost {
    /// When the first was sent: what was started after that was started by this call.
    since: Instant,
    /// What happened to the last.
    happened: String,
    /// What the resource looked like since.
    seen: String,
    /// The error of the last.
    error: Error,
    /// Whether one may still be under way, so that "not started" is true for the moment only.
    may_still_arrive: bool,
}

/// What one look at a resource gave.
enum Look {
    /// What became of the start; the answer if it was carried out.
    Settled(Option<Answer>),
    /// The service does not let us look.
    Refused,
    /// Nothing yet; look again after this time.
    Again(Duration),
}

impl Start<'_> {
    /// What seldom happens is boxed: it would make the future of every call twice as large.
    async fn run(mut self) -> Result<StartResult, Error> {
        loop {
            let sent = Instant::now();
            let reason = match self.attempts.make().await {
                Fate::Done(answer) => return Ok(self.succeed(&answer, false)),
                Fate::Refused(answer) if self.lost.is_some() && says_already_started(&answer) => {
                    return Ok(self.succeed(&answer, true));
                }
                Fate::Refused(answer) => {
                    let refusal = self.attempts.refusal(&answer);
                    return Box::pin(self.fail(refusal)).await;
                }
                Fate::NotCarriedOut(reason) => reason,
                Fate::Unsettled(reason) => {
                    self.lose(sent, &reason);
                    if let Some(answer) = Box::pin(self.look()).await? {
                        return Ok(self.succeed(&answer, true));
                    }
                    not_carried_out(reason)
                }
            };
            if let Err(error) = self.attempts.wait(reason).await {
                return Box::pin(self.fail(error)).await;
            }
        }
    }

    /// Keeps in mind that a start sent at `sent` may have been carried out.
    fn lose(&mut self, sent: Instant, reason: &Reason) {
        let (since, was_under_way) = match &self.lost {
            Some(lost) => (lost.since, lost.may_still_arrive),
            None => (sent, false),
        };
        self.lost = Some(Lost {
            since,
            happened: what_happened(reason),
            error: self.attempts.error(reason),
            seen: "it could not be looked at in time".to_owned(),
            may_still_arrive: was_under_way || reason.may_still_arrive(),
        });
    }

    /// Ends the call with `error`, unless a request of it that nobody said no to may have arrived since.
    async fn fail(mut self, error: Error) -> Result<StartResult, Error> {
        if !self.lost.as_ref().is_some_and(|lost| lost.may_still_arrive) {
            return Err(error);
        }
        match self.look().await? {
            Some(answer) => Ok(self.succeed(&answer, true)),
            None => Err(self.unknown()),
        }
    }

    /// Looks at the resource until it is clear what became of the starts that were lost: gives back the answer that
    /// showed that one was carried out, or `None` if none was.
    async fn look(&mut self) -> Result<Option<Answer>, Error> {
        let request = self.attempts.request;
        let Some(show) = Operation::of(request.operation.resource, Action::Show) else {
            return Err(self.unknown());
        };
        let show = request.sibling(show);
        for looks in 1.. {
            if self.attempts.remaining().is_zero() {
                break;
            }
            let wait = match self.look_once(&show, looks).await {
                Look::Settled(outcome) => return Ok(outcome),
                Look::Refused => break,
                Look::Again(wait) => wait,
            };
            if wait >= self.attempts.remaining() {
                break;
            }
            sleep(wait).await;
        }
        Err(self.unknown())
    }

    async fn look_once(&mut self, show: &Request, looks: u32) -> Look {
        let asked = Instant::now();
        let left = self.attempts.remaining();
        let Attempts {
            client, options, ..
        } = self.attempts;
        let limit = client.settings.retry.attempt_timeout;
        let most = (left / 2).clamp(SHORTEST_LOOK, LONGEST_LOOK);
        let deadline = asked + limit.map_or(most, |limit| limit.min(most)).min(left);
        let outcome = client.attempt(show, looks, deadline, options).await;
        match classify(Action::Show, outcome) {
            Fate::Done(answer) => self.judge(show, answer, asked, looks),
            // What is not there was not started; trying again gives the service's own error.
            Fate::Refused(answer) if says_not_found(&answer) => Look::Settled(None),
            Fate::Refused(answer) => {
                self.saw(format!(
                    "looking at it was refused with HTTP {}",
                    answer.status
                ));
                Look::Refused
            }
            Fate::NotCarriedOut(Reason::Answer(answer))
            | Fate::Unsettled(Reason::Answer(answer)) => {
                let wait = self.attempts.look_delay(looks);
                Look::Again(wait.max(retry_after(&answer).unwrap_or_default()))
            }
            Fate::NotCarriedOut(Reason::Failure(_)) | Fate::Unsettled(Reason::Failure(_)) => {
                Look::Again(self.attempts.look_delay(looks))
            }
        }
    }

    /// Decides from an answer to a look that was asked for at `asked`.
    fn judge(&mut self, show: &Request, answer: Answer, asked: Instant, looks: u32) -> Look {
        if let Some(date) = answer.date() {
            self.clock
                .observe(date, asked.into_std(), Instant::now().into_std());
        }
        let seen = answer
            .json()
            .and_then(|json| Seen::read(show.operation.resource, &json));
        let Some(seen) = seen else {
            self.saw("its state could not be read".to_owned());
            return Look::Again(self.attempts.look_delay(looks));
        };
        self.saw(describe(&seen));
        let since = self.lost.as_ref().map(|lost| lost.since.into_std());
        match settle(&seen, since.and_then(|since| self.clock.at(since))) {
            Settled::Started => Look::Settled(Some(answer)),
            Settled::NotStarted => Look::Settled(None),
            Settled::LookAgain => Look::Again(
                self.clock
                    .telling_moment(Instant::now().into_std())
                    .unwrap_or_else(|| self.attempts.look_delay(looks)),
            ),
        }
    }

    fn saw(&mut self, what: String) {
        if let Some(lost) = &mut self.lost {
            lost.seen = what;
        }
    }

    fn succeed(&self, answer: &Answer, already_started: bool) -> StartResult {
        self.attempts.succeeded();
        let client = self.attempts.client;
        let asked = self.attempts.asked();
        let result = StartResult {
            operation: asked.operation,
            resource_id: asked.resource_id,
            status_code: answer.status,
            request_id: answer.request_id().map(|id| {
                client.with_secrets(self.attempts.request, |secrets| {
                    redact(&id, secrets).into_owned()
                })
            }),
            attempts: asked.attempts,
            elapsed: asked.elapsed,
            already_started,
        };
        self.attempts
            .record_routine(|| Event::Started(result.clone()));
        result
    }

    fn unknown(&mut self) -> Error {
        let (happened, seen, cause) = self
            .lost
            .take()
            .map(|lost| (lost.happened, lost.seen, Some(Box::new(lost.error))))
            .unwrap_or_default();
        Error::OutcomeUnknown {
            asked: Box::new(self.attempts.asked()),
            noun: self.attempts.request.operation.resource.noun,
            happened,
            seen: self
                .attempts
                .client
                .with_secrets(self.attempts.request, |secrets| {
                    redact(&seen, secrets).into_owned()
                }),
            cause,
        }
    }
}

fn what_happened(reason: &Reason) -> String {
    match reason {
        Reason::Answer(answer) if answer.is_html() => {
            format!("HTTP {} came with a web page", answer.status)
        }
        Reason::Answer(answer) if answer.is_success() => {
            format!(
                "HTTP {} came with something else than the service's answer",
                answer.status
            )
        }
        Reason::Answer(answer) => format!("HTTP {} came back", answer.status),
        Reason::Failure(failure) => failure.cause.message.clone(),
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
    let started = match (seen.phase, seen.started_at) {
        (Phase::CanStart | Phase::Ended, Some(_)) => {
            "its start time does not tell whether this request started it"
        }
        (_, Some(_)) => "that does not tell whether this request started it",
        (_, None) => "it has no start time",
    };
    format!("its status is {} and {started}", seen.status)
}

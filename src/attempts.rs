//! The attempts of one call: how many there were, how much time is left, and whether there is to be another.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::answer::Answer;
use crate::classify::{
    Fate, Reason, api_error, classify, failure_error, retry_after, says_expired, says_renew,
};
use crate::client::{CallOptions, Client};
use crate::clock::Corrected;
use crate::error::{Asked, CauseKind, Error};
use crate::journal::Event;
use crate::request::Request;
use crate::retry::{COST_OF_A_LOOK, COST_OF_A_RETRY};
use crate::transport::FailureKind;

/// Our clock may be off by this much before it is corrected.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);

/// The longest wait between two looks at a resource, as long as the service is not to be left alone.
const LONGEST_LOOK_DELAY: Duration = Duration::from_secs(2);

/// A time limit beyond the clock's range is none that anyone waits for.
const FOREVER: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// One call on its way.
pub(crate) struct Attempts<'c> {
    pub(crate) client: &'c Client,
    pub(crate) request: &'c Request,
    pub(crate) options: &'c CallOptions,
    began: Instant,
    pub(crate) deadline: Instant,
    made: u32,
    paid: u32,
    /// Whether a request was refused for its date or credentials and made again: that is done once.
    was_corrected: bool,
}

impl<'c> Attempts<'c> {
    /// A call that begins now.
    pub(crate) fn new(client: &'c Client, request: &'c Request, options: &'c CallOptions) -> Self {
        let began = Instant::now();
        let timeout = options.timeout.unwrap_or(client.settings.timeout);
        Self {
            client,
            request,
            options,
            began,
            deadline: began
                .checked_add(timeout)
                .unwrap_or_else(|| began + FOREVER),
            made: 0,
            paid: 0,
            was_corrected: false,
        }
    }

    /// Makes one attempt. One that was refused because our clock is off, or because the credentials have expired, is
    /// made again at once with a better one, or with newer ones: once a call, since wrong signatures lock a key.
    pub(crate) async fn make(&mut self) -> Fate {
        loop {
            self.made += 1;
            let policy = &self.client.settings.retry;
            let deadline = Instant::now() + policy.attempt_timeout(self.remaining());
            let seen = self.client.provider.seen();
            let dated_by = self.client.correction.millis();
            let outcome = self
                .client
                .attempt(self.request, self.made, deadline, self.options)
                .await;
            match classify(self.request.operation.action, outcome) {
                Fate::Refused(answer) if self.correct_clock(&answer, dated_by) => {}
                Fate::Refused(answer) if self.is_to_renew(&answer) => {
                    self.was_corrected = true;
                    let provider = &self.client.provider;
                    if !Box::pin(provider.renew(seen.as_ref(), self.deadline)).await {
                        return Fate::Refused(answer);
                    }
                }
                fate => return fate,
            }
        }
    }

    /// Waits before the next attempt, or gives the error of the last where there is to be none.
    pub(crate) async fn wait(&mut self, reason: Reason) -> Result<(), Error> {
        let policy = &self.client.settings.retry;
        let backoff = policy.backoff(self.made, fastrand::f64());
        let wait = match &reason {
            Reason::Answer(answer) => backoff.max(retry_after(answer).unwrap_or_default()),
            Reason::Failure(_) => backoff,
        };
        let again = self.made < policy.max_attempts
            && wait < self.remaining()
            && !is_permanent(&reason)
            && !(self.options.yields_to_throttling && is_throttling(&reason))
            && self.pay(COST_OF_A_RETRY);
        if again {
            sleep(wait).await;
            return Ok(());
        }
        Err(self.error(&reason))
    }

    /// The error of an attempt that did not succeed.
    pub(crate) fn error(&self, reason: &Reason) -> Error {
        match reason {
            Reason::Answer(answer) => self.refusal(answer),
            Reason::Failure(failure) => failure_error(self.asked(), failure),
        }
    }

    /// The error of an answer that says no.
    pub(crate) fn refusal(&self, answer: &Answer) -> Error {
        self.client.with_secrets(self.request, |secrets| {
            Error::Api(Box::new(api_error(self.asked(), answer, secrets)))
        })
    }

    /// How long to wait after `looks` looks at a resource, the last of which failed. A service that does nothing but
    /// fail is looked at as seldom as the policy allows.
    pub(crate) fn look_delay(&mut self, looks: u32) -> Duration {
        let policy = self.client.settings.retry;
        if self.pay(COST_OF_A_LOOK) {
            policy
                .backoff(looks, fastrand::f64())
                .min(LONGEST_LOOK_DELAY)
        } else {
            policy
                .max_delay
                .mul_f64(f64::midpoint(1.0, fastrand::f64()))
        }
    }

    /// Gives back to the client's budget what this call took from it.
    pub(crate) fn succeeded(&self) {
        self.client.budget.succeeded(self.paid);
    }

    fn pay(&mut self, cost: u32) -> bool {
        let can_pay = self.client.budget.pay(cost);
        if can_pay {
            self.paid += cost;
        }
        can_pay
    }

    pub(crate) fn asked(&self) -> Asked {
        Asked {
            operation: self.request.operation.name,
            resource_id: self.request.resource_id.clone(),
            attempts: self.made,
            elapsed: self.began.elapsed(),
        }
    }

    pub(crate) fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Tells of something that happens in most calls.
    pub(crate) fn record_routine(&self, event: impl FnOnce() -> Event) {
        if let Some(journal) = self.options.routine_journal() {
            journal.record(event());
        }
    }

    /// Whether newer credentials may be accepted where these were not.
    fn is_to_renew(&self, answer: &Answer) -> bool {
        !self.was_corrected && (says_expired(answer) || says_renew(answer))
    }

    /// Takes over the service's clock, once a call, if it says that a signature expired and its clock is not the one
    /// that the request was dated by.
    fn correct_clock(&mut self, answer: &Answer, dated_by: i64) -> bool {
        if self.was_corrected || !self.client.signs() || !says_expired(answer) {
            return false;
        }
        let Some(service_now) = answer.date() else {
            return false;
        };
        let correction = &self.client.correction;
        match correction.correct(service_now, dated_by, CLOCK_TOLERANCE) {
            Corrected::No => return false,
            Corrected::Already => {}
            #[allow(
                clippy::cast_precision_loss,
                reason = "a clock's error in milliseconds"
            )]
            Corrected::By(millis) => {
                if let Some(journal) = &self.options.journal {
                    let seconds = millis as f64 / 1000.0;
                    journal.record(Event::ClockCorrected { seconds });
                }
            }
        }
        self.was_corrected = true;
        true
    }
}

fn is_throttling(reason: &Reason) -> bool {
    matches!(reason, Reason::Answer(answer) if answer.status == 429)
}

/// A certificate that is not trusted now will not be in a second, nor will credentials be found.
fn is_permanent(reason: &Reason) -> bool {
    matches!(reason, Reason::Failure(failure)
        if failure.cause.kind == CauseKind::Tls || matches!(failure.kind, FailureKind::Unready(_)))
}

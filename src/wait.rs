//! Waiting until a migration has ended, or a synchronization goes on: gentle polling that outlives faults.

use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use serde_json::Value as Json;
use tokio::time::{Instant, sleep};

use crate::ask::Reply;
use crate::client::{CallOptions, Client};
use crate::clock::millis;
use crate::error::{Asked, Error};
use crate::pace::Pace;
use crate::request::Request;
use crate::secret::redact;
use crate::verdict::{Verdict, describe, verdict};

/// The wait before the second look, where no interval is asked for; it grows with every further one.
const FIRST_INTERVAL: Duration = Duration::from_secs(2);
/// No wait grows beyond this.
const LONGEST_INTERVAL: Duration = Duration::from_secs(30);
const GROWTH: f64 = 1.5;
/// A wait differs from its interval by up to this part of it, so that many do not look at the same moment.
const JITTER: f64 = 0.1;
/// Looks wait for the end of a stretch of this length, so that those of many go out together, a few at a time: to wake
/// up costs more than to look.
const STRETCH: Duration = Duration::from_millis(250);

/// For how long looks may fail, one after the other, before waiting is given up.
const FAULTS_OUTLIVED: Duration = Duration::from_secs(600);
/// For how long after a start the state from before it may still be read.
const STALE: Duration = Duration::from_secs(10);
/// What the service's clock, cut to the second, may lie behind a start time.
const ROUNDING: Duration = Duration::from_secs(2);

/// How to wait.
#[derive(Clone, Default)]
pub struct WaitOptions {
    /// How long at most; for ever by default.
    pub timeout: Option<Duration>,
    /// How long to wait between two looks; by default from 2 s, growing to 30 s.
    pub poll_interval: Option<Duration>,
    /// When this very call started what it waits for.
    pub started: Option<Instant>,
    /// Who is told what every look showed.
    pub watcher: Option<Arc<dyn Watcher>>,
    /// What keeps the looks of many in step.
    pub pace: Option<Arc<Pace>>,
}

/// Takes what looks show, from any thread; must not block.
pub trait Watcher: Send + Sync {
    /// Takes the service's answer to one look.
    fn seen(&self, state: &Json);
}

/// What was waited for did not happen.
#[derive(Debug, Clone)]
pub struct WaitError {
    /// Why not.
    pub reason: WaitReason,
    /// What was asked.
    pub asked: Asked,
    /// What was seen last.
    pub last: Option<Json>,
    /// That in words.
    pub told: String,
    /// The kind of thing that was waited for.
    pub noun: &'static str,
}

/// Why waiting ended without success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitReason {
    /// It failed.
    Failed,
    /// Somebody paused it, and it does not go on by itself.
    Paused,
    /// Somebody deletes it.
    Deleted,
    /// It went on for too long.
    TimedOut,
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            asked, told, noun, ..
        } = self;
        match self.reason {
            WaitReason::Failed => write!(
                f,
                "{asked}: the {noun} failed: {told}. Remove the cause; with migrate_failed_object=True only what failed is \
                 sent again"
            ),
            WaitReason::Paused => write!(
                f,
                "{asked}: the {noun} was paused and does not go on by itself: {told}. Start it again to go on"
            ),
            WaitReason::Deleted => write!(f, "{asked}: the {noun} is being deleted: {told}"),
            WaitReason::TimedOut => write!(
                f,
                "{asked}: not ended within {:.3} s: {told}. The {noun} goes on; wait for it again, or with a longer \
                 timeout",
                asked.elapsed.as_secs_f64()
            ),
        }
    }
}

/// Waits until what `request` shows has ended well, and gives its last state.
pub(crate) async fn wait(
    client: &Client,
    request: &Request,
    options: &CallOptions,
    how: &WaitOptions,
) -> Result<Json, Error> {
    let began = Instant::now();
    let mut waiting = Waiting {
        client,
        request,
        options,
        how,
        began,
        deadline: how.timeout.and_then(|timeout| began.checked_add(timeout)),
        looks: 0,
        failing_since: None,
        last: None,
    };
    waiting.run().await
}

struct Waiting<'c> {
    client: &'c Client,
    request: &'c Request,
    options: &'c CallOptions,
    how: &'c WaitOptions,
    began: Instant,
    deadline: Option<Instant>,
    looks: u32,
    failing_since: Option<Instant>,
    last: Option<Json>,
}

impl Waiting<'_> {
    async fn run(&mut self) -> Result<Json, Error> {
        loop {
            if let Some(reply) = self.look().await? {
                if let Some(watcher) = &self.how.watcher {
                    watcher.seen(&reply.json);
                }
                let found = verdict(self.request.operation.resource, &reply.json);
                let is_stale = self.is_stale(&reply);
                let state = self.last.insert(reply.json);
                match found {
                    Verdict::Reached => return Ok(std::mem::take(state)),
                    Verdict::GoesOn => {}
                    _ if is_stale => {}
                    Verdict::Failed => return Err(self.error(WaitReason::Failed)),
                    Verdict::Paused => return Err(self.error(WaitReason::Paused)),
                    Verdict::Deleted => return Err(self.error(WaitReason::Deleted)),
                }
            }
            let interval = self.interval();
            match self.remaining() {
                Some(left) if left <= interval => {
                    sleep(left).await;
                    return Err(self.error(WaitReason::TimedOut));
                }
                _ => sleep(interval).await,
            }
        }
    }

    /// Looks once. `None` where a fault hid the state; it may be gone when we look again.
    async fn look(&mut self) -> Result<Option<Reply>, Error> {
        let _turn = match &self.how.pace {
            Some(pace) => Some(pace.turn().await),
            None => None,
        };
        self.looks += 1;
        let limit = self.options.timeout.unwrap_or(self.client.settings.timeout);
        let options = CallOptions {
            timeout: Some(self.remaining().map_or(limit, |left| left.min(limit))),
            yields_to_throttling: self.how.pace.is_some(),
            ..self.options.clone()
        };
        match self.client.ask(self.request, &options).await {
            Ok(reply) => {
                self.failing_since = None;
                if let Some(pace) = &self.how.pace {
                    pace.went_well();
                }
                Ok(Some(reply))
            }
            Err(error) if self.outlives(&error) => {
                if let (Some(pace), Some(wait)) = (&self.how.pace, error.throttled()) {
                    // Looks go on for as long as they outlive their faults.
                    let _ = pace.throttled(wait);
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether a look that failed so may show more when it is made again.
    fn outlives(&mut self, error: &Error) -> bool {
        let since = *self.failing_since.get_or_insert_with(Instant::now);
        error.may_pass() && since.elapsed() < FAULTS_OUTLIVED
    }

    /// Whether this is the state from before the start that this call made: the service may be slow to show it.
    fn is_stale(&self, reply: &Reply) -> bool {
        let (Some(started), Some(date)) = (self.how.started, reply.date) else {
            return false;
        };
        let since = started.elapsed();
        let begun_at = reply.json.get("start_time").and_then(Json::as_i64);
        since < STALE && !began_after(date, since, begun_at)
    }

    fn interval(&self) -> Duration {
        static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
        self.how.poll_interval.unwrap_or_else(|| {
            let usual = usual_interval(self.looks, fastrand::f64());
            usual + rest_of_stretch(BEGAN.elapsed() + usual)
        })
    }

    fn remaining(&self) -> Option<Duration> {
        self.deadline
            .map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    fn error(&mut self, reason: WaitReason) -> Error {
        let resource = self.request.operation.resource;
        let last = self.last.take();
        Error::Wait(Box::new(WaitError {
            reason,
            asked: Asked {
                operation: resource.wait_name,
                resource_id: self.request.resource_id.clone(),
                attempts: self.looks,
                elapsed: self.began.elapsed(),
            },
            told: last.as_ref().map_or_else(
                || "it could not be looked at".to_owned(),
                |state| {
                    let told = describe(resource, state);
                    self.client
                        .with_secrets(self.request, |secrets| redact(&told, secrets).into_owned())
                },
            ),
            last,
            noun: resource.noun,
        }))
    }
}

/// How long to wait after so many looks: from 2 s, growing to 30 s. `random` is in `0.0..1.0`.
fn usual_interval(looks: u32, random: f64) -> Duration {
    let growth = GROWTH.powi(i32::try_from(looks.saturating_sub(1)).unwrap_or(i32::MAX));
    let interval = (FIRST_INTERVAL.as_secs_f64() * growth).min(LONGEST_INTERVAL.as_secs_f64());
    Duration::from_secs_f64(interval * (1.0 - JITTER + 2.0 * JITTER * random))
}

/// How long it is until the stretch ends that `at` lies in.
fn rest_of_stretch(at: Duration) -> Duration {
    let rest = STRETCH.as_nanos() - at.as_nanos() % STRETCH.as_nanos();
    Duration::from_nanos(u64::try_from(rest).unwrap_or_default())
}

/// Whether something began in the last `since`, by a service whose clock now shows `date`.
fn began_after(date: SystemTime, since: Duration, began_at: Option<i64>) -> bool {
    let earliest = date.checked_sub(since + ROUNDING).map_or(0, millis);
    began_at.is_some_and(|at| at >= earliest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    #[test]
    fn looks_become_rarer_and_never_rarer_than_half_a_minute() {
        let seconds = |looks| usual_interval(looks, 0.5).as_secs_f64();
        assert!((seconds(1) - 2.0).abs() < 1e-9);
        assert!((seconds(2) - 3.0).abs() < 1e-9);
        assert!((seconds(8) - 30.0).abs() < 1e-9);
        assert!((seconds(u32::MAX) - 30.0).abs() < 1e-9);
        assert!(usual_interval(1, 0.0) < usual_interval(1, 1.0));
        assert_eq!(usual_interval(20, 1.0), Duration::from_secs(33));
    }

    #[test]
    fn looks_go_out_at_the_ends_of_stretches() {
        let ends = |at| rest_of_stretch(Duration::from_millis(at)).as_millis();
        assert_eq!([0, 1, 249, 250, 10_100].map(ends), [250, 249, 1, 250, 150]);
    }

    #[test]
    fn a_state_from_before_the_start_is_told_by_its_start_time() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        let since = Duration::from_secs(3);
        assert!(!began_after(now, since, None));
        assert!(!began_after(now, since, Some(999_000_000)));
        assert!(began_after(now, since, Some(999_997_500)));
    }
}

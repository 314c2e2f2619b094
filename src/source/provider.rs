//! Keeps what a source gave, and renews it before anybody has to wait.
//!
//! A renewal is due some time before the credentials end (with jitter, so that machines that were started together
//! do not ask together). The first call that notices, or a timer if the client was used since the last one, begins
//! it in the background; there is never more than one. Until it is done the old credentials serve, while they are
//! good; when they are not, calls wait for it. One whole [`Identity`] is swapped for another, so that a request
//! never mixes the parts of two keys.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{Fault, Fetch, Issued, Memory, Net, Prepared};
use crate::identity::Identity;
use crate::signing::Algorithm;

/// What part of their life credentials still have when their renewal is due: the first, or up to the second where the
/// source is so slow that a renewal would not be done in time.
const LAST_PART: f64 = 0.1;
const LAST_PART_OF_SLOW: f64 = 0.3;
/// A renewal is given so many times what the one before took.
const PATIENCE: f64 = 1.4;
/// By what part of it that time is spread, to either side.
const JITTER: f64 = 0.1;
/// The renewal is due no earlier than this before the end.
const LONGEST_LAST_PART: Duration = Duration::from_secs(15 * 60);

/// Credentials are not used for what part of their life, at its end, and how long that is at most: a request takes
/// a while to arrive.
const MARGIN_PART: f64 = 0.02;
const LONGEST_MARGIN: Duration = Duration::from_secs(30);

/// The wait after the first renewal that failed, while the old credentials serve; it doubles, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Gives a client's calls the identity to use.
#[derive(Debug)]
pub struct Provider(Kind);

#[derive(Debug)]
enum Kind {
    Fixed(Box<Identity>),
    Renewed(Arc<Renewal>),
}

/// An identity in use.
#[derive(Debug)]
pub enum Held<'p> {
    /// The only one there is.
    Fixed(&'p Identity),
    /// One that may be replaced meanwhile.
    Renewed(Arc<Snapshot>),
}

impl std::ops::Deref for Held<'_> {
    type Target = Identity;

    fn deref(&self) -> &Identity {
        match self {
            Self::Fixed(identity) => identity,
            Self::Renewed(snapshot) => &snapshot.identity,
        }
    }
}

/// An identity with its times.
#[derive(Debug)]
pub struct Snapshot {
    identity: Identity,
    /// When its renewal is due.
    due: Option<Instant>,
    /// When it is of no use any more.
    ends: Option<Instant>,
}

type Outcome = Result<Arc<Snapshot>, Fault>;

#[derive(Debug)]
struct Renewal {
    fetch: Arc<dyn Fetch>,
    net: Net,
    background: Option<Handle>,
    algorithm: Algorithm,
    state: Mutex<State>,
    /// Whether anybody asked since the last renewal.
    is_used: AtomicBool,
}

#[derive(Default)]
struct State {
    current: Option<Arc<Snapshot>>,
    /// The one before: answers to its requests may still come.
    previous: Option<Arc<Snapshot>>,
    /// The renewal under way.
    flight: Option<watch::Receiver<Option<Outcome>>>,
    memory: Memory,
    /// Renewals that failed in a row, and when to try again.
    failures: u32,
    not_before: Option<Instant>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}

impl State {
    fn keep(&mut self, new: &Arc<Snapshot>) {
        self.failures = 0;
        self.not_before = None;
        self.previous = self.current.replace(Arc::clone(new));
    }

    /// Leaves a source that failed alone for a while. Calls that have nothing else ask it all the same.
    fn pause(&mut self) {
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(10));
        self.failures = self.failures.saturating_add(1);
        self.not_before = Instant::now().checked_add(pause.min(LONGEST_PAUSE));
    }
}

impl Provider {
    /// Makes a source serve.
    ///
    /// # Errors
    ///
    /// Where no signing key can be made of fixed credentials.
    ///
    /// Renewals run on `background`, or on the runtime of the call that begins them: one that is driven only while
    /// calls wait would leave them where they are in between.
    pub fn new(
        prepared: Prepared,
        net: Net,
        algorithm: &Algorithm,
        background: Option<Handle>,
    ) -> Result<Self, Fault> {
        Ok(Self(match prepared {
            Prepared::Fixed {
                source,
                credentials,
            } => Kind::Fixed(Box::new(
                Identity::new(source, credentials, algorithm)
                    .map_err(|reason| Fault::misconfigured(source, reason))?,
            )),
            Prepared::Live(fetch) => Kind::Renewed(Arc::new(Renewal {
                fetch,
                net,
                background,
                algorithm: algorithm.clone(),
                state: Mutex::default(),
                is_used: AtomicBool::new(false),
            })),
        }))
    }

    /// The identity to use now; `None` where it has to be waited for. Within a runtime.
    #[must_use]
    pub fn ready(&self) -> Option<Held<'_>> {
        match &self.0 {
            Kind::Fixed(identity) => Some(Held::Fixed(identity)),
            Kind::Renewed(renewal) => renewal.ready().map(Held::Renewed),
        }
    }

    /// Waits for an identity.
    ///
    /// # Errors
    ///
    /// Why the source does not serve.
    pub async fn wait(&self, deadline: Instant) -> Result<Held<'_>, Fault> {
        match &self.0 {
            Kind::Fixed(identity) => Ok(Held::Fixed(identity)),
            Kind::Renewed(renewal) => renewal.wait(deadline).await.map(Held::Renewed),
        }
    }

    /// After a refusal of requests made since `seen`: whether there are other credentials now to try with. Fetches
    /// them if need be.
    pub async fn renew(&self, seen: Option<&Seen>, deadline: Instant) -> bool {
        match (&self.0, seen) {
            (Kind::Renewed(renewal), Some(seen)) => renewal.renew(seen, deadline).await,
            _ => false,
        }
    }

    /// What [`Provider::renew`] compares with; `None` where nothing is ever renewed.
    #[must_use]
    pub fn seen(&self) -> Option<Seen> {
        match &self.0 {
            Kind::Fixed(_) => None,
            Kind::Renewed(renewal) => Some(Seen(renewal.state().current.clone())),
        }
    }

    /// The identities whose secrets an answer could still echo.
    #[must_use]
    pub fn known(&self) -> Vec<Held<'_>> {
        match &self.0 {
            Kind::Fixed(identity) => vec![Held::Fixed(identity)],
            Kind::Renewed(renewal) => {
                let state = renewal.state();
                let both = [&state.current, &state.previous];
                both.into_iter()
                    .flatten()
                    .map(|snapshot| Held::Renewed(Arc::clone(snapshot)))
                    .collect()
            }
        }
    }

    /// The name of the source that serves; `None` before it is known.
    #[must_use]
    pub fn source(&self) -> Option<&'static str> {
        match &self.0 {
            Kind::Fixed(identity) => Some(identity.source()),
            Kind::Renewed(renewal) => {
                let state = renewal.state();
                state.current.as_ref().map(|now| now.identity.source())
            }
        }
    }
}

/// The identity that there was at some time.
#[derive(Debug)]
pub struct Seen(Option<Arc<Snapshot>>);

impl Seen {
    fn is(&self, other: Option<&Arc<Snapshot>>) -> bool {
        match (&self.0, other) {
            (Some(seen), Some(other)) => Arc::ptr_eq(seen, other),
            (None, None) => true,
            _ => false,
        }
    }
}

impl Snapshot {
    /// Credentials that took `took` to be fetched.
    fn new(issued: Issued, took: Duration, algorithm: &Algorithm) -> Result<Self, Fault> {
        let now = Instant::now();
        let source = issued.source;
        let ends = issued.lifetime.and_then(|life| {
            let margin = life.mul_f64(MARGIN_PART).min(LONGEST_MARGIN);
            now.checked_add(life.saturating_sub(margin))
        });
        let due = issued.lifetime.and_then(|life| {
            let last_part = took
                .mul_f64(PATIENCE)
                .max(life.mul_f64(LAST_PART))
                .min(life.mul_f64(LAST_PART_OF_SLOW))
                .min(LONGEST_LAST_PART);
            let spread = 1.0 + JITTER * (2.0 * fastrand::f64() - 1.0);
            now.checked_add(life.saturating_sub(last_part.mul_f64(spread)))
        });
        let recheck = issued.recheck.and_then(|wait| now.checked_add(wait));
        let identity = Identity::new(source, issued.credentials, algorithm)
            .map_err(|reason| Fault::failed(source, reason))?;
        Ok(Self {
            identity,
            due: [due, recheck].into_iter().flatten().min(),
            ends,
        })
    }

    fn is_good(&self, now: Instant) -> bool {
        self.ends.is_none_or(|ends| now < ends)
    }

    fn is_due(&self, now: Instant) -> bool {
        self.due.is_some_and(|due| now >= due)
    }
}

impl Renewal {
    fn ready(self: &Arc<Self>) -> Option<Arc<Snapshot>> {
        self.is_used.store(true, Ordering::Relaxed);
        let now = Instant::now();
        let mut state = self.state();
        let current = state
            .current
            .clone()
            .filter(|current| current.is_good(now))?;
        if current.is_due(now) && state.not_before.is_none_or(|then| now >= then) {
            self.take_off(&mut state);
        }
        Some(current)
    }

    async fn wait(self: &Arc<Self>, deadline: Instant) -> Outcome {
        let mut flight = {
            let mut state = self.state();
            // It may have landed since the caller looked.
            if let Some(current) = state.current.clone()
                && current.is_good(Instant::now())
            {
                return Ok(current);
            }
            self.take_off(&mut state)
        };
        self.landed(&mut flight, deadline).await
    }

    async fn renew(self: &Arc<Self>, seen: &Seen, deadline: Instant) -> bool {
        let mut flight = {
            let mut state = self.state();
            if !seen.is(state.current.as_ref()) {
                return true;
            }
            self.take_off(&mut state)
        };
        let outcome = self.landed(&mut flight, deadline).await;
        match (outcome, &seen.0) {
            // The same key again would be refused again.
            (Ok(new), Some(old)) => !new.identity.is_same(&old.identity),
            (Ok(_), None) => true,
            (Err(_), _) => false,
        }
    }

    /// Joins the renewal under way, or begins one.
    fn take_off(self: &Arc<Self>, state: &mut State) -> watch::Receiver<Option<Outcome>> {
        if let Some(flight) = &state.flight
            && flight.has_changed().is_ok()
        {
            return flight.clone();
        }
        let (sender, receiver) = watch::channel(None);
        state.flight = Some(receiver.clone());
        let memory = std::mem::take(&mut state.memory);
        self.spawn(Arc::clone(self).fly(memory, sender));
        receiver
    }

    async fn fly(self: Arc<Self>, mut memory: Memory, sender: watch::Sender<Option<Outcome>>) {
        let began = Instant::now();
        let issued = self.fetch.fetch(&self.net, &mut memory).await;
        let outcome = issued
            .and_then(|issued| Snapshot::new(issued, began.elapsed(), &self.algorithm))
            .map(Arc::new);
        {
            let mut state = self.state();
            state.memory = memory;
            state.flight = None;
            if let Ok(new) = &outcome {
                self.is_used.store(false, Ordering::Relaxed);
                state.keep(new);
                if let Some(due) = new.due {
                    self.spawn(Self::remember(Arc::downgrade(&self), due));
                }
            } else {
                state.pause();
            }
        }
        // Nobody waits for it where the old credentials served.
        let _ = sender.send(Some(outcome));
    }

    async fn landed(
        &self,
        flight: &mut watch::Receiver<Option<Outcome>>,
        deadline: Instant,
    ) -> Outcome {
        let failed = |message| Err(Fault::failed(self.fetch.name(), message));
        match timeout_at(deadline, flight.wait_for(Option::is_some)).await {
            Ok(Ok(outcome)) => outcome
                .clone()
                .unwrap_or_else(|| failed("it gave nothing at all")),
            Ok(Err(_)) => failed("it ended without an outcome"),
            Err(_) => failed("it gave no credentials within the call's timeout"),
        }
    }

    /// Renews when it is time, for a client that was used since the last renewal. One that lies idle is left alone.
    async fn remember(renewal: Weak<Self>, due: Instant) {
        sleep_until(due).await;
        if let Some(renewal) = renewal.upgrade()
            && renewal.is_used.load(Ordering::Relaxed)
        {
            renewal.ready();
        }
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        match &self.background {
            Some(background) => background.spawn(work),
            None => tokio::spawn(work),
        };
    }

    /// Never held across an await.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

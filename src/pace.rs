//! What keeps many calls in step: so many at once, and all of them slower where the service throttles.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

/// The shortest time between two requests once the service has throttled.
const SHORTEST_GAP: Duration = Duration::from_millis(4);
/// The longest.
const LONGEST_GAP: Duration = Duration::from_millis(500);
/// How long everybody waits where the service does not say how long.
const USUAL_PAUSE: Duration = Duration::from_secs(1);
/// For how long the service may do nothing but throttle before it is believed.
const PATIENCE: Duration = Duration::from_secs(300);
/// Every success makes the gap shorter by this.
const RECOVERY: f64 = 0.97;

/// The pace of many calls.
///
/// Where the service answers "too many requests", nobody sends anything until the time is over that it asks for;
/// from then on requests leave one by one, at twice the distance of before. Every success shortens the distance.
#[derive(Debug)]
pub struct Pace {
    permits: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// When the next request may leave.
    next: Instant,
    /// The time between two requests.
    gap: Duration,
    /// When the pace was last slowed down.
    slowed: Option<Instant>,
    /// Since when there has been nothing but throttling.
    throttled_since: Option<Instant>,
}

impl Pace {
    /// At most so many calls at once, and no other limit yet.
    #[must_use]
    pub fn new(concurrency: usize) -> Self {
        Self {
            permits: Semaphore::new(concurrency.min(Semaphore::MAX_PERMITS)),
            state: Mutex::new(State {
                next: Instant::now(),
                gap: Duration::ZERO,
                slowed: None,
                throttled_since: None,
            }),
        }
    }

    /// Waits until a request may leave. It is under way for as long as what this gives lives.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        let permit = self.permits.acquire().await.ok();
        loop {
            let turn = self.lock().take_turn(Instant::now());
            match turn {
                Ok(()) => return permit,
                Err(wait_until) => sleep_until(wait_until).await,
            }
        }
    }

    /// A request was throttled: everybody leaves the service alone for `wait`, and goes on more slowly. Tells whether to
    /// try again: not when the service has done nothing but throttle for long.
    pub fn throttled(&self, wait: Option<Duration>) -> bool {
        let (now, mut state) = (Instant::now(), self.lock());
        state.slow_down(now, wait.unwrap_or(USUAL_PAUSE));
        now - *state.throttled_since.get_or_insert(now) < PATIENCE
    }

    /// A request went well.
    pub fn went_well(&self) {
        self.lock().went_well();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes the present turn, or tells when to ask again.
    fn take_turn(&mut self, now: Instant) -> Result<(), Instant> {
        if self.next > now {
            return Err(self.next);
        }
        self.next = now + self.gap;
        Ok(())
    }

    fn slow_down(&mut self, now: Instant, wait: Duration) {
        // Requests that left together come back throttled together: that is one sign, not many.
        let is_new = self
            .slowed
            .is_none_or(|at| now > at + self.gap.max(SHORTEST_GAP) * 4)
            && now >= self.next;
        if is_new {
            self.gap = (self.gap * 2).clamp(SHORTEST_GAP, LONGEST_GAP);
            self.slowed = Some(now);
        }
        if let Some(until) = now.checked_add(wait) {
            self.next = self.next.max(until);
        }
    }

    fn went_well(&mut self) {
        self.throttled_since = None;
        if self.gap.is_zero() {
            return;
        }
        self.gap = self.gap.mul_f64(RECOVERY);
        if self.gap < SHORTEST_GAP / 2 {
            self.gap = Duration::ZERO;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn fresh() -> (Instant, State) {
        let now = Instant::now();
        let state = State {
            next: now,
            gap: Duration::ZERO,
            slowed: None,
            throttled_since: None,
        };
        (now, state)
    }

    #[test]
    fn nobody_waits_before_the_service_throttles() {
        let (now, mut state) = fresh();
        assert!((0..100).all(|_| state.take_turn(now).is_ok()));
    }

    #[test]
    fn a_throttled_request_stops_everybody_and_requests_then_leave_one_by_one() {
        let (now, mut state) = fresh();
        for _ in 0..64 {
            state.slow_down(now, MS(2_000));
        }
        let until = now + MS(2_000);
        assert_eq!(
            (state.gap, state.take_turn(now)),
            (SHORTEST_GAP, Err(until))
        );
        assert_eq!(state.take_turn(until), Ok(()));
        assert_eq!(state.take_turn(until), Err(until + SHORTEST_GAP));
    }

    #[test]
    fn success_brings_the_speed_back() {
        let (now, mut state) = fresh();
        state.slow_down(now, MS(10));
        state.slow_down(now + MS(100), MS(10));
        assert_eq!(state.gap, SHORTEST_GAP * 2);
        (0..200).for_each(|_| state.went_well());
        assert_eq!(state.gap, Duration::ZERO);
    }
}

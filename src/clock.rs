//! Clocks: how far the service's is from ours, and what time it was there when a request was sent.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What is added to our clock before a request is dated: zero until the service says that it is off.
#[derive(Debug, Default)]
pub struct Correction(AtomicI64);

impl Correction {
    /// The time by the service's clock, as far as it is known.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        shift(SystemTime::now(), self.millis())
    }

    /// What is added to our clock now, in milliseconds.
    #[must_use]
    pub fn millis(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Learns the service's clock from the refusal of a request that was dated with a correction of `used`
    /// milliseconds. If another call has corrected the clock meanwhile, that is taken.
    pub fn correct(&self, service_now: SystemTime, used: i64, tolerance: Duration) -> Corrected {
        let tolerance = u64::try_from(tolerance.as_millis()).unwrap_or(u64::MAX);
        let off = millis(service_now) - millis(SystemTime::now());
        let is_far = |from: i64| (off - from).unsigned_abs() > tolerance;
        if !is_far(used) {
            return Corrected::No;
        }
        let change = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |known| {
                is_far(known).then_some(off)
            });
        match change {
            Ok(_) => Corrected::By(off),
            Err(_) => Corrected::Already,
        }
    }
}

/// What became of a clock that may be off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corrected {
    /// It was right.
    No,
    /// Another call has corrected it since.
    Already,
    /// It was wrong, and so many milliseconds are added from now on.
    By(i64),
}

/// A span of time by the service's clock, in Unix milliseconds: when something happened, as far as can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Not before this.
    pub earliest: i64,
    /// Not after this.
    pub latest: i64,
    /// Whether the span is as short as the time that answers take lets it be.
    pub is_sharp: bool,
}

/// Tells when a moment was by the service's clock, from the `Date` headers of its answers.
///
/// A `Date` is cut to the second and was made at some moment between our sending and receiving, so it bounds the
/// distance of the two clocks; several together bound it more tightly. Counted in microseconds, and rounded outwards.
#[derive(Debug, Clone)]
pub struct ServiceClock {
    origin: Instant,
    /// Service time less our time since `origin`, once something was observed.
    distance: Option<Bounds>,
    /// How long answers took, sorted.
    round_trips: Vec<i64>,
}

#[derive(Debug, Clone, Copy)]
struct Bounds {
    least: i64,
    most: i64,
}

/// What milliseconds, of timers and of start times, add to a span.
const ROUNDING: i64 = 4_000;

const SECOND: i64 = 1_000_000;

impl ServiceClock {
    /// A clock that knows nothing yet; `origin` is a moment before all that it will be asked about.
    #[must_use]
    pub const fn new(origin: Instant) -> Self {
        Self {
            origin,
            distance: None,
            round_trips: Vec::new(),
        }
    }

    /// Learns from an answer's `Date`.
    pub fn observe(&mut self, date: SystemTime, sent: Instant, received: Instant) {
        let date = micros(date);
        let (sent, received) = (self.since_origin(sent), self.since_origin(received));
        let seen = Bounds {
            least: date - (received + 1),
            most: date + SECOND - sent,
        };
        let round_trip = received - sent;
        let place = self
            .round_trips
            .partition_point(|known| *known < round_trip);
        self.round_trips.insert(place, round_trip);
        self.distance = Some(match self.distance {
            Some(known) if known.least <= seen.most && seen.least <= known.most => Bounds {
                least: known.least.max(seen.least),
                most: known.most.min(seen.most),
            },
            // Nothing known, or the service's clock was set in between.
            _ => seen,
        });
    }

    /// When a moment of ours was, by the service's clock.
    #[must_use]
    pub fn at(&self, moment: Instant) -> Option<Window> {
        let since = self.since_origin(moment);
        self.distance.map(|distance| Window {
            earliest: (distance.least + since).div_euclid(1000),
            latest: (distance.most + since + 1).div_euclid(1000) + 1,
            is_sharp: distance.most - distance.least <= self.round_trip() * 3 / 2 + ROUNDING,
        })
    }

    /// How long to wait before asking so that the answer's `Date` tells most: it should be made when, for all that is
    /// known, the service's clock is as likely to have begun its next second as not. `None` before anything was
    /// observed.
    #[must_use]
    pub fn telling_moment(&self, now: Instant) -> Option<Duration> {
        let distance = self.distance?;
        let middle = i64::midpoint(distance.least, distance.most);
        // The answer is made half a round trip after it is asked for, for all that is known.
        let answered = self.since_origin(now) + self.round_trip() / 2;
        let into_second = (answered + middle).rem_euclid(SECOND);
        u64::try_from(SECOND - into_second)
            .ok()
            .map(Duration::from_micros)
    }

    /// How long an answer usually takes: the median, which neither a new connection nor a lucky moment moves.
    fn round_trip(&self) -> i64 {
        let middle = self.round_trips.len() / 2;
        self.round_trips.get(middle).copied().unwrap_or_default()
    }

    fn since_origin(&self, moment: Instant) -> i64 {
        let since = moment.saturating_duration_since(self.origin);
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX / 8)
    }
}

/// Unix microseconds.
fn micros(time: SystemTime) -> i64 {
    millis(time)
        .saturating_mul(1000)
        .clamp(i64::MIN / 8, i64::MAX / 8)
}

/// Unix milliseconds.
#[must_use]
pub fn millis(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX / 4),
        Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX / 4),
    }
}

fn shift(time: SystemTime, by_millis: i64) -> SystemTime {
    let by = Duration::from_millis(by_millis.unsigned_abs());
    let shifted = if by_millis < 0 {
        time.checked_sub(by)
    } else {
        time.checked_add(by)
    };
    shifted.unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn one_date_bounds_a_moment_to_the_second_and_the_round_trip() {
        let origin = Instant::now();
        let mut clock = ServiceClock::new(origin);
        assert_eq!(clock.at(origin), None);
        let (sent, received) = (
            origin + Duration::from_millis(100),
            origin + Duration::from_millis(300),
        );
        clock.observe(at(1000), sent, received);
        let window = clock.at(origin).expect("known");
        assert_eq!((window.earliest, window.latest), (999_699, 1_000_901));
    }

    #[test]
    fn a_second_date_narrows_it() {
        let origin = Instant::now();
        let mut clock = ServiceClock::new(origin);
        let moment = |ms| origin + Duration::from_millis(ms);
        clock.observe(at(1000), moment(0), moment(10));
        clock.observe(at(1001), moment(300), moment(310));
        let window = clock.at(origin).expect("known");
        // The second began between 10 ms and 310 ms after the first answer's second.
        assert_eq!((window.earliest, window.latest), (1_000_689, 1_001_001));
    }

    #[test]
    fn ten_looks_at_telling_moments_bound_it_to_a_few_milliseconds() {
        let origin = Instant::now();
        let service_starts_at = 1_000_000_417;
        let mut clock = ServiceClock::new(origin);
        let mut now = origin;
        for _ in 0..11 {
            let service_now = service_starts_at + clock.since_origin(now) / 1000;
            let cut = u64::try_from(service_now / 1000).expect("positive");
            clock.observe(at(cut), now, now);
            now += clock.telling_moment(now).expect("observed");
        }
        let window = clock.at(origin).expect("known");
        assert!(window.latest - window.earliest <= 6, "{window:?}");
        assert!(window.is_sharp);
        assert!((window.earliest..=window.latest).contains(&service_starts_at));
    }

    #[test]
    fn a_clock_that_was_set_starts_afresh() {
        let origin = Instant::now();
        let mut clock = ServiceClock::new(origin);
        clock.observe(at(1000), origin, origin);
        clock.observe(at(5000), origin, origin);
        assert_eq!(clock.at(origin).map(|w| w.earliest), Some(4_999_999));
    }

    #[test]
    fn a_correction_is_taken_once_and_serves_every_call_that_was_dated_before_it() {
        let correction = Correction::default();
        let service = SystemTime::now() + Duration::from_secs(3600);
        let minute = Duration::from_secs(60);
        let used = correction.millis();
        assert!(matches!(
            correction.correct(service, used, minute),
            Corrected::By(_)
        ));
        assert_eq!(
            correction.correct(service, used, minute),
            Corrected::Already
        );
        let used = correction.millis();
        assert_eq!(correction.correct(service, used, minute), Corrected::No);
        assert!(correction.now() > SystemTime::now() + Duration::from_secs(3500));
    }

    proptest! {
        /// Whatever the distance of the clocks, the round trips and the moments of looking: the span holds the truth
        /// at all times, never grows, and ends up sharp.
        #[test]
        fn the_span_always_holds_the_truth_and_narrows(
            service_starts_at in 1_700_000_000_000_000_u64..1_700_000_100_000_000,
            sent_after in 0..2_000_000_u64,
            trips in proptest::collection::vec((0..200_000_u64, 0..200_000_u64, 0..1000_u64), 1..40),
        ) {
            let origin = Instant::now();
            let moment = |us| origin + Duration::from_micros(us);
            let truth = i64::try_from((service_starts_at + sent_after) / 1000).expect("small");
            let mut clock = ServiceClock::new(origin);
            let mut now = sent_after;
            let mut width = i64::MAX;
            for (there, back, pause) in trips {
                let answered = now + there;
                let received = answered + back;
                clock.observe(at((service_starts_at + answered) / 1_000_000), moment(now), moment(received));
                let window = clock.at(moment(sent_after)).expect("observed");
                prop_assert!((window.earliest..=window.latest).contains(&truth), "{window:?} {truth}");
                prop_assert!(window.latest - window.earliest <= width);
                width = window.latest - window.earliest;
                let wait = clock.telling_moment(moment(received)).expect("observed");
                prop_assert!(wait <= Duration::from_secs(1));
                now = received + u64::try_from(wait.as_micros()).expect("short") + pause;
            }
        }

        #[test]
        fn a_steady_round_trip_makes_the_span_sharp(
            service_starts_at in 1_700_000_000_000_000_u64..1_700_000_100_000_000, there in 0..150_000_u64,
            back in 0..150_000_u64,
        ) {
            let origin = Instant::now();
            let mut clock = ServiceClock::new(origin);
            let mut now = 0;
            for _ in 0..20 {
                let (sent, received) = (origin + Duration::from_micros(now), origin + Duration::from_micros(now + there + back));
                clock.observe(at((service_starts_at + now + there) / 1_000_000), sent, received);
                let wait = clock.telling_moment(received).expect("observed");
                now += there + back + u64::try_from(wait.as_micros()).expect("short");
            }
            prop_assert!(clock.at(origin).expect("observed").is_sharp);
        }
    }
}

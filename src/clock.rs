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
        shift(SystemTime::now(), self.0.load(Ordering::Relaxed))
    }

    /// Takes over the service's clock. Gives back the correction, if it is more than `tolerance`.
    pub fn correct(&self, service_now: SystemTime, tolerance: Duration) -> Option<i64> {
        let off = millis(service_now) - millis(SystemTime::now());
        let known = self.0.load(Ordering::Relaxed);
        if (off - known).unsigned_abs() <= u64::try_from(tolerance.as_millis()).unwrap_or(u64::MAX)
        {
            return None;
        }
        self.0.store(off, Ordering::Relaxed);
        Some(off)
    }
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
/// distance of the two clocks; several together bound it more tightly.
#[derive(Debug, Clone)]
pub struct ServiceClock {
    origin: Instant,
    /// Service time less our time since `origin`, in milliseconds, once something was observed.
    distance: Option<Bounds>,
    /// The shortest time from asking to the answer so far, in milliseconds.
    round_trip: i64,
}

#[derive(Debug, Clone, Copy)]
struct Bounds {
    least: i64,
    most: i64,
}

/// What rounding to milliseconds adds to a span at both of its ends.
const ROUNDING: i64 = 4;

impl ServiceClock {
    /// A clock that knows nothing yet; `origin` is a moment before all that it will be asked about.
    #[must_use]
    pub const fn new(origin: Instant) -> Self {
        Self {
            origin,
            distance: None,
            round_trip: i64::MAX / 4,
        }
    }

    /// Learns from an answer's `Date`.
    pub fn observe(&mut self, date: SystemTime, sent: Instant, received: Instant) {
        let date = millis(date);
        let (sent, received) = (self.since_origin(sent), self.since_origin(received));
        let seen = Bounds {
            least: date - received,
            most: date + 999 - sent,
        };
        self.round_trip = self.round_trip.min(received - sent);
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
            earliest: distance.least + since,
            latest: distance.most + since,
            is_sharp: distance.most - distance.least <= self.round_trip * 3 / 2 + ROUNDING,
        })
    }

    /// How long to wait until an answer's `Date` tells most: when, for all that is known, the service's clock is
    /// as likely to have begun its next second as not. `None` before anything was observed.
    #[must_use]
    pub fn telling_moment(&self, now: Instant) -> Option<Duration> {
        let distance = self.distance?;
        let middle = i64::midpoint(distance.least, distance.most);
        let into_second = (self.since_origin(now) + middle).rem_euclid(1000);
        u64::try_from(1000 - into_second)
            .ok()
            .map(Duration::from_millis)
    }

    fn since_origin(&self, moment: Instant) -> i64 {
        let since = moment.saturating_duration_since(self.origin);
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX / 4)
    }
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
        assert_eq!((window.earliest, window.latest), (999_700, 1_000_899));
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
        assert_eq!((window.earliest, window.latest), (1_000_690, 1_000_999));
    }

    #[test]
    fn ten_looks_at_telling_moments_bound_it_to_a_few_milliseconds() {
        let origin = Instant::now();
        let service_starts_at = 1_000_000_417;
        let mut clock = ServiceClock::new(origin);
        let mut now = origin;
        for _ in 0..11 {
            let service_now = service_starts_at + clock.since_origin(now);
            let cut = u64::try_from(service_now / 1000).expect("positive");
            clock.observe(at(cut), now, now);
            now += clock.telling_moment(now).expect("observed");
        }
        let window = clock.at(origin).expect("known");
        assert!(window.latest - window.earliest <= 4, "{window:?}");
        assert!(window.is_sharp);
        assert!((window.earliest..=window.latest).contains(&service_starts_at));
    }

    #[test]
    fn a_clock_that_was_set_starts_afresh() {
        let origin = Instant::now();
        let mut clock = ServiceClock::new(origin);
        clock.observe(at(1000), origin, origin);
        clock.observe(at(5000), origin, origin);
        assert_eq!(clock.at(origin).map(|w| w.earliest), Some(5_000_000));
    }

    #[test]
    fn a_correction_is_taken_once() {
        let correction = Correction::default();
        let service = SystemTime::now() + Duration::from_secs(3600);
        let minute = Duration::from_secs(60);
        assert!(correction.correct(service, minute).is_some());
        assert_eq!(correction.correct(service, minute), None);
        assert!(correction.now() > SystemTime::now() + Duration::from_secs(3500));
    }
}

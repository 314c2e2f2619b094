//! The local OMS's clock, which can be set apart from the machine's.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The last second of the year 9999: later times have no HTTP date.
const LAST_MS: i64 = 253_402_300_799_000;

/// The machine's clock plus a constant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    offset_ms: i64,
}

impl Clock {
    pub(super) fn new(offset_seconds: f64) -> Self {
        Self {
            offset_ms: milliseconds(offset_seconds),
        }
    }

    /// Milliseconds since 1970.
    pub(super) fn now_ms(self) -> i64 {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_millis();
        i64::try_from(since)
            .unwrap_or(LAST_MS)
            .saturating_add(self.offset_ms)
            .clamp(0, LAST_MS)
    }

    /// The time for a `Date` header.
    pub(super) fn http_date(self) -> String {
        let ms = self.now_ms().unsigned_abs();
        httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(ms))
    }
}

/// Seconds as whole milliseconds; what does not fit is cut to the nearest end.
#[allow(clippy::cast_possible_truncation)] // cutting is what is wanted, and what `as` does
pub(super) fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_can_be_set_apart_and_never_leaves_the_calendar() {
        let apart = Clock::new(3600.0).now_ms() - Clock::new(0.0).now_ms();
        assert!((3_600_000..3_601_000).contains(&apart));
        assert_eq!(
            Clock::new(-1e12).http_date(),
            "Thu, 01 Jan 1970 00:00:00 GMT"
        );
        assert_eq!(
            Clock::new(1e300).http_date(),
            "Fri, 31 Dec 9999 23:59:59 GMT"
        );
    }
}

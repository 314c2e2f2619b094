//! What may be tried again, and when: pure decisions, randomness and time passed in.

use std::time::Duration;

/// How often and how patiently a call tries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// How many requests a call makes at most, the first included.
    pub max_attempts: u32,
    /// The longest wait before the second attempt; it doubles with every further one.
    pub base_delay: Duration,
    /// No wait grows beyond this.
    pub max_delay: Duration,
    /// How long one attempt may take; by default what remains, less a reserve to find out what happened.
    pub attempt_timeout: Option<Duration>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 4,
            base_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(20),
            attempt_timeout: None,
        }
    }
}

/// The most that is kept back from an attempt, to find out what became of it.
const LONGEST_RESERVE: Duration = Duration::from_secs(10);

impl RetryPolicy {
    /// How long to wait after `attempts` attempts: exponential with full jitter. `random` is in `0.0..1.0`.
    #[must_use]
    pub fn backoff(&self, attempts: u32, random: f64) -> Duration {
        let doublings = attempts.saturating_sub(1).min(30);
        let ceiling = self
            .base_delay
            .saturating_mul(1 << doublings)
            .min(self.max_delay);
        ceiling.mul_f64(random.clamp(0.0, 1.0))
    }

    /// How long an attempt may take when `remaining` is left of the call.
    #[must_use]
    pub fn attempt_timeout(&self, remaining: Duration) -> Duration {
        let reserve = (remaining / 3).min(LONGEST_RESERVE);
        let most = remaining.saturating_sub(reserve);
        self.attempt_timeout.map_or(most, |limit| limit.min(most))
    }
}

/// A bucket of tokens that retries are paid from: a service that does nothing but fail is soon left alone, while
/// one with faults now and then is always tried again. Success pays back what the call's own retries cost.
#[derive(Debug)]
pub struct Budget {
    tokens: std::sync::Mutex<u32>,
}

const FULL: u32 = 500;
/// What a retry costs.
pub(crate) const COST_OF_A_RETRY: u32 = 5;
/// What another look costs after one that failed.
pub(crate) const COST_OF_A_LOOK: u32 = 1;
const REWARD_OF_A_FIRST_SUCCESS: u32 = 1;

impl Default for Budget {
    fn default() -> Self {
        Self {
            tokens: std::sync::Mutex::new(FULL),
        }
    }
}

impl Budget {
    /// Pays for a retry or a look, if there is enough left.
    pub fn pay(&self, cost: u32) -> bool {
        self.change(|tokens| tokens.checked_sub(cost))
    }

    /// Pays back what a call `paid`, because it succeeded.
    pub fn succeeded(&self, paid: u32) {
        let back = paid.max(REWARD_OF_A_FIRST_SUCCESS);
        self.change(|tokens| Some(tokens.saturating_add(back).min(FULL)));
    }

    fn change(&self, change: impl FnOnce(u32) -> Option<u32>) -> bool {
        let mut tokens = self
            .tokens
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        match change(*tokens) {
            Some(left) => {
                *tokens = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn waits_double_up_to_the_longest() {
        let policy = RetryPolicy::default();
        let longest: Vec<_> = (1..=8).map(|n| policy.backoff(n, 1.0)).collect();
        assert_eq!(
            longest,
            [500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000].map(MS)
        );
        assert_eq!(policy.backoff(3, 0.0), MS(0));
        assert_eq!(policy.backoff(3, 0.5), MS(1000));
        assert_eq!(policy.backoff(u32::MAX, 1.0), MS(20_000));
    }

    #[test]
    fn an_attempt_leaves_time_to_look() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.attempt_timeout(MS(60_000)), MS(50_000));
        assert_eq!(policy.attempt_timeout(MS(3_000)), MS(2_000));
        let quick = RetryPolicy {
            attempt_timeout: Some(MS(1_000)),
            ..policy
        };
        assert_eq!(quick.attempt_timeout(MS(60_000)), MS(1_000));
        assert_eq!(quick.attempt_timeout(MS(300)), MS(200));
    }

    #[test]
    fn a_service_that_only_fails_is_soon_left_alone() {
        let budget = Budget::default();
        let paid = (0..1000).filter(|_| budget.pay(COST_OF_A_RETRY)).count();
        assert_eq!(paid, 100);
    }

    #[test]
    fn a_run_with_four_faults_in_ten_still_gets_through() {
        let budget = Budget::default();
        let mut random = fastrand::Rng::with_seed(7);
        let mut given_up = 0;
        for _ in 0..10_000 {
            let (mut attempts, mut paid) = (1, 0);
            let has_failed = loop {
                if random.f64() >= 0.4 {
                    break false;
                }
                // One look at what became of it fails too.
                for cost in [COST_OF_A_LOOK, COST_OF_A_RETRY] {
                    if cost == COST_OF_A_RETRY && attempts == 4 {
                        continue;
                    }
                    if budget.pay(cost) {
                        paid += cost;
                    } else {
                        given_up += 1;
                    }
                }
                attempts += 1;
                if attempts > 4 {
                    break true;
                }
            };
            if !has_failed {
                budget.succeeded(paid);
            }
        }
        assert_eq!(given_up, 0);
    }
}

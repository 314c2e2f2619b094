//! Many starts, or many waits: so many at once, each with an outcome of its own, in step where the service throttles.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::classify::ALREADY_STARTED;
use crate::client::{CallOptions, Client};
use crate::error::{ApiError, Asked, Error};
use crate::pace::Pace;
use crate::request::Request;
use crate::start::StartResult;
use crate::wait::WaitOptions;

/// Where the items come from.
pub trait Source<T, E>: Send {
    /// Gives the next items, not more than `most`; none when there are no more.
    fn draw(&mut self, most: usize) -> impl Future<Output = Result<Vec<T>, E>> + Send;
}

/// Does `work` with every item, so many at once, and gives each outcome to `done` with the item's number.
///
/// Items are drawn when there is room for them. Dropping this gives up whatever is under way.
///
/// # Errors
///
/// What kept the source from giving more. What was under way is then finished first.
pub async fn each<T, R, E, W>(
    mut source: impl Source<T, E>,
    concurrency: usize,
    work: impl Fn(T) -> W,
    mut done: impl FnMut(usize, R),
) -> Result<(), E>
where
    T: Send,
    R: Send + 'static,
    W: Future<Output = R> + Send + 'static,
{
    let mut under_way = JoinSet::new();
    let mut number = 0;
    let mut end = None;
    // Drawing a few at a time costs less than one by one.
    let batch = (concurrency / 8).max(1);
    loop {
        while end.is_none() && under_way.len() + batch <= concurrency {
            match source.draw(concurrency - under_way.len()).await {
                Ok(items) if items.is_empty() => end = Some(Ok(())),
                Ok(items) => {
                    for item in items {
                        let (at, outcome) = (number, work(item));
                        // Boxed: a task's future is moved when it begins and when it ends, and this one is large.
                        under_way.spawn(Box::pin(async move { (at, outcome.await) }));
                        number += 1;
                    }
                }
                Err(error) => end = Some(Err(error)),
            }
        }
        match under_way.join_next().await {
            Some(Ok((at, outcome))) => done(at, outcome),
            // Work that panicked has no outcome; it is the caller's to notice.
            Some(Err(_)) => {}
            None => return end.unwrap_or(Ok(())),
        }
    }
}

/// What many calls share.
#[derive(Clone)]
pub struct Fleet {
    /// Who calls.
    pub client: Arc<Client>,
    /// What keeps the calls in step.
    pub pace: Arc<Pace>,
    /// What goes for each call.
    pub options: CallOptions,
    /// When all must be over.
    pub deadline: Option<Instant>,
}

impl Fleet {
    /// Starts one of many. One that runs already is started: that is what was wanted.
    ///
    /// # Errors
    ///
    /// Those of [`Client::start`].
    pub async fn start(
        self,
        request: Request,
        timeout: Option<Duration>,
    ) -> Result<StartResult, Error> {
        let began = Instant::now();
        loop {
            let turn = match self.deadline {
                Some(deadline) => timeout_at(deadline, self.pace.turn()).await.ok(),
                None => Some(self.pace.turn().await),
            };
            if turn.is_none() || self.remaining() == Some(Duration::ZERO) {
                return Err(Error::Timeout {
                    asked: Box::new(asked(&request, began)),
                    sent: false,
                });
            }
            let outcome = self
                .client
                .start(&request, &self.options_for(timeout))
                .await;
            drop(turn);
            match outcome {
                Err(error) => match error.throttled() {
                    Some(wait) if self.pace.throttled(wait) => {}
                    _ => return started_already(error),
                },
                Ok(result) => {
                    self.pace.went_well();
                    return Ok(result);
                }
            }
        }
    }

    /// Waits for one of many.
    ///
    /// # Errors
    ///
    /// Those of [`Client::wait`].
    pub async fn wait(self, request: Request, how: WaitOptions) -> Result<Json, Error> {
        let how = WaitOptions {
            timeout: self.remaining(),
            pace: Some(Arc::clone(&self.pace)),
            ..how
        };
        self.client
            .wait(&request, &self.options_for(None), &how)
            .await
    }

    fn options_for(&self, timeout: Option<Duration>) -> CallOptions {
        let usual = timeout
            .or(self.options.timeout)
            .unwrap_or(self.client.settings.timeout);
        CallOptions {
            timeout: Some(self.remaining().map_or(usual, |left| left.min(usual))),
            yields_to_throttling: true,
            ..self.options.clone()
        }
    }

    fn remaining(&self) -> Option<Duration> {
        self.deadline
            .map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }
}

/// A refusal because it runs already is a success here: the list may have been begun before.
fn started_already(error: Error) -> Result<StartResult, Error> {
    match error {
        Error::Api(error) if error.error_code.as_deref() == Some(ALREADY_STARTED) => {
            let ApiError {
                asked,
                status_code,
                request_id,
                ..
            } = *error;
            Ok(StartResult {
                operation: asked.operation,
                resource_id: asked.resource_id,
                status_code,
                request_id,
                attempts: asked.attempts,
                elapsed: asked.elapsed,
                already_started: true,
            })
        }
        error => Err(error),
    }
}

fn asked(request: &Request, began: Instant) -> Asked {
    Asked {
        operation: request.operation.name,
        resource_id: request.resource_id.clone(),
        attempts: 0,
        elapsed: began.elapsed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    struct Numbers {
        next: usize,
        end: usize,
        fails: bool,
    }

    impl Source<usize, &'static str> for Numbers {
        async fn draw(&mut self, most: usize) -> Result<Vec<usize>, &'static str> {
            let from = self.next;
            self.next = (from + most).min(self.end);
            if from == self.end && self.fails {
                return Err("no more");
            }
            Ok((from..self.next).collect())
        }
    }

    async fn run(
        end: usize,
        concurrency: usize,
        fails: bool,
    ) -> (Result<(), &'static str>, usize, usize) {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut outcomes = vec![0; end];
        let source = Numbers {
            next: 0,
            end,
            fails,
        };
        let ended = each(
            source,
            concurrency,
            |number| {
                let (now, most) = (Arc::clone(&now), Arc::clone(&most));
                async move {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    now.fetch_sub(1, Ordering::SeqCst);
                    number + 1
                }
            },
            |at, outcome: usize| outcomes[at] = outcome,
        )
        .await;
        let right = outcomes
            .iter()
            .enumerate()
            .filter(|(at, outcome)| at + 1 == **outcome);
        (ended, right.count(), most.load(Ordering::SeqCst))
    }

    #[test]
    fn every_item_has_its_outcome_and_only_so_many_are_under_way() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .build();
        runtime.expect("built").block_on(async {
            for (end, concurrency) in [(0, 4), (1, 1), (100, 1), (100, 7), (1000, 64), (3, 1000)] {
                let (ended, right, most) = run(end, concurrency, false).await;
                assert_eq!((ended, right), (Ok(()), end));
                assert!(most <= concurrency);
            }
            let (ended, right, _) = run(20, 8, true).await;
            assert_eq!((ended, right), (Err("no more"), 20));
        });
    }
}

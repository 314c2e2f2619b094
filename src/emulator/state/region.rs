//! A region's limit: so many started tasks run at once, and the others wait for their turn.

use std::collections::{BTreeMap, VecDeque};

use super::{Migration, Task};

/// What a started task's run waits while it is not its turn: longer than anyone looks, in milliseconds.
pub(super) const NOT_YET: i64 = i64::MAX / 4;

/// The places in which tasks run, and the tasks that wait for one. Times are milliseconds since 1970.
#[derive(Debug)]
pub(super) struct Region {
    /// Whose task is in each place, and when it is free again.
    places: Vec<(String, i64)>,
    queue: VecDeque<String>,
}

impl Region {
    /// A region with so many places.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            places: vec![(String::new(), i64::MIN); limit],
            queue: VecDeque::new(),
        }
    }

    /// A task was started: it takes a free place, or waits for one.
    pub(super) fn started(&mut self, id: &str, tasks: &mut BTreeMap<String, Task>, now: i64) {
        if let Some(task) = tasks.get_mut(id) {
            task.wait_for_turn(NOT_YET);
            self.queue.push_back(id.to_owned());
        }
        self.assign(tasks, now);
        if let Some(task) = tasks.get_mut(id) {
            task.advance(now);
        }
    }

    /// A task was paused or put in another's place: it runs and waits no longer.
    pub(super) fn left(&mut self, id: &str, now: i64) {
        self.queue.retain(|waiting| waiting != id);
        for (of, free_at) in &mut self.places {
            if of == id {
                *free_at = now.min(*free_at);
            }
        }
    }

    /// Gives the places that have become free by now to those that wait, in their order.
    pub(super) fn assign(&mut self, tasks: &mut BTreeMap<String, Task>, now: i64) {
        while let Some(id) = self.queue.front() {
            let Some(place) = self.places.iter_mut().min_by_key(|(_, free_at)| *free_at) else {
                return;
            };
            if place.1 > now {
                return;
            }
            if let Some(task) = tasks.get_mut(id) {
                let begins = task.begin_run(place.1);
                *place = (id.clone(), begins);
            }
            self.queue.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{TaskStatus, World};
    use super::*;
    use crate::operation::{START_TASK, STOP_TASK};

    fn statuses(world: &mut World, now: i64) -> Vec<TaskStatus> {
        world.pass_time(now);
        world.tasks.values().map(|task| task.status).collect()
    }

    #[test]
    fn so_many_run_and_the_others_wait_for_their_turn() {
        use TaskStatus::{Paused, Running, Succeeded, Waiting};
        let mut world = World::default();
        world.limit_running(2);
        for id in ["a", "b", "c", "d"] {
            let task = Task {
                duration: 10.0,
                ..Task::default()
            };
            world.add_task(id.to_owned(), task, 0).expect("a good task");
            world.start(&START_TASK, id, false, 0).expect("started");
        }
        assert_eq!(
            statuses(&mut world, 1),
            [Running, Running, Waiting, Waiting]
        );
        world.stop(STOP_TASK.resource, "a", 4_000).expect("stopped");
        assert_eq!(
            statuses(&mut world, 4_001),
            [Paused, Running, Running, Waiting]
        );
        // The last one's turn came when the second had ended, although nobody looked until later.
        assert_eq!(
            statuses(&mut world, 13_999),
            [Paused, Succeeded, Running, Running]
        );
        assert_eq!(
            statuses(&mut world, 20_000),
            [Paused, Succeeded, Succeeded, Succeeded]
        );
    }
}

//! A page of a list, as the service gives it: filtered, so many from an offset on, with the count of all.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{GroupStatus, Migration, SyncTask, Task, TaskGroup, views};
use crate::operation::list::{TASK_GROUP_STATUSES, TASK_STATUSES};
use crate::request::Request;
use crate::validation::Value;

/// What the service takes where no limit is given.
const USUAL_LIMIT: usize = 10;

/// Which part of a list is asked for.
#[derive(Debug)]
pub(in crate::emulator) struct Page {
    limit: usize,
    offset: usize,
    status: Option<Value>,
    group_id: Option<String>,
    task_name: Option<String>,
}

impl Page {
    /// Reads a request for a list.
    pub(in crate::emulator) fn of(request: &Request) -> Self {
        let text = |name| {
            let value = request.value(name)?.as_text()?;
            (!value.is_empty()).then(|| value.to_owned())
        };
        let number = |name| match request.value(name) {
            Some(Value::Integer(number)) => usize::try_from(*number).ok(),
            _ => None,
        };
        Self {
            limit: number("limit").unwrap_or(USUAL_LIMIT),
            offset: number("offset").unwrap_or(0),
            status: request.value("status").cloned(),
            group_id: text("group_id"),
            task_name: text("task_name"),
        }
    }

    pub(super) fn of_tasks(&self, tasks: &BTreeMap<String, Task>, now: i64) -> Bytes {
        self.cut("tasks", tasks, now, |id, task| {
            self.has_status(task.status as i128, TASK_STATUSES)
                && self.group_id.as_ref().is_none_or(|of| *of == task.group_id)
                && (self.task_name.as_ref()).is_none_or(|part| views::task_name(id).contains(part))
        })
    }

    pub(super) fn of_groups(&self, groups: &BTreeMap<String, TaskGroup>, now: i64) -> Bytes {
        self.cut("taskgroups", groups, now, |_, group| {
            group.status != GroupStatus::Deleted
                && self.has_status(group.status as i128, TASK_GROUP_STATUSES)
        })
    }

    pub(super) fn of_sync_tasks(&self, tasks: &BTreeMap<String, SyncTask>, now: i64) -> Bytes {
        self.cut("tasks", tasks, now, |_, task| {
            self.status
                .as_ref()
                .and_then(Value::as_text)
                .is_none_or(|wanted| task.status.is_named(wanted))
        })
    }

    fn has_status(&self, status: i128, names: &[(&str, i64)]) -> bool {
        match &self.status {
            None => true,
            Some(Value::Integer(wanted)) => *wanted == status,
            Some(value) => names.iter().any(|(name, number)| {
                value.as_text() == Some(name) && i128::from(*number) == status
            }),
        }
    }

    fn cut<M: Migration>(
        &self,
        name: &str,
        all: &BTreeMap<String, M>,
        now: i64,
        wanted: impl Fn(&str, &M) -> bool,
    ) -> Bytes {
        let mut count = 0;
        let mut body = Vec::new();
        for (id, one) in all.iter().filter(|(id, one)| wanted(id, one)) {
            if count >= self.offset && count - self.offset < self.limit {
                if !body.is_empty() {
                    body.push(b',');
                }
                body.extend_from_slice(&one.list(id, now));
            }
            count += 1;
        }
        let mut page = format!("{{\"count\":{count},\"{name}\":[").into_bytes();
        page.append(&mut body);
        page.extend_from_slice(b"]}");
        page.into()
    }
}

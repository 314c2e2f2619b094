//! The service's states, by the names people write and the values that travel.

use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
use serde::{Deserialize, Serialize};

/// The states of a migration task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaskStatus {
    /// Waiting to be scheduled.
    Waiting = 1,
    /// Running.
    Running = 2,
    /// Paused.
    #[default]
    Paused = 3,
    /// Failed, in whole or in part.
    Failed = 4,
    /// Every object was migrated.
    Succeeded = 5,
    /// Running again what failed.
    Retrying = 6,
    /// About to be paused.
    Pausing = 7,
}

/// The states of a task group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GroupStatus {
    /// Waiting to be scheduled.
    Waiting = 0,
    /// Its tasks are being made.
    Executing = 1,
    /// Its tasks are being carried out.
    Monitoring = 2,
    /// Paused.
    #[default]
    Paused = 3,
    /// Its tasks could not be made.
    CreateFailed = 4,
    /// At least one of its tasks failed.
    MigrationFailed = 5,
    /// All its tasks succeeded.
    Complete = 6,
    /// About to be paused.
    Pausing = 7,
    /// About to be deleted.
    DeletePending = 8,
    /// Deleted: the service no longer finds it.
    Deleted = 9,
}

/// The states of a synchronization task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SyncStatus {
    /// It follows the source.
    Synchronizing,
    /// It does not.
    #[default]
    Stopped,
}

impl SyncStatus {
    /// Whether this is the name that travels.
    #[must_use]
    pub fn is_named(self, name: &str) -> bool {
        parse(name) == Ok(self)
    }
}

/// The status of that name, in capitals or not.
///
/// # Errors
///
/// A message that lists the names there are.
pub fn parse<'n, T: Deserialize<'n>>(name: &str) -> Result<T, String> {
    let upper = name.to_uppercase();
    let known: StrDeserializer<'_, Error> = upper.as_str().into_deserializer();
    // The names live in the enum alone; its error lists them.
    T::deserialize(known).map_err(|error| format!("no such status: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case_and_listed_when_wrong() {
        assert_eq!(parse("retrying"), Ok(TaskStatus::Retrying));
        assert_eq!(parse("Delete_Pending"), Ok(GroupStatus::DeletePending));
        assert_eq!(parse("STOPPED"), Ok(SyncStatus::Stopped));
        let told = parse::<TaskStatus>("runing").expect_err("refused");
        for name in [
            "RUNING",
            "WAITING",
            "RUNNING",
            "PAUSED",
            "FAILED",
            "SUCCEEDED",
            "RETRYING",
            "PAUSING",
        ] {
            assert!(told.contains(name), "{told}");
        }
    }
}

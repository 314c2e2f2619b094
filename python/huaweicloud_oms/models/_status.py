"""The states there are. A state that this version does not know is kept, and is no error."""

from __future__ import annotations

from enum import Enum, IntEnum

from huaweicloud_oms.models._model import number, readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Self


class _NumberedStatus(IntEnum):
    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if isinstance(value, str) and value.upper() in cls.__members__:
            return cls[value.upper()]
        known = number(value)
        if known is not None and known in cls._value2member_map_:
            return cls(known)
        unknown = int.__new__(cls, -1 if known is None else known)
        unknown._name_ = f"UNKNOWN_{known}" if known is not None else str(value or "UNKNOWN")
        unknown._value_ = int(unknown)
        return unknown

    def __str__(self) -> str:
        return self.name


class TaskStatus(_NumberedStatus):
    """The state of a migration task. A number that is not among these makes a member called `UNKNOWN_<number>`."""

    WAITING = 1
    """It waits for its turn: only five tasks run at once in a region."""
    RUNNING = 2
    """It runs."""
    PAUSED = 3
    """It is paused, and can be started."""
    FAILED = 4
    """It failed, in whole or in part, and can be started."""
    SUCCEEDED = 5
    """Every object was migrated."""
    RETRYING = 6
    """It runs again what failed."""
    PAUSING = 7
    """It is about to be paused."""


class TaskGroupStatus(_NumberedStatus):
    """The state of a task group. A number that is not among these makes a member called `UNKNOWN_<number>`."""

    WAITING = 0
    """It waits."""
    EXECUTING = 1
    """Its tasks are being made."""
    MONITORING = 2
    """Its tasks are being carried out."""
    PAUSED = 3
    """It is paused, and can be resumed."""
    CREATE_FAILED = 4
    """Its tasks could not be made."""
    MIGRATION_FAILED = 5
    """At least one of its tasks failed; it can be retried."""
    COMPLETE = 6
    """All its tasks succeeded."""
    PAUSING = 7
    """It is about to be paused."""
    DELETE_PENDING = 8
    """It is about to be deleted."""
    DELETED = 9
    """It is deleted."""


class SyncTaskStatus(str, Enum):
    """The state of a synchronization task. A word that is not among these makes a member of that name."""

    SYNCHRONIZING = "SYNCHRONIZING"
    """It follows its source."""
    STOPPED = "STOPPED"
    """It does not, and can be started."""

    def __new__(cls, value: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        return member

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if isinstance(value, str) and value.upper() in cls.__members__:
            return cls[value.upper()]
        word = value if isinstance(value, str) and value else "UNKNOWN"
        unknown = str.__new__(cls, word)
        unknown._name_ = unknown._value_ = word
        return unknown

    def __str__(self) -> str:
        return str(self.value)


readable("TaskStatus", TaskStatus)
readable("TaskGroupStatus", TaskGroupStatus)
readable("SyncTaskStatus", SyncTaskStatus)

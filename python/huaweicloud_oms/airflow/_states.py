"""What operators, sensors and triggers tell of a migration: no secrets, and nothing that JSON cannot hold."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import huaweicloud_oms as oms
from huaweicloud_oms.airflow._compat import AirflowFailException

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIGURES = (
    *("total_task_num", "complete_task_num", "failed_task_num", "paused_task_num"),
    *("total_num", "successful_num", "failed_num", "skipped_num", "success_num", "fail_num", "skip_num"),
    *("total_size", "complete_size"),
    *("monthly_acceptance_request", "monthly_success_object", "monthly_failure_object", "monthly_skip_object"),
    "monthly_size",
)

_HOPELESS = (
    oms.ValidationError,
    oms.ConfigurationError,
    oms.AuthenticationError,
    oms.PermissionDeniedError,
    oms.NotFoundError,
    oms.MigrationPausedError,
)
"""Errors that trying again does not help against: somebody has to do something first. Wrong signatures, tried again,
would lock the key; and who paused a migration does not want Airflow to resume it."""


def figures(state: oms.Task | oms.TaskGroup | oms.SyncTask) -> dict[str, Any]:
    """Give a state's id, status, counts and sizes, under the service's own names."""
    known = {name: getattr(state, name, None) for name in _FIGURES}
    return {
        "resource_id": state.resource_id,
        "status": state.status.name,
        **{name: value for name, value in known.items() if value is not None},
    }


def describe(state: oms.Task | oms.TaskGroup | oms.SyncTask) -> str:
    """Say in a line of a log how a migration stands."""
    told = [state.status.name]
    progress = getattr(state, "progress", None)
    if progress is not None:
        told.append(f"{progress:.0%}")
    return ", ".join([*told, *(f"{name} {value}" for name, value in figures(state).items() if name in _FIGURES)])


@contextmanager
def no_retry_of_the_hopeless() -> Iterator[None]:
    """Have Airflow fail a task at once where another try cannot help."""
    try:
        yield
    except _HOPELESS as error:
        raise AirflowFailException(str(error)) from error


def event_of(error: oms.OmsError) -> dict[str, Any]:
    """Make a trigger's event of an error."""
    if isinstance(error, _HOPELESS):
        return {"status": "hopeless", "message": str(error)}
    if isinstance(error, oms.MigrationFailedError):
        return {"status": "failed", "message": str(error)}
    return {"status": "timeout" if isinstance(error, oms.WaitTimeoutError) else "error", "message": str(error)}


def figures_of(event: dict[str, Any]) -> dict[str, Any]:
    """Read a trigger's event in the task that was waiting for it.

    Raises:
        AirflowFailException: Another try cannot help.
        MigrationFailedError: The migration failed.
        WaitTimeoutError: It has not ended in time.
        OmsError: It could not be followed.
    """
    message = str(event.get("message", ""))
    match event["status"]:
        case "success":
            told: dict[str, Any] = event["figures"]
            return told
        case "hopeless":
            raise AirflowFailException(message)
        case "failed":
            raise oms.MigrationFailedError(message)
        case "timeout":
            raise oms.WaitTimeoutError(message)
        case _:
            raise oms.OmsError(message)

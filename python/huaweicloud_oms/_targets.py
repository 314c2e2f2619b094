"""What can be waited for, whatever it comes as."""

from __future__ import annotations

from huaweicloud_oms.models import SyncTask, Task, TaskGroup
from huaweicloud_oms.outcomes import StartOutcome, WaitOutcome
from huaweicloud_oms.results import StartResult
from huaweicloud_oms.starts import Start

_WAITS = {Task: "wait_task", TaskGroup: "wait_task_group", SyncTask: "wait_sync_task"}


def target(item: object) -> tuple[str, int | str, BaseException | None] | None:
    """Tell what to wait for: an operation on it, its id, and the error that keeps it from being waited for.

    Returns:
        `None` where the item is nothing that can be waited for.
    """
    if isinstance(item, (StartOutcome, WaitOutcome)):
        failed_to_start = item.error if isinstance(item, StartOutcome) else None
        return item.operation, item.resource_id, failed_to_start
    if isinstance(item, (StartResult, Start)):
        return item.operation, item.resource_id, None
    if isinstance(item, (Task, TaskGroup, SyncTask)):
        return _WAITS[type(item)], item.resource_id, None
    if isinstance(item, int) and not isinstance(item, bool):
        return "wait_task", item, None
    return None

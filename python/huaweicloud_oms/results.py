"""What the operations give."""

from __future__ import annotations

from huaweicloud_oms._record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from huaweicloud_oms.models import SyncTask, Task, TaskGroup

__all__ = ["StartResult"]


class StartResult(Record):
    """A start that succeeded.

    Attributes:
        operation: What was asked: `"start_task"`, `"start_task_group"`, `"start_sync_task"` or `"retry_task_group"`.
        resource_id: The id that was started.
        status_code: The HTTP status of the answer that told it.
        request_id: The id that the service gave that request, to name to its support.
        attempts: How many times the start was sent.
        elapsed: How long the call took, in seconds.
        already_started: Whether the answer to the start was lost, and the task, group or synchronization task was
            then found started: it was not started a second time.
        task: Where the call waited (`wait=True`), the last state of what was started; `None` otherwise.
    """

    operation: str
    resource_id: str
    status_code: int
    request_id: str | None
    attempts: int
    elapsed: float
    already_started: bool
    task: Task | TaskGroup | SyncTask | None = None

    def _repr_html_(self) -> str:
        """Show it in a notebook."""
        from huaweicloud_oms._html import start_result_card  # noqa: PLC0415  # only notebooks need it

        return start_result_card(self)

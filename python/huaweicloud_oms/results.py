"""What the operations give."""

from __future__ import annotations

from huaweicloud_oms._record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from huaweicloud_oms.exceptions import OmsError
    from huaweicloud_oms.models import SyncTask, Task, TaskGroup

__all__ = ["StartOutcome", "StartResult", "WaitOutcome"]


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


class StartOutcome(Record):
    """What became of one start among many.

    Attributes:
        operation: What was asked: `"start_task"`, `"start_task_group"` or `"start_sync_task"`.
        resource_id: The id that was to be started.
        ok: Whether it is started.
        result: The start that succeeded; `None` otherwise.
        error: Why it did not; `None` otherwise.
    """

    operation: str
    resource_id: str
    ok: bool
    result: StartResult | None
    error: OmsError | None


class WaitOutcome(Record):
    """What became of one among many that were waited for.

    Attributes:
        operation: How it is waited for: `"wait_task"`, `"wait_task_group"` or `"wait_sync_task"`.
        resource_id: Its id.
        ok: Whether it ended well, or synchronizes.
        task: Its last state, also where it failed; `None` where it could not be read.
        error: Why it is not `ok`; `None` otherwise.
    """

    operation: str
    resource_id: str
    ok: bool
    task: Task | TaskGroup | SyncTask | None
    error: OmsError | None

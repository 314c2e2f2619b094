"""What became of many: one outcome each."""

from __future__ import annotations

from typing import TypeVar

from huaweicloud_oms._record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from huaweicloud_oms.exceptions import OmsError
    from huaweicloud_oms.models import SyncTask, Task, TaskGroup
    from huaweicloud_oms.results import StartResult

__all__ = ["Outcomes", "StartOutcome", "WaitOutcome"]


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


_Outcome = TypeVar("_Outcome", StartOutcome, WaitOutcome)


class Outcomes(list[_Outcome]):
    """A list of outcomes that notebooks show as a table, what failed first."""

    def _repr_html_(self) -> str:
        """Show it in a notebook."""
        from huaweicloud_oms._html import outcomes_table  # noqa: PLC0415  # only notebooks need it

        return outcomes_table(self)

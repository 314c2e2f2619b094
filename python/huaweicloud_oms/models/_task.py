"""A migration task."""

from __future__ import annotations

from huaweicloud_oms.models._common import Migration
from huaweicloud_oms.models._status import TaskStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import timedelta

    from huaweicloud_oms.models._parts import SmnInfo

_GOES_ON = (TaskStatus.WAITING, TaskStatus.RUNNING, TaskStatus.RETRYING, TaskStatus.PAUSING)


class Task(Migration):
    """A migration task, as `show_task`, `list_tasks` and `wait_task` give it.

    Service document: "Querying a Migration Task".
    """

    id: int | str | None
    """Its id."""
    name: str | None
    """Its name."""
    status: TaskStatus
    """Its state."""
    group_id: str | None
    """The task group it belongs to, if any."""
    group_type: str | None
    """`NORMAL_TASK`, `SYNC_TASK` (of a synchronization task) or `GROUP_TASK` (of a task group)."""
    progress: float | None
    """How much is done, from 0 to 1."""
    left_time: timedelta | None
    """How long it will still take."""
    is_query_over: bool | None
    """Whether the source's objects have all been counted; until then the totals grow."""
    real_size: int | None
    """How large the objects are that are really migrated, in bytes: those skipped are not counted."""
    successful_num: int | None
    """How many objects were migrated."""
    failed_num: int | None
    """How many objects failed."""
    skipped_num: int | None
    """How many objects were skipped: unchanged since `migrate_since`, or there already."""
    smn_info: SmnInfo | None
    """Whether its end was notified."""
    success_record_error_reason: str | None
    """Why the list of migrated objects could not be written."""
    skip_record_error_reason: str | None
    """Why the list of skipped objects could not be written."""
    task_priority: str | None
    """`HIGH`, `MEDIUM` or `LOW`."""

    @property
    def resource_id(self) -> str:
        """The id as text, as results and errors have it."""
        return "" if self.id is None else str(self.id)

    @property
    def is_running(self) -> bool:
        """Whether it goes on: it runs, waits for its turn, or is about to be paused."""
        return self.status in _GOES_ON

    @property
    def is_finished(self) -> bool:
        """Whether it has ended, well or badly."""
        return self.status in {TaskStatus.SUCCEEDED, TaskStatus.FAILED}

    @property
    def is_succeeded(self) -> bool:
        """Whether every object was migrated."""
        return self.status == TaskStatus.SUCCEEDED

    @property
    def is_failed(self) -> bool:
        """Whether it failed."""
        return self.status == TaskStatus.FAILED

    @property
    def can_start(self) -> bool:
        """Whether `start_task` can start it: it is paused or failed."""
        return self.status in {TaskStatus.PAUSED, TaskStatus.FAILED}

    def _repr_html_(self) -> str:
        """Show it in a notebook."""
        from huaweicloud_oms._html import task_card  # noqa: PLC0415  # only notebooks need it

        return task_card(self)

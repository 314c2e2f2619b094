"""A group of migration tasks."""

from __future__ import annotations

from huaweicloud_oms.models._common import Migration
from huaweicloud_oms.models._status import TaskGroupStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from huaweicloud_oms.models._parts import SmnInfo

_GOES_ON = (TaskGroupStatus.WAITING, TaskGroupStatus.EXECUTING, TaskGroupStatus.MONITORING, TaskGroupStatus.PAUSING)
_FAILED = (TaskGroupStatus.CREATE_FAILED, TaskGroupStatus.MIGRATION_FAILED)


class TaskGroup(Migration):
    """A task group, as `show_task_group`, `list_task_groups` and `wait_task_group` give it.

    Service document: "Obtaining Details About a Migration Task Group".
    """

    group_id: str | None
    """Its id."""
    status: TaskGroupStatus
    """Its state."""
    smn_config: SmnInfo | None
    """Whether its end was notified."""
    total_task_num: int | None
    """How many tasks it has."""
    create_task_num: int | None
    """How many of them are made."""
    complete_task_num: int | None
    """How many have succeeded."""
    failed_task_num: int | None
    """How many have failed."""
    paused_task_num: int | None
    """How many are paused."""
    executing_task_num: int | None
    """How many run."""
    waiting_task_num: int | None
    """How many wait for their turn."""
    create_complete_num: int | None
    """How many objects the tasks have that are made."""
    create_complete_size: int | None
    """How large those are together, in bytes."""
    success_num: int | None
    """How many objects were migrated."""
    fail_num: int | None
    """How many objects failed."""
    skip_num: int | None
    """How many objects were skipped."""

    @property
    def resource_id(self) -> str:
        """The id, as results and errors have it."""
        return self.group_id or ""

    @property
    def progress(self) -> float | None:
        """How much is done, from 0 to 1: by bytes, or by objects where there are no bytes. Reckoned, not told."""
        if self.status == TaskGroupStatus.COMPLETE:
            return 1.0
        if self.total_size:
            return min((self.complete_size or 0) / self.total_size, 1.0)
        if self.total_num:
            return min(((self.success_num or 0) + (self.skip_num or 0)) / self.total_num, 1.0)
        return None

    @property
    def is_running(self) -> bool:
        """Whether it goes on: it works, waits, or is about to be paused."""
        return self.status in _GOES_ON

    @property
    def is_finished(self) -> bool:
        """Whether it has ended, well or badly."""
        return self.is_succeeded or self.is_failed

    @property
    def is_succeeded(self) -> bool:
        """Whether all its tasks succeeded."""
        return self.status == TaskGroupStatus.COMPLETE

    @property
    def is_failed(self) -> bool:
        """Whether it failed."""
        return self.status in _FAILED

    @property
    def can_start(self) -> bool:
        """Whether `start_task_group` can resume it: it is paused. A failed one takes `retry_task_group`."""
        return self.status == TaskGroupStatus.PAUSED

    def _repr_html_(self) -> str:
        """Show it in a notebook."""
        from huaweicloud_oms._html import task_group_card  # noqa: PLC0415  # only notebooks need it

        return task_group_card(self)

"""The operations that follow and steer what was started: signatures and documentation, written once.

Nothing here is ever run; see `_operations.py`.
"""

# mypy: disable-error-code="empty-body"
from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from huaweicloud_oms.models import SyncTask, SyncTaskStatus, Task, TaskGroup, TaskGroupStatus, TaskStatus


class Following:
    """What reads, pauses, waits and lists: one method each."""

    def show_task(self, task_id: int | str, *, timeout: float | None = None) -> Task:
        """Read the state of a migration task.

        Service document: "Querying a Migration Task",
        `GET /v2/{project_id}/tasks/{task_id}`.

        Args:
            task_id: The id: an integer from 0 to 999999999999999, or a string of 1 to 1024.
            timeout: How long the whole call may take, in seconds; the client's own by default.

        Returns:
            Everything the service tells of it.

        Raises:
            ValidationError: Arguments are outside their limits. Nothing was sent.
            NotFoundError: There is no such migration task.
            ApiError: The service refused for another reason; see its subclasses.
            TransportError: No whole answer came back.
        """
        ...

    def stop_task(self, task_id: int | str, *, timeout: float | None = None) -> None:
        """Pause a running migration task.

        Service document: "Stopping a Migration Task",
        `POST /v2/{project_id}/tasks/{task_id}/stop`. It may take a while until the
        migration task really pauses; `show_task` tells.

        Args:
            task_id: The id: an integer from 0 to 999999999999999, or a string of 1 to 1024.
            timeout: How long the whole call may take, in seconds; the client's own by default.

        Raises:
            ValidationError: Arguments are outside their limits. Nothing was sent.
            BadRequestError: The migration task is not in progress (`OMS.0066`).
            NotFoundError: There is no such migration task.
            ApiError: The service refused for another reason; see its subclasses.
            TransportError: No whole answer came back.
        """
        ...

    def wait_task(
        self,
        task_id: int | str,
        *,
        timeout: float | None = None,
        poll_interval: float | None = None,
        progress: bool | Callable[[Task], object] | None = None,
    ) -> Task:
        """Wait until a migration task has ended.

        It is looked at at once, then after 2 s, then ever more rarely, down to every 30 s; a little more or less, so
        that many do not look together. Faults of the network and the service are outlived for up to ten minutes.
        Ctrl-C, or cancelling the awaiting task, stops the waiting; the migration task goes on.

        Args:
            task_id: The id: an integer from 0 to 999999999999999, or a string of 1 to 1024.
            timeout: How long to wait at most, in seconds; for ever by default.
            poll_interval: How long to wait between two looks, in seconds, instead of the growing time above.
            progress: `True` draws a bar in a notebook or a terminal (`pip install 'huaweicloud-oms[progress]'`), and
                writes lines where there is neither. Or a callable that is called with the `Task` of every look;
                what it raises ends the waiting.

        Returns:
            The last state.

        Raises:
            ValidationError: Arguments are outside their limits. Nothing was sent.
            MigrationFailedError: The migration task failed (`.task`, with its `error_reason`).
            MigrationPausedError: Somebody paused it, and it does not go on by itself (`.task`).
            WaitTimeoutError: It has not ended in time (`.last`, the last state). It goes on.
            NotFoundError: There is no such migration task.
            ApiError: The service refused for another reason; see its subclasses.
            TransportError: For ten minutes no whole answer came back.
        """
        ...

    def list_tasks(
        self,
        *,
        status: TaskStatus | int | str | None = None,
        group_id: str | None = None,
        task_name: str | None = None,
        offset: int = 0,
        limit: int = 100,
        timeout: float | None = None,
    ) -> Iterator[Task]:
        """Go through all migration tasks, or those that a filter lets through.

        Service document: "Querying Migration Tasks",
        `GET /v2/{project_id}/tasks`. Pages are fetched as they are needed, so a list
        of any length takes no more memory than a page. What is started or stopped meanwhile may move between pages: to
        start what a filter finds, make a `list` of it first.

        Args:
            status: Only those in this state, as a `TaskStatus`, its name or its number.
            group_id: Only those of this task group, 1 to 1024 characters.
            task_name: Only those whose name holds this, up to 255 characters.
            offset: How many to leave out at the beginning.
            limit: How many to fetch at a time, 1 to 100. It does not limit how many there are in all.
            timeout: How long fetching one page may take, in seconds; the client's own by default.

        Returns:
            An iterator of the service's answers; of `AsyncClient`, an asynchronous one, for `async for`.

        Raises:
            ValidationError: Arguments are outside their limits. Nothing was sent.
            ApiError: The service refused; see its subclasses.
            TransportError: No whole answer came back.
        """
        ...

    def show_task_group(self, group_id: str, *, timeout: float | None = None) -> TaskGroup:
        """Read the state of a task group.

        Service document: "Obtaining Details About a Migration Task Group",
        `GET /v2/{project_id}/taskgroups/{group_id}`.

        Args:
            group_id: The id, 1 to 1024 characters.
            timeout: How long the whole call may take, in seconds; the client's own by default.

        Returns:
            Everything the service tells of it.

        Raises:
            ValidationError: Arguments are outside their limits. Nothing was sent.
            NotFoundError: There is no such task group.
            ApiError: The service refused for another reason; see its subclasses.
            TransportError: No whole answer came back.
        """
        ...

    def stop_task_group(self, group_id: str, *, timeout: float | None = None) -> None:
        """Pause a running migration task group.

        Service document: "Pausing a Migration Task Group",
        `PUT /v2/{project_id}/taskgroups/{group_id}/stop`. It may take a while until the
        task group really pauses; `show_task_group` tells.

        Args:
            group_id: The id, 1 to 1024 characters.
            timeout: How long the whole call may take, in seconds; the client's own by default.

        Raises:
            ValidationError: Arguments are outside their limits. Nothing was sent.
            BadRequestError: The task group is not in progress (`OMS.0066`).
            NotFoundError: There is no such task group.
            ApiError: The service refused for another reason; see its subclasses.
            TransportError: No whole answer came back.
        """
        ...

    def wait_task_group(
        self,
        group_id: str,
        *,
        timeout: float | None = None,
        poll_interval: float | None = None,
        progress: bool | Callable[[TaskGroup], object] | None = None,
    ) -> TaskGroup:
        """Wait until a task group has ended.

        It is looked at at once, then after 2 s, then ever more rarely, down to every 30 s; a little more or less, so
        that many do not look together. Faults of the network and the service are outlived for up to ten minutes.
        Ctrl-C, or cancelling the awaiting task, stops the waiting; the task group goes on.

        Args:
            group_id: The id, 1 to 1024 characters.
            timeout: How long to wait at most, in seconds; for ever by default.
            poll_interval: How long to wait between two looks, in seconds, instead of the growing time above.
            progress: `True` draws a bar in a notebook or a terminal (`pip install 'huaweicloud-oms[progress]'`), and
                writes lines where there is neither. Or a callable that is called with the `TaskGroup` of every look;
                what it raises ends the waiting.

        Returns:
            The last state.

        Raises:
            ValidationError: Arguments are outside their limits. Nothing was sent.
            MigrationFailedError: The task group failed (`.task`, with its `error_reason`).
            MigrationPausedError: Somebody paused or deleted it, and it does not go on by itself (`.task`).
            WaitTimeoutError: It has not ended in time (`.last`, the last state). It goes on.
            NotFoundError: There is no such task group.
            ApiError: The service refused for another reason; see its subclasses.
            TransportError: For ten minutes no whole answer came back.
        """
        ...

    def list_task_groups(
        self,
        *,
        status: TaskGroupStatus | int | str | None = None,
        offset: int = 0,
        limit: int = 100,
        timeout: float | None = None,
    ) -> Iterator[TaskGroup]:
        """Go through all task groups, or those that a filter lets through.

        Service document: "Querying Migration Task Groups",
        `GET /v2/{project_id}/taskgroups`. Pages are fetched as they are needed, so a list
        of any length takes no more memory than a page. What is started or stopped meanwhile may move between pages: to
        start what a filter finds, make a `list` of it first.

        Args:
            status: Only those in this state, as a `TaskGroupStatus`, its name or its number.
            offset: How many to leave out at the beginning.
            limit: How many to fetch at a time, 1 to 100. It does not limit how many there are in all.
            timeout: How long fetching one page may take, in seconds; the client's own by default.

        Returns:
            An iterator of the service's answers; of `AsyncClient`, an asynchronous one, for `async for`.

        Raises:
            ValidationError: Arguments are outside their limits. Nothing was sent.
            ApiError: The service refused; see its subclasses.
            TransportError: No whole answer came back.
        """
        ...

    def show_sync_task(
        self,
        sync_task_id: str,
        *,
        query_time: datetime | int | None = None,
        timeout: float | None = None,
    ) -> SyncTask:
        """Read the state of a synchronization task.

        Service document: "Querying Details About a Synchronization Task",
        `GET /v2/{project_id}/sync-tasks/{sync_task_id}`.

        Args:
            sync_task_id: The id, 1 to 255 characters.
            query_time: A moment in the month that the counts are to be of, as an aware `datetime` or in Unix
                milliseconds; now by default.
            timeout: How long the whole call may take, in seconds; the client's own by default.

        Returns:
            Everything the service tells of it.

        Raises:
            ValidationError: Arguments are outside their limits. Nothing was sent.
            NotFoundError: There is no such synchronization task.
            ApiError: The service refused for another reason; see its subclasses.
            TransportError: No whole answer came back.
        """
        ...

    def stop_sync_task(self, sync_task_id: str, *, timeout: float | None = None) -> None:
        """Stop a synchronization task that follows its source.

        Service document: "Stopping a Synchronization Task",
        `POST /v2/{project_id}/sync-tasks/{sync_task_id}/stop`. It may take a while until the
        synchronization task really stops; `show_sync_task` tells.

        Args:
            sync_task_id: The id, 1 to 255 characters.
            timeout: How long the whole call may take, in seconds; the client's own by default.

        Raises:
            ValidationError: Arguments are outside their limits. Nothing was sent.
            BadRequestError: The synchronization task is not in progress (`OMS.0066`).
            NotFoundError: There is no such synchronization task.
            ApiError: The service refused for another reason; see its subclasses.
            TransportError: No whole answer came back.
        """
        ...

    def wait_sync_task(
        self,
        sync_task_id: str,
        *,
        timeout: float | None = None,
        poll_interval: float | None = None,
        progress: bool | Callable[[SyncTask], object] | None = None,
    ) -> SyncTask:
        """Wait until a synchronization task follows its source. It has no end of its own.

        It is looked at at once, then after 2 s, then ever more rarely, down to every 30 s; a little more or less, so
        that many do not look together. Faults of the network and the service are outlived for up to ten minutes.
        Ctrl-C, or cancelling the awaiting task, stops the waiting; the synchronization task goes on.

        Args:
            sync_task_id: The id, 1 to 255 characters.
            timeout: How long to wait at most, in seconds; for ever by default.
            poll_interval: How long to wait between two looks, in seconds, instead of the growing time above.
            progress: `True` draws a bar in a notebook or a terminal (`pip install 'huaweicloud-oms[progress]'`), and
                writes lines where there is neither. Or a callable that is called with the `SyncTask` of every look;
                what it raises ends the waiting.

        Returns:
            The last state.

        Raises:
            ValidationError: Arguments are outside their limits. Nothing was sent.
            MigrationPausedError: Somebody stopped it, and it does not go on by itself (`.task`).
            WaitTimeoutError: It does not synchronize in time (`.last`, the last state). It goes on.
            NotFoundError: There is no such synchronization task.
            ApiError: The service refused for another reason; see its subclasses.
            TransportError: For ten minutes no whole answer came back.
        """
        ...

    def list_sync_tasks(
        self,
        *,
        status: SyncTaskStatus | str | None = None,
        offset: int = 0,
        limit: int = 100,
        timeout: float | None = None,
    ) -> Iterator[SyncTask]:
        """Go through all synchronization tasks, or those that a filter lets through.

        Service document: "Querying Synchronization Tasks",
        `GET /v2/{project_id}/sync-tasks`. Pages are fetched as they are needed, so a list
        of any length takes no more memory than a page. What is started or stopped meanwhile may move between pages: to
        start what a filter finds, make a `list` of it first.

        Args:
            status: Only those in this state, as a `SyncTaskStatus` or its name.
            offset: How many to leave out at the beginning.
            limit: How many to fetch at a time, 1 to 100. It does not limit how many there are in all.
            timeout: How long fetching one page may take, in seconds; the client's own by default.

        Returns:
            An iterator of the service's answers; of `AsyncClient`, an asynchronous one, for `async for`.

        Raises:
            ValidationError: Arguments are outside their limits. Nothing was sent.
            ApiError: The service refused; see its subclasses.
            TransportError: No whole answer came back.
        """
        ...

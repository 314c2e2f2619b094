"""The local OMS: a real HTTP server that behaves as the service does, with faults on demand.

It needs no cloud account, and serves any client that speaks the service's API: this library, the vendor's
SDK, curl.

    from huaweicloud_oms.emulator import Emulator, Fault

    with Emulator(ak="AK", sk="SK", project_id="p") as local:
        local.add_task(1001, status="PAUSED", duration=3.0)
        local.inject(Fault("reset", when="after", operation="start_task"))
        ...  # run what is to be tested against local.endpoint
        assert local.starts["start_task", 1001] == 1

From a shell: ``python -m huaweicloud_oms.emulator --help``.
"""

from __future__ import annotations

from huaweicloud_oms import _core
from huaweicloud_oms.emulator._fault import Fault
from huaweicloud_oms.emulator._identity import Identity
from huaweicloud_oms.emulator._records import RecordedRequest, Starts

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["POD_PATH", "Emulator", "Fault", "Identity", "RecordedRequest", "Starts"]

POD_PATH = "/pod-identity/credentials"
"""Where the local pod identity service gives keys."""

_COLLECTIONS = {"task": "tasks", "task_group": "taskgroups", "sync_task": "sync-tasks"}


class Emulator:
    """A local OMS: a real HTTP server, in threads of its own that never run Python.

    It holds what `add_task`, `add_task_group` and `add_sync_task` put into it, checks credentials, project
    and limits as the service does, answers with the service's error codes, and moves its tasks on with time.
    Use it as a context manager, or call `start` and `stop`. It can be filled before it is started, and
    changed while it runs.

    In a forked child it is inert: `endpoint` tells where the parent's server answers, and `stop` does
    nothing.
    """

    __slots__ = ("__weakref__", "_core", "_project_id")

    def __init__(
        self,
        *,
        project_id: str,
        ak: str | None = None,
        sk: str | None = None,
        security_token: str | None = None,
        token: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        clock_offset: float = 0.0,
        running_limit: int | None = None,
        max_requests: int = 10_000,
        state: str | os.PathLike[str] | None = None,
        lock_after: int | None = None,
        identity: Identity | None = None,
    ) -> None:
        """Sets a local OMS up; `start` starts it.

        With neither a key nor a token it asks for no credentials.

        Args:
            project_id: The only project there is; any other is answered with 403.
            ak: The access key that requests must be signed with.
            sk: Its secret key.
            security_token: The token of a temporary key: requests must carry and sign it.
            token: A token that requests may carry in `X-Auth-Token` instead of a signature.
            host: The IP address to listen on (or "localhost").
            port: The port to listen on; 0 takes a free one.
            clock_offset: How many seconds its clock is ahead of this machine's. The `Date` header, the
                signatures' 15-minute window and all start times go by it.
            running_limit: How many of the tasks that are started run at once; the others wait (WAITING) for their
                turn. The service's limit is 5 in a region; there is none by default.
            max_requests: How many of the last requests `requests` keeps.
            lock_after: How many wrong signatures in a row lock a key for five minutes; 5 is the gateway's own number.
            identity: Serve IAM, metadata, token and pod identity services too, at the same endpoint.
            state: A JSON file to read the state from, if it is there, and to keep it in. See below for its
                format.

        Raises:
            ValueError: An argument is out of its range, or the state file makes no sense.
            OSError: The state file cannot be read.

        The state file holds up to three objects, `tasks`, `task_groups` and `sync_tasks`, each from ids to
        what the `add_*` methods take, under the same names and with the same defaults; the emulator adds what
        has become of them. It never holds a secret:

            {"tasks": {"1001": {"status": "PAUSED", "duration": 60.0}}, "sync_tasks": {"s-1": {}}}
        """
        self._project_id = project_id
        self._core = _core.Emulator(
            ak=ak,
            sk=sk,
            project_id=project_id,
            security_token=security_token,
            token=token,
            host=host,
            port=port,
            clock_offset=clock_offset,
            running_limit=running_limit,
            max_requests=max_requests,
            state=state,
            lock_after=lock_after,
            identity=identity,
        )

    def start(self) -> Self:
        """Starts the server; one that runs goes on running.

        Returns:
            The emulator itself, so that ``local = Emulator(...).start()`` works.

        Raises:
            OSError: The port cannot be had.
            RuntimeError: It was stopped before, or this is a forked child.
        """
        self._core.start()
        return self

    def stop(self) -> None:
        """Stops the server: the port is free and every connection has ended. Stopping twice does no harm.

        Raises:
            OSError: The state file could not be written.
        """
        self._core.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Emulator {self._core.endpoint or 'not started'} project_id={self._project_id!r}>"

    @property
    def project_id(self) -> str:
        """The only project there is."""
        return self._project_id

    @property
    def endpoint(self) -> str:
        """Where the server answers, "http://127.0.0.1:..."; after `stop`, where it did.

        Raises:
            RuntimeError: It was not started.
        """
        endpoint = self._core.endpoint
        if endpoint is None:
            raise RuntimeError("the Emulator was not started: use it in a with statement, or call start()")
        return endpoint

    def add_task(
        self,
        task_id: int | str,
        *,
        status: str = "PAUSED",
        group_id: str = "",
        total_objects: int = 500,
        total_bytes: int = 1_000_000_000,
        duration: float = 3.0,
        waiting: float = 0.0,
        pausing: float = 0.0,
        failed_objects: int = 0,
        error_reason: tuple[str, str] | None = None,
    ) -> None:
        """Adds a migration task, in place of the one with that id if there is one.

        A started task waits, runs steadily, and succeeds, or fails if objects fail. Pausing keeps what was
        done. A failed task fails again when everything is migrated again; with `migrate_failed_object` only
        the objects that failed are, and it succeeds. A part of the work takes that part of `duration`.

        Starting a task that waits, runs or is being paused is answered with OMS.0065, starting one that has
        succeeded with OMS.0064.

        Args:
            task_id: Its id.
            status: WAITING, RUNNING, PAUSED, FAILED, SUCCEEDED, RETRYING or PAUSING, in any case. A task
                added as RUNNING or RETRYING runs at once; WAITING and PAUSING move on after `waiting` and
                `pausing` seconds, and stay as they are where these are 0.
            group_id: The group that `list_tasks` finds it in.
            total_objects: How many objects it migrates.
            total_bytes: How large they are together.
            duration: How many seconds the whole migration takes.
            waiting: How many seconds it waits (WAITING) after each start before it runs.
            pausing: How many seconds it takes to be paused (PAUSING).
            failed_objects: How many objects fail; at least 1 with `error_reason` or status FAILED.
            error_reason: What the service says of the failure: error code and message.

        Raises:
            ValueError: There is no such status, or a number is out of its range.
        """
        self.add_tasks(
            (task_id,),
            status=status,
            group_id=group_id,
            total_objects=total_objects,
            total_bytes=total_bytes,
            duration=duration,
            waiting=waiting,
            pausing=pausing,
            failed_objects=failed_objects,
            error_reason=error_reason,
        )

    def add_tasks(
        self,
        task_ids: Iterable[int | str],
        *,
        status: str = "PAUSED",
        group_id: str = "",
        total_objects: int = 500,
        total_bytes: int = 1_000_000_000,
        duration: float = 3.0,
        waiting: float = 0.0,
        pausing: float = 0.0,
        failed_objects: int = 0,
        error_reason: tuple[str, str] | None = None,
    ) -> None:
        """Adds any number of tasks that are alike: ``local.add_tasks(range(10_000))``. See `add_task`."""
        self._core.add_tasks(
            [_text(task_id) for task_id in task_ids],
            status=status,
            group_id=group_id,
            total_objects=total_objects,
            total_bytes=total_bytes,
            duration=duration,
            waiting=waiting,
            pausing=pausing,
            failed_objects=failed_objects,
            error_reason=error_reason,
        )

    def add_task_group(
        self,
        group_id: str,
        *,
        status: str = "PAUSED",
        tasks: int = 3,
        total_objects: int = 1500,
        total_bytes: int = 3_000_000_000,
        duration: float = 3.0,
        waiting: float = 0.0,
        pausing: float = 0.0,
        failed_tasks: int = 0,
        error_reason: tuple[str, str] | None = None,
    ) -> None:
        """Adds a task group, in place of the one with that id if there is one.

        A resumed group waits, is MONITORING its tasks, and ends COMPLETE, or MIGRATION_FAILED if tasks fail.
        Its tasks are counted, and are no tasks that could be asked for.

        Resuming a group that goes on or is being paused is answered with OMS.0065, any other that is not
        PAUSED with OMS.0064.

        Args:
            group_id: Its id.
            status: WAITING, EXECUTING, MONITORING, PAUSED, CREATE_FAILED, MIGRATION_FAILED, COMPLETE,
                PAUSING, DELETE_PENDING or DELETED, in any case. A group added as MONITORING goes on at once;
                WAITING, EXECUTING and PAUSING move on after `waiting` and `pausing` seconds, and stay as they
                are where these are 0. A DELETED one is not found.
            tasks: How many tasks it has.
            total_objects: How many objects they migrate together.
            total_bytes: How large those are together.
            duration: How many seconds the whole migration takes.
            waiting: How many seconds it waits (WAITING) after each start before it goes on.
            pausing: How many seconds it takes to be paused (PAUSING).
            failed_tasks: How many of its tasks fail; at least 1 with `error_reason` or status
                MIGRATION_FAILED.
            error_reason: What the service says of the failure: error code and message.

        Raises:
            ValueError: There is no such status, or a number is out of its range.
        """
        self._core.add_task_group(
            group_id,
            status=status,
            tasks=tasks,
            total_objects=total_objects,
            total_bytes=total_bytes,
            duration=duration,
            waiting=waiting,
            pausing=pausing,
            failed_tasks=failed_tasks,
            error_reason=error_reason,
        )

    def add_sync_task(self, sync_task_id: str, *, status: str = "STOPPED") -> None:
        """Adds a synchronization task, in place of the one with that id if there is one.

        While it is SYNCHRONIZING, ten changed objects of 1 MiB arrive a second. It has no end of its own.

        Args:
            sync_task_id: Its id.
            status: SYNCHRONIZING or STOPPED, in any case.

        Raises:
            ValueError: There is no such status.
        """
        self._core.add_sync_task(sync_task_id, status=status)

    def inject(self, fault: Fault) -> None:
        """Has the next requests meet a fault, or, for "refuse", refuses connections from now on for a while.

        Of several faults, a request meets the first that takes it, in the order in which they were injected.
        """
        fault._inject(self._core)

    def clear_faults(self) -> None:
        """Takes every fault back; refused connections are accepted again."""
        self._core.clear_faults()

    @property
    def issued(self) -> int:
        """How many keys and tokens the services of `identity` have given."""
        return self._core.issued

    def expire_issued(self) -> None:
        """Lets every key and token that the services of `identity` have given expire at once."""
        self._core.expire_issued()

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """The last requests that arrived, oldest first, without their secrets."""
        return tuple(RecordedRequest(**request) for request in self._core.requests())

    @property
    def starts(self) -> Starts:
        """How often each start was carried out: ``starts["start_task", 1001]``, 0 where it never was."""
        return Starts({(operation, resource_id): n for operation, resource_id, n in self._core.starts()})

    def state(self, kind: str, resource_id: int | str) -> dict[str, object] | None:
        """What the service would answer to "show", as a dict: ``local.state("task", 1001)["status"]``.

        Args:
            kind: "task", "task_group" or "sync_task".
            resource_id: The id.

        Returns:
            The answer's members, or None where there is no such thing.

        Raises:
            ValueError: There is no such kind.
        """
        collection = _COLLECTIONS.get(kind)
        if collection is None:
            raise ValueError(f"kind must be one of {', '.join(_COLLECTIONS)}, not {kind!r}")
        return self._core.show(collection, _text(resource_id))


def _text(resource_id: int | str) -> str:
    if isinstance(resource_id, bool) or not isinstance(resource_id, (int, str)):
        raise TypeError(f"an id must be an int or a str, not {type(resource_id).__name__}")
    return str(resource_id)

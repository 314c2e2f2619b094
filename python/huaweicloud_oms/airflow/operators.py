"""Start migrations, wait for them, and attach to them again after a retry."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from huaweicloud_oms import AlreadyStartedError
from huaweicloud_oms.airflow._compat import AirflowFailException, AirflowSkipException, BaseOperator
from huaweicloud_oms.airflow._states import describe, figures, figures_of, no_retry_of_the_hopeless
from huaweicloud_oms.airflow.hooks import ObjectStoreKeysHook, OmsHook
from huaweicloud_oms.airflow.links import OmsConsoleLink
from huaweicloud_oms.airflow.triggers import OmsSyncTaskTrigger, OmsTaskGroupTrigger, OmsTaskTrigger, default_deferrable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import Literal

    from huaweicloud_oms import StartResult, SyncTask, Task, TaskGroup
    from huaweicloud_oms.airflow._compat import Context
    from huaweicloud_oms.airflow.triggers import _OmsTrigger

__all__ = [
    "OmsRetryTaskGroupOperator",
    "OmsStartSyncTaskOperator",
    "OmsStartTaskGroupOperator",
    "OmsStartTaskOperator",
]

_CLOCKS_APART = timedelta(minutes=5)
"""How far Airflow's clock and the service's may be apart."""
_TRIGGERER_DELAY = 60.0
"""How much later than a trigger's own deadline Airflow ends the waiting, in seconds, where no triggerer runs."""
_ENCRYPTION = frozenset(f"{of}_{what}" for of in ("src", "dst", "source_cdn") for what in ("crypto_type", "kms_key_id"))


class _OmsStartOperator(BaseOperator):
    """Start something, and wait until it has ended."""

    template_fields: Sequence[str] = (
        "huaweicloud_oms_conn_id",
        "source_conn_id",
        "destination_conn_id",
        "encryption",
    )
    operator_extra_links = (OmsConsoleLink(),)
    ui_color = "#f3d9dc"

    _kind: ClassVar[str]
    _id_field: ClassVar[str]
    _trigger: ClassVar[type[_OmsTrigger]]

    def __init__(
        self,
        *,
        destination_conn_id: str,
        source_conn_id: str | None = None,
        huaweicloud_oms_conn_id: str = OmsHook.default_conn_name,
        encryption: Mapping[str, str] | None = None,
        wait_for_completion: bool = True,
        deferrable: bool | None = None,
        poll_interval: float | None = None,
        timeout: float | None = None,
        wait_timeout: float | None = None,
        on_already_started: Literal["follow", "fail", "skip"] = "follow",
        on_kill: Literal["leave", "stop"] = "leave",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        _one_of("on_already_started", on_already_started, "follow", "fail", "skip")
        _one_of("on_kill", on_kill, "leave", "stop")
        self.destination_conn_id = destination_conn_id
        self.source_conn_id = source_conn_id
        self.huaweicloud_oms_conn_id = huaweicloud_oms_conn_id
        self.encryption = encryption
        self.wait_for_completion = wait_for_completion
        self.deferrable = default_deferrable() if deferrable is None else deferrable
        self.poll_interval = poll_interval
        self.timeout = timeout
        self.wait_timeout = wait_timeout
        self.on_already_started = on_already_started
        self.kill_action = on_kill

    @cached_property
    def hook(self) -> OmsHook:
        """The hook that starts and waits."""
        return OmsHook(self.huaweicloud_oms_conn_id)

    @property
    def resource_id(self) -> int | str:
        """The id of what is started."""
        resource_id: int | str = getattr(self, self._id_field)
        return resource_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Start it, or attach to what an earlier try has started, and wait.

        Args:
            context: The running task's context.

        Returns:
            Id, status, counts and sizes, and how it was started.

        Raises:
            AirflowFailException: Another try would not help: wrong arguments or keys, no permission, no such id, paused
                by somebody; or it runs already, with `on_already_started="fail"`.
            AirflowSkipException: It runs already, with `on_already_started="skip"`.
            OmsError: What else can go wrong; see `Client`.
        """
        with no_retry_of_the_hopeless():
            OmsConsoleLink.persist(context, self.hook.client)
            begun = self._attach(context) or self._begin(context)
            if not self.wait_for_completion:
                return begun
            if self.deferrable:
                self._defer(begun)
            return begun | figures(self._wait())

    def execute_complete(
        self,
        context: Context,  # noqa: ARG002
        event: dict[str, Any],
        begun: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Go on after the trigger has fired.

        Args:
            context: The running task's context.
            event: What the trigger tells.
            begun: What `execute` has found out before; `dag.test()` does not hand it on.

        Returns:
            The same as `execute`.

        Raises:
            AirflowFailException: Another try would not help.
            MigrationFailedError: The migration failed.
            WaitTimeoutError: It has not ended in time. It goes on.
            OmsError: It could not be followed. It goes on.
        """
        return {**(begun or {}), **figures_of(event)}

    def on_kill(self) -> None:
        """Pause the migration, if that is wished, because Airflow ends the task. It goes on otherwise."""
        if self.kill_action == "stop":
            self.log.info("stopping %s %s", self._kind, self.resource_id)
            self._call("stop", timeout=20.0)

    def _attach(self, context: Context) -> dict[str, Any] | None:
        """Find what an earlier try of this task has started, if that runs still or has succeeded meanwhile."""
        if context["ti"].try_number <= 1:
            return None
        state = self._call("show")
        ours = _started_since(state, context["dag_run"].start_date)
        if (state.is_running and (ours or self.on_already_started == "follow")) or (ours and _succeeded(state)):
            self.log.info("an earlier try started %s %s: %s", self._kind, self.resource_id, describe(state))
            return figures(state) | {"already_started": True}
        return None

    def _begin(self, context: Context) -> dict[str, Any]:
        try:
            result = self._start(context)
        except AlreadyStartedError as error:
            if self.on_already_started == "skip":
                raise AirflowSkipException(str(error)) from None
            if self.on_already_started == "fail":
                raise AirflowFailException(str(error)) from None
            self.log.info("%s %s runs already: following it", self._kind, self.resource_id)
            return {"resource_id": str(self.resource_id), "already_started": True}
        self.log.info("started %s %s (request %s)", self._kind, self.resource_id, result.request_id)
        return {
            "resource_id": result.resource_id,
            "already_started": result.already_started,
            "request_id": result.request_id,
        }

    def _start(self, context: Context) -> StartResult:  # noqa: ARG002  # for subclasses
        return self._send(f"start_{self._kind}")

    def _send(self, operation: str, **fields: Any) -> StartResult:
        """Send a start, with the keys of the connections."""
        encryption = dict(self.encryption or {})
        if unknown := encryption.keys() - _ENCRYPTION:
            raise AirflowFailException(f"encryption takes {', '.join(sorted(_ENCRYPTION))}, not {', '.join(unknown)}")
        send = getattr(self.hook.client, operation)
        result: StartResult = send(
            self.resource_id, **self._keys(operation), **encryption, **fields, timeout=self.timeout
        )
        return result

    def _keys(self, operation: str) -> dict[str, Any]:
        keys = ObjectStoreKeysHook(self.destination_conn_id).get_destination_keys()
        if self.source_conn_id:
            keys |= ObjectStoreKeysHook(self.source_conn_id).get_source_keys()
        if refused := keys.keys() & self._not_taken:
            del keys  # A traceback could show them.
            raise AirflowFailException(f"{operation} takes no {', '.join(sorted(refused))}: use other keys")
        return keys

    _not_taken: ClassVar[frozenset[str]] = frozenset()
    """Keys that the service has no field for in this operation."""

    def _wait(self) -> Task | TaskGroup | SyncTask:
        def log_look(state: Task | TaskGroup | SyncTask) -> None:
            self.log.info("%s %s: %s", self._kind, self.resource_id, describe(state))

        state: Task | TaskGroup | SyncTask = self._call(
            "wait", timeout=self.wait_timeout, poll_interval=self.poll_interval, progress=log_look
        )
        return state

    def _defer(self, begun: dict[str, Any]) -> None:
        self.defer(
            trigger=self._trigger(
                self.resource_id,
                self.huaweicloud_oms_conn_id,
                poll_interval=self.poll_interval,
                deadline=None if self.wait_timeout is None else time.time() + self.wait_timeout,
                on_kill=self.kill_action,
            ),
            method_name="execute_complete",
            kwargs={"begun": begun},
            timeout=None if self.wait_timeout is None else timedelta(seconds=self.wait_timeout + _TRIGGERER_DELAY),
        )

    def _call(self, verb: str, **arguments: Any) -> Any:
        """Call `show_task`, `wait_task_group` and the like."""
        return getattr(self.hook.client, f"{verb}_{self._kind}")(self.resource_id, **arguments)


class OmsStartTaskOperator(_OmsStartOperator):
    """Start a paused or failed migration task, and wait until it has ended.

    It returns `resource_id`, `already_started` (somebody else or an earlier try had started it), `status`, `total_num`,
    `successful_num`, `failed_num`, `skipped_num`, `total_size`, `complete_size`.

    Args:
        oms_task_id: The migration task's id. (templated)
        destination_conn_id: The connection that holds the destination's keys. (templated)
        source_conn_id: The connection that holds the source's keys; none for a URL list. (templated)
        huaweicloud_oms_conn_id: The service's connection. (templated)
        migrate_failed_object: `True` sends only the objects that failed, `False` everything again.
        encryption: `src_crypto_type`, `src_kms_key_id` and their like, as in `Client.start_task`. (templated)
        wait_for_completion: Wait until it has ended; otherwise the task succeeds once it is started.
        deferrable: Wait in the triggerer; by default Airflow's `[operators] default_deferrable`.
        poll_interval: How long to wait between two looks, in seconds; by default 2 s, growing to 30 s.
        timeout: How long the start may take, in seconds; by default 60 s.
        wait_timeout: How long to wait at most in one try, in seconds; for ever by default.
        on_already_started: What to do if somebody else has started it: `follow` it, `fail`, or `skip` this task.
        on_kill: What becomes of the migration if Airflow ends this task: `leave` it, or `stop` (pause) it.
    """

    template_fields = ("oms_task_id", *_OmsStartOperator.template_fields)
    _kind, _id_field, _trigger = "task", "oms_task_id", OmsTaskTrigger

    def __init__(self, *, oms_task_id: int | str, migrate_failed_object: bool | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.oms_task_id = oms_task_id
        self.migrate_failed_object = migrate_failed_object

    def _start(self, context: Context) -> StartResult:  # noqa: ARG002
        return self._send("start_task", migrate_failed_object=self.migrate_failed_object)


class OmsStartTaskGroupOperator(_OmsStartOperator):
    """Resume a paused task group, and wait until it has ended.

    Where a try of this task finds that the group failed in an earlier try, it sends what failed again
    (`retry_task_group`): the service does not resume a failed group.

    It returns `resource_id`, `already_started`, `status`, `total_task_num`, `complete_task_num`, `failed_task_num`,
    `total_num`, `success_num`, `fail_num`, `skip_num`, `total_size`, `complete_size`.

    Args:
        group_id: The group's id. (templated)
        destination_conn_id: The connection that holds the destination's keys. (templated)
        source_conn_id: The connection that holds the source's keys; none for a URL list. (templated)
        huaweicloud_oms_conn_id: The service's connection. (templated)
        encryption: As in `OmsStartTaskOperator`. (templated)
        wait_for_completion: As in `OmsStartTaskOperator`; so are all that follow.
        deferrable: Wait in the triggerer.
        poll_interval: How long to wait between two looks, in seconds.
        timeout: How long the start may take, in seconds.
        wait_timeout: How long to wait at most in one try, in seconds.
        on_already_started: `follow`, `fail` or `skip`.
        on_kill: `leave` or `stop`.
    """

    template_fields = ("group_id", *_OmsStartOperator.template_fields)
    _kind, _id_field, _trigger = "task_group", "group_id", OmsTaskGroupTrigger
    _not_taken = frozenset({"src_security_token", "dst_security_token"})

    def __init__(self, *, group_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.group_id = group_id

    def _start(self, context: Context) -> StartResult:
        if context["ti"].try_number > 1 and self._call("show").is_failed:
            return self._send("retry_task_group", migrate_failed_object=True)
        return super()._start(context)


class OmsRetryTaskGroupOperator(OmsStartTaskGroupOperator):
    """Begin the work of a failed task group again, and wait until it has ended.

    Args:
        group_id: The group's id. (templated)
        migrate_failed_object: `True`, the default, sends only the objects that failed, `False` everything again.
        **kwargs: Everything else as in `OmsStartTaskGroupOperator`.
    """

    def __init__(self, *, migrate_failed_object: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.migrate_failed_object = migrate_failed_object

    def _start(self, context: Context) -> StartResult:  # noqa: ARG002
        return self._send("retry_task_group", migrate_failed_object=self.migrate_failed_object)


class OmsStartSyncTaskOperator(_OmsStartOperator):
    """Start a stopped synchronization task, and wait until it follows its source.

    It has no end of its own. It returns `resource_id`, `already_started`, `status` and the month's counts.

    Args:
        sync_task_id: The synchronization task's id. (templated)
        source_conn_id: The connection that holds the source's keys. (templated)
        destination_conn_id: The connection that holds the destination's keys. (templated)
        huaweicloud_oms_conn_id: The service's connection. (templated)
        encryption: As in `OmsStartTaskOperator`. (templated)
        wait_for_completion: As in `OmsStartTaskOperator`; so are all that follow.
        deferrable: Wait in the triggerer.
        poll_interval: How long to wait between two looks, in seconds.
        timeout: How long the start may take, in seconds.
        wait_timeout: How long to wait at most in one try, in seconds.
        on_already_started: `follow`, `fail` or `skip`.
        on_kill: `leave` or `stop`.
    """

    template_fields = ("sync_task_id", *_OmsStartOperator.template_fields)
    _kind, _id_field, _trigger = "sync_task", "sync_task_id", OmsSyncTaskTrigger
    _not_taken = frozenset({"src_security_token", "dst_security_token", "connection_string", "json_auth_file"})

    def __init__(self, *, sync_task_id: str, source_conn_id: str, **kwargs: Any) -> None:
        super().__init__(source_conn_id=source_conn_id, **kwargs)
        self.sync_task_id = sync_task_id


def _one_of(name: str, value: str, *words: str) -> None:
    if value not in words:
        raise ValueError(f"{name} must be one of {', '.join(words)}, not {value!r}")


def _succeeded(state: Task | TaskGroup | SyncTask) -> bool:
    return bool(getattr(state, "is_succeeded", False))


def _started_since(state: Task | TaskGroup | SyncTask, moment: datetime | None) -> bool:
    """Tell whether something was last started in this run of the DAG, by this task as far as can be told."""
    started: datetime | None = getattr(state, "start_time", None) or getattr(state, "last_start_time", None)
    return started is not None and moment is not None and started >= moment - _CLOCKS_APART

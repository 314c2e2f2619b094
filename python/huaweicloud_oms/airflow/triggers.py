"""What deferred tasks wait with: no worker is held meanwhile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from huaweicloud_oms import OmsError
from huaweicloud_oms.airflow._compat import BaseTrigger, TriggerEvent, conf
from huaweicloud_oms.airflow._states import describe, event_of, figures
from huaweicloud_oms.airflow.hooks import OmsHook

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Literal

    from huaweicloud_oms import SyncTask, Task, TaskGroup

__all__ = ["OmsSyncTaskTrigger", "OmsTaskGroupTrigger", "OmsTaskTrigger"]

_ONE_LOOK = 1.0
"""How long to wait at least, in seconds, so that a trigger that comes back after its deadline looks once."""


def default_deferrable() -> bool:
    """Tell whether Airflow is set up to defer what does not say otherwise."""
    return bool(conf.getboolean("operators", "default_deferrable", fallback=False))


class _OmsTrigger(BaseTrigger):
    """Wait until something has ended, and fire once.

    The event's `status` is `success` (with `figures`: id, counts and sizes), `failed`, `timeout`, `hopeless` (another
    try cannot help) or `error`, these with a `message`. Triggers hold the ids of connections, never keys. One that
    another triggerer takes over looks again, and goes by the same deadline.

    Args:
        resource_id: The id of what to wait for.
        huaweicloud_oms_conn_id: The service's connection.
        poll_interval: How long to wait between two looks, in seconds; by default 2 s, growing to 30 s.
        deadline: Until when to wait, in Unix time; for ever by default.
        on_kill: `"stop"` pauses the migration if somebody ends the deferred task (Airflow 3.3 and later).
    """

    _kind: ClassVar[str]

    def __init__(
        self,
        resource_id: int | str,
        huaweicloud_oms_conn_id: str = OmsHook.default_conn_name,
        poll_interval: float | None = None,
        deadline: float | None = None,
        on_kill: Literal["leave", "stop"] = "leave",
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.resource_id = resource_id
        self.huaweicloud_oms_conn_id = huaweicloud_oms_conn_id
        self.poll_interval = poll_interval
        self.deadline = deadline
        self.kill_action = on_kill

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Give what the trigger is made of again, by whichever triggerer."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {
            "resource_id": self.resource_id,
            "huaweicloud_oms_conn_id": self.huaweicloud_oms_conn_id,
            "poll_interval": self.poll_interval,
            "deadline": self.deadline,
            "on_kill": self.kill_action,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, and fire."""
        try:
            async with await OmsHook(self.huaweicloud_oms_conn_id).get_async_client() as client:
                state = await getattr(client, f"wait_{self._kind}")(
                    self.resource_id,
                    timeout=None if self.deadline is None else max(self.deadline - time.time(), _ONE_LOOK),
                    poll_interval=self.poll_interval,
                    progress=self._log_look,
                )
        except OmsError as error:
            event = event_of(error)
        else:
            event = {"status": "success", "figures": figures(state)}
        yield TriggerEvent(event)  # type: ignore[no-untyped-call]

    async def on_kill(self) -> None:
        """Pause the migration, if that is wished, because somebody ended the deferred task."""
        if self.kill_action == "stop":
            async with await OmsHook(self.huaweicloud_oms_conn_id).get_async_client() as client:
                await getattr(client, f"stop_{self._kind}")(self.resource_id, timeout=20.0)

    def _log_look(self, state: Task | TaskGroup | SyncTask) -> None:
        self.log.info("%s %s: %s", self._kind, self.resource_id, describe(state))


class OmsTaskTrigger(_OmsTrigger):
    """Wait until a migration task has ended."""

    _kind = "task"


class OmsTaskGroupTrigger(_OmsTrigger):
    """Wait until a task group has ended."""

    _kind = "task_group"


class OmsSyncTaskTrigger(_OmsTrigger):
    """Wait until a synchronization task follows its source. It has no end of its own."""

    _kind = "sync_task"

"""Wait for migrations that something else has started."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from huaweicloud_oms import MigrationFailedError, RateLimitError, ServerError, TransportError, WaitTimeoutError
from huaweicloud_oms.airflow._compat import (
    AirflowFailException,
    AirflowSensorTimeout,
    BaseSensorOperator,
    PokeReturnValue,
)
from huaweicloud_oms.airflow._states import describe, figures, figures_of, no_retry_of_the_hopeless
from huaweicloud_oms.airflow.hooks import OmsHook
from huaweicloud_oms.airflow.triggers import OmsTaskGroupTrigger, OmsTaskTrigger, default_deferrable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from huaweicloud_oms import Task, TaskGroup
    from huaweicloud_oms.airflow._compat import Context
    from huaweicloud_oms.airflow.triggers import _OmsTrigger

__all__ = ["OmsTaskGroupSensor", "OmsTaskSensor"]

_PASSING = (TransportError, ServerError, RateLimitError)
_DELETED = {"DELETE_PENDING", "DELETED"}


class _OmsSensor(BaseSensorOperator):
    """Wait until something has ended well."""

    template_fields: Sequence[str] = ("huaweicloud_oms_conn_id",)
    ui_color = "#f3d9dc"

    _kind: ClassVar[str]
    _id_field: ClassVar[str]
    _trigger: ClassVar[type[_OmsTrigger]]

    def __init__(
        self,
        *,
        huaweicloud_oms_conn_id: str = OmsHook.default_conn_name,
        deferrable: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.huaweicloud_oms_conn_id = huaweicloud_oms_conn_id
        self.deferrable = default_deferrable() if deferrable is None else deferrable

    @cached_property
    def hook(self) -> OmsHook:
        """The hook that looks."""
        return OmsHook(self.huaweicloud_oms_conn_id)

    @property
    def resource_id(self) -> int | str:
        """The id of what is waited for."""
        resource_id: int | str = getattr(self, self._id_field)
        return resource_id

    def execute(self, context: Context) -> Any:
        """Wait: here, by being rescheduled, or in the triggerer.

        Args:
            context: The running task's context.

        Returns:
            Id, status, counts and sizes.

        Raises:
            AirflowFailException: It failed or is paused, or looking is refused.
            AirflowSensorTimeout: It has not ended in time.
        """
        if not self.deferrable:
            return super().execute(context)
        self.defer(
            trigger=self._trigger(
                self.resource_id,
                self.huaweicloud_oms_conn_id,
                poll_interval=self.poke_interval,
                deadline=time.time() + self.timeout,
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=self.timeout),
        )
        return None

    def poke(self, context: Context) -> PokeReturnValue:  # noqa: ARG002
        """Look once.

        Args:
            context: The running task's context.

        Returns:
            Whether it has ended well, and then its id, status, counts and sizes. A fault of the network or the service
            is a "not yet".

        Raises:
            AirflowFailException: It failed or is paused, or looking is refused.
        """
        try:
            with no_retry_of_the_hopeless():
                state: Task | TaskGroup = getattr(self.hook.client, f"show_{self._kind}")(self.resource_id)
        except _PASSING as error:
            self.log.warning("%s", error)
            return PokeReturnValue(is_done=False)
        self.log.info("%s %s: %s", self._kind, self.resource_id, describe(state))
        if state.is_failed or state.can_start or state.status.name in _DELETED:
            reason = state.error_reason
            why = f": {reason.error_code} {reason.error_msg}" if reason else ""
            raise AirflowFailException(f"{self._kind} {self.resource_id} is {state.status.name}{why}")
        return PokeReturnValue(is_done=state.is_succeeded, xcom_value=figures(state) if state.is_succeeded else None)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Go on after the trigger has fired.

        Args:
            context: The running task's context.
            event: What the trigger tells.

        Returns:
            The same as `execute`.

        Raises:
            AirflowFailException: It failed or is paused, or looking is refused.
            AirflowSensorTimeout: It has not ended in time.
            OmsError: It could not be followed.
        """
        # What a sensor that is not deferred raises: `soft_fail` goes by these, and they are not tried again.
        try:
            return figures_of(event)
        except MigrationFailedError as error:
            raise AirflowFailException(str(error)) from None
        except WaitTimeoutError as error:
            raise AirflowSensorTimeout(str(error)) from None


class OmsTaskSensor(_OmsSensor):
    """Wait until a migration task has succeeded. One that failed or is paused fails the sensor.

    Args:
        oms_task_id: The migration task's id. (templated)
        huaweicloud_oms_conn_id: The service's connection. (templated)
        deferrable: Wait in the triggerer; by default Airflow's `[operators] default_deferrable`. Otherwise
            `mode="reschedule"` frees the worker between two looks.
        **kwargs: `poke_interval`, `timeout`, `mode`, `soft_fail` and the like, as for every sensor.
    """

    template_fields = ("oms_task_id", *_OmsSensor.template_fields)
    _kind, _id_field, _trigger = "task", "oms_task_id", OmsTaskTrigger

    def __init__(self, *, oms_task_id: int | str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.oms_task_id = oms_task_id


class OmsTaskGroupSensor(_OmsSensor):
    """Wait until a task group is complete. One that failed, is paused or deleted fails the sensor.

    Args:
        group_id: The group's id. (templated)
        huaweicloud_oms_conn_id: The service's connection. (templated)
        deferrable: As in `OmsTaskSensor`.
        **kwargs: `poke_interval`, `timeout`, `mode`, `soft_fail` and the like, as for every sensor.
    """

    template_fields = ("group_id", *_OmsSensor.template_fields)
    _kind, _id_field, _trigger = "task_group", "group_id", OmsTaskGroupTrigger

    def __init__(self, *, group_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.group_id = group_id

"""The button that leads from a task of Airflow to the service's console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from huaweicloud_oms.airflow._compat import BaseOperatorLink, XCom

if TYPE_CHECKING:
    from huaweicloud_oms import Client
    from huaweicloud_oms.airflow._compat import BaseOperator, Context, TaskInstanceKey

__all__ = ["OmsConsoleLink"]

_KEY = "oms_console"
_CONSOLE = "https://console.huaweicloud.com/oms/"


class OmsConsoleLink(BaseOperatorLink):
    """A link to OMS in the console, in the connection's region."""

    name = "OMS console"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002
        """Give the address that `persist` kept, or nothing where the task did not come so far.

        Args:
            operator: The operator.
            ti_key: Which of its runs.
        """
        return XCom.get_value(key=_KEY, ti_key=ti_key) or ""

    @staticmethod
    def persist(context: Context, client: Client) -> None:
        """Keep the address for the time when the link is asked for.

        Args:
            context: The running task's context.
            client: The client that starts.
        """
        context["ti"].xcom_push(key=_KEY, value=f"{_CONSOLE}?region={client.region}" if client.region else _CONSOLE)

"""OMS in Prefect 3: credentials blocks, a task for every operation, progress, and hooks for cancelled flows.

    from prefect import flow
    from huaweicloud_oms.prefect import start_task, tell_running

    @flow(on_cancellation=[tell_running("my-account")])
    def migrate(task_id: int) -> None:
        start_task(task_id, credentials="my-account", source="old-bucket", destination="new-bucket", wait=True)

Install it with `pip install 'huaweicloud-oms[prefect]'`. `import huaweicloud_oms` alone never imports it.
"""

from huaweicloud_oms.prefect.credentials import ObjectStoreCredentials, OmsCredentials
from huaweicloud_oms.prefect.hooks import stop_running, tell_running
from huaweicloud_oms.prefect.tasks import (
    list_sync_tasks,
    list_sync_tasks_async,
    list_task_groups,
    list_task_groups_async,
    list_tasks,
    list_tasks_async,
    retry_task_group,
    retry_task_group_async,
    show_sync_task,
    show_sync_task_async,
    show_task,
    show_task_async,
    show_task_group,
    show_task_group_async,
    start_many,
    start_many_async,
    start_sync_task,
    start_sync_task_async,
    start_task,
    start_task_async,
    start_task_group,
    start_task_group_async,
    stop_sync_task,
    stop_sync_task_async,
    stop_task,
    stop_task_async,
    stop_task_group,
    stop_task_group_async,
    wait_many,
    wait_many_async,
    wait_sync_task,
    wait_sync_task_async,
    wait_task,
    wait_task_async,
    wait_task_group,
    wait_task_group_async,
    worth_a_retry,
)

__all__ = [
    "ObjectStoreCredentials",
    "OmsCredentials",
    "list_sync_tasks",
    "list_sync_tasks_async",
    "list_task_groups",
    "list_task_groups_async",
    "list_tasks",
    "list_tasks_async",
    "retry_task_group",
    "retry_task_group_async",
    "show_sync_task",
    "show_sync_task_async",
    "show_task",
    "show_task_async",
    "show_task_group",
    "show_task_group_async",
    "start_many",
    "start_many_async",
    "start_sync_task",
    "start_sync_task_async",
    "start_task",
    "start_task_async",
    "start_task_group",
    "start_task_group_async",
    "stop_running",
    "stop_sync_task",
    "stop_sync_task_async",
    "stop_task",
    "stop_task_async",
    "stop_task_group",
    "stop_task_group_async",
    "tell_running",
    "wait_many",
    "wait_many_async",
    "wait_sync_task",
    "wait_sync_task_async",
    "wait_task",
    "wait_task_async",
    "wait_task_group",
    "wait_task_group_async",
    "worth_a_retry",
]

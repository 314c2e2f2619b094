"""Start a task group, wait, retry what failed, and report: a DAG for Airflow 3.

It needs three connections, which docs/airflow.md says how to make: `huaweicloud_oms_default`, `source_bucket` and
`destination_bucket`. Start it with the group's id:

    airflow dags trigger migrate_group --conf '{"group_id": "00878453-3402-4a86-9e2a-5d5217cd35b2"}'
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param, task

from huaweicloud_oms.airflow.operators import OmsRetryTaskGroupOperator, OmsStartTaskGroupOperator

with DAG(
    "migrate_group",
    schedule=None,
    params={"group_id": Param("00878453-3402-4a86-9e2a-5d5217cd35b2", type="string", minLength=1)},
    default_args={
        "source_conn_id": "source_bucket",
        "destination_conn_id": "destination_bucket",
        "deferrable": True,
        "wait_timeout": timedelta(days=2).total_seconds(),
    },
) as dag:
    start = OmsStartTaskGroupOperator(task_id="start", group_id="{{ params.group_id }}")

    retry = OmsRetryTaskGroupOperator(
        task_id="retry_what_failed",
        group_id="{{ params.group_id }}",
        trigger_rule="one_failed",
    )

    @task(trigger_rule="one_success")
    def report(**context: Any) -> str:
        """Say how it ended, of whichever of the two tasks came to an end."""
        ends = context["ti"].xcom_pull(task_ids=["retry_what_failed", "start"])
        end = next(end for end in ends if end)
        line = (
            f"group {end['resource_id']}: {end['complete_task_num']} of {end['total_task_num']} tasks complete, "
            f"{end['success_num']} objects, {end['complete_size'] / 1e9:.1f} GB"
        )
        print(line)
        return line

    start >> retry
    [start, retry] >> report()

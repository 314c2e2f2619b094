"""The DAGs that `test_daemons.py` has a real scheduler run."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG

from huaweicloud_oms.airflow.operators import OmsStartTaskGroupOperator, OmsStartTaskOperator

KEYS = {"source_conn_id": "plain_source", "destination_conn_id": "plain_destination", "poll_interval": 0.5}
OPTIONS = {
    "schedule": None,
    "is_paused_upon_creation": False,
    "max_active_runs": 8,
    "default_args": {"retries": 2, "retry_delay": timedelta(seconds=1)},
}

with DAG("deferred", **OPTIONS):
    OmsStartTaskGroupOperator(task_id="start", group_id="deferred", deferrable=True, wait_timeout=120, **KEYS)

with DAG("mapped", **OPTIONS):
    OmsStartTaskOperator.partial(task_id="start", **KEYS).expand(oms_task_id=list(range(1, 9)))

with DAG("together", **OPTIONS):
    for name in ("one", "other"):
        OmsStartTaskOperator(task_id=name, oms_task_id=100, **KEYS)

with DAG("lost", **OPTIONS):
    OmsStartTaskOperator(task_id="start", oms_task_id=200, **KEYS)

with DAG("killed", **OPTIONS):
    OmsStartTaskOperator(task_id="waiting", oms_task_id=301, on_kill="stop", **KEYS)
    OmsStartTaskOperator(task_id="deferred", oms_task_id=302, on_kill="stop", deferrable=True, **KEYS)
    OmsStartTaskOperator(task_id="left", oms_task_id=303, **KEYS)

with DAG("restarted", **OPTIONS):
    OmsStartTaskOperator(task_id="start", oms_task_id=400, **KEYS)

"""The DAG that `test_secrets.py` runs: tasks that succeed, fail and defer, with every kind of key."""

from __future__ import annotations

from datetime import datetime, timezone

try:
    from airflow.sdk import DAG
except ImportError:
    from airflow import DAG

from huaweicloud_oms.airflow.operators import (
    OmsStartSyncTaskOperator,
    OmsStartTaskGroupOperator,
    OmsStartTaskOperator,
)

KEYS = {"source_conn_id": "source", "destination_conn_id": "destination", "poll_interval": 0.1}
PLAIN_KEYS = {"source_conn_id": "plain_source", "destination_conn_id": "plain_destination", "poll_interval": 0.1}

with DAG("secrets", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=timezone.utc)):
    OmsStartTaskOperator(task_id="waiting", oms_task_id=1001, **KEYS)
    OmsStartTaskOperator(task_id="failing", oms_task_id=1002, deferrable=True, **KEYS)
    OmsStartTaskOperator(task_id="nowhere", oms_task_id=404, **KEYS)
    OmsStartTaskOperator(task_id="unbelieved", oms_task_id=1003, huaweicloud_oms_conn_id="wrong", **KEYS)
    OmsStartTaskOperator(task_id="unconnected", oms_task_id=1003, destination_conn_id="nothing")
    OmsStartTaskOperator.partial(task_id="mapped", **KEYS).expand(oms_task_id=[1003, "not/an/id"])
    OmsStartTaskGroupOperator(task_id="group", group_id="g-1", deferrable=True, **PLAIN_KEYS)
    OmsStartTaskGroupOperator(task_id="refused", group_id="g-2", **KEYS)
    OmsStartSyncTaskOperator(task_id="sync", sync_task_id="s-1", **PLAIN_KEYS)

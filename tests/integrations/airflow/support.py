"""What the tests of the Airflow provider share."""

from __future__ import annotations

import os
import re
import traceback
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import airflow

import huaweicloud_oms

AIRFLOW_3 = not airflow.__version__.startswith("2.")
if not AIRFLOW_3:
    from airflow import DAG
else:
    from airflow.sdk import DAG

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGE = Path(huaweicloud_oms.__file__).parent
OMS_AK, PROJECT = "OMSAKOMSAKOMSAKOMSAK", "project-1"
SECRETS = tuple(
    # Made here, because Airflow keeps the source of DAGs.
    f"Zq8-{name}-Zq8"
    for name in (
        *("oms-secret-key", "source-secret-key", "source-token", "destination-secret-key", "destination-token"),
        *("azure-connection-string", "gcs-private-key", "cdn-key", "wrong-secret-key"),
    )
)
OMS_SK = SECRETS[0]
KEYS = {"source_conn_id": "source", "destination_conn_id": "destination"}
PLAIN_KEYS = {"source_conn_id": "plain_source", "destination_conn_id": "plain_destination"}
AT_ONCE = {"poll_interval": 0.1}


def CONNECTIONS(endpoint: str) -> dict[str, Any]:  # noqa: N802  # a constant but for the endpoint
    """The connections of the tests, by id, as Airflow reads them from the environment."""
    _, source_sk, source_token, destination_sk, destination_token, azure, gcs, cdn, wrong = SECRETS
    oms = {"endpoint": endpoint, "project_id": PROJECT}
    keys = {"conn_type": "huaweicloud_oms_keys"}
    return {
        "huaweicloud_oms_default": {"conn_type": "huaweicloud_oms", "login": OMS_AK, "password": OMS_SK, "extra": oms},
        "wrong": {"conn_type": "huaweicloud_oms", "login": OMS_AK, "password": wrong, "extra": oms},
        "source": {
            **keys,
            "login": "SOURCEAK",
            "password": source_sk,
            "extra": {
                "security_token": source_token,
                "connection_string": azure,
                "json_auth_file": {"type": "service_account", "private_key": gcs},
                "source_cdn_authentication_key": cdn,
            },
        },
        "destination": {
            **keys,
            "login": "DESTINATIONAK",
            "password": destination_sk,
            "extra": {"security_token": destination_token},
        },
        "plain_source": {**keys, "login": "SOURCEAK", "password": source_sk},
        "plain_destination": {**keys, "login": "DESTINATIONAK", "password": destination_sk},
    }


def held_by_the_traceback(error: BaseException) -> str:
    """The local variables of this package's functions, as tools that show tracebacks show them."""
    traced = traceback.TracebackException.from_exception(error, capture_locals=True)
    return str([frame.locals for frame in traced.stack if str(PACKAGE) in frame.filename])


@dataclass
class Ran:
    """A run of a DAG, after its end."""

    run: Any

    def instances(self, task_id: str) -> list[Any]:
        """The task's instances, by map index."""
        found = [ti for ti in self.run.get_task_instances() if ti.task_id == task_id]
        return sorted(found, key=lambda ti: ti.map_index)

    def state(self, task_id: str) -> str:
        """How the task ended."""
        return str(self.instances(task_id)[0].state)

    def tries(self, task_id: str) -> int:
        """How often the task was tried."""
        return self.instances(task_id)[0].try_number

    def value(self, task_id: str, key: str = "return_value", map_index: int = -1) -> Any:
        """What the task left in XCom."""
        [instance] = [ti for ti in self.instances(task_id) if ti.map_index == map_index]
        return instance.xcom_pull(task_ids=task_id, key=key, map_indexes=map_index)


class Airflow:
    """Runs operators in a DAG."""

    def __init__(self, name: str) -> None:
        self.dag_id = re.sub(r"\W+", "_", name)

    def run(self, build: Callable[[], object], **arguments: Any) -> Ran:
        """Build a DAG, and run it with `dag.test()`."""
        with DAG(
            self.dag_id,
            schedule=None,
            start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
            default_args={"retry_delay": timedelta(0), **arguments},
        ) as dag:
            build()
        if AIRFLOW_3:
            _store(dag)
        return Ran(dag.test())


def _store(dag: DAG) -> None:
    """Do what Airflow's DAG processor does with a DAG that it finds in a file."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager  # noqa: PLC0415
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db  # noqa: PLC0415

    DagBundlesManager().sync_bundles_to_db()
    bag = DagBag(os.devnull)
    bag.bag_dag(dag)
    sync_bag_to_db(bag, "dags-folder", None)

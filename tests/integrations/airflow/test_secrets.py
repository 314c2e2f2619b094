"""No secret is kept or shown: not in the metadata, not in a log, not in what tasks leave or triggers are made of.

The connections' secrets are distinctive words. What is searched is everything that all tests before this one have left.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys

import pytest
from airflow.models.connection import Connection
from airflow.utils.session import create_session

from huaweicloud_oms import NotFoundError
from huaweicloud_oms.airflow._compat import AirflowFailException
from huaweicloud_oms.airflow.operators import (
    OmsStartSyncTaskOperator,
    OmsStartTaskGroupOperator,
    OmsStartTaskOperator,
)
from huaweicloud_oms.airflow.triggers import OmsTaskTrigger
from huaweicloud_oms.emulator import Fault

from .conftest import HOME
from .support import CONNECTIONS, KEYS, SECRETS, held_by_the_traceback


def metadata() -> str:
    """Everything in the metadata, as text."""
    with contextlib.closing(sqlite3.connect(HOME / "airflow.db", timeout=30)) as database:
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        values = [value for table in tables for row in database.execute(f'select * from "{table}"') for value in row]
    return "\n".join(value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in values)


def logs() -> str:
    """Everything in every log."""
    return "\n".join(path.read_text(errors="replace") for path in HOME.rglob("*.log"))


@pytest.fixture
def kept(local, monkeypatch):
    """The connections, kept in the metadata as the screen keeps them, and in no variable."""
    with create_session() as session:
        for conn_id, fields in CONNECTIONS(local.endpoint).items():
            monkeypatch.delenv(f"AIRFLOW_CONN_{conn_id.upper()}")
            extra = json.dumps(fields["extra"]) if "extra" in fields else None
            session.add(Connection(**{**fields, "conn_id": conn_id, "extra": extra}))


def shown_by_a_run(local) -> str:
    """What `airflow dags test` writes while tasks succeed, fail and defer, with every kind of key."""
    local.add_tasks((1001, 1003), duration=0.3)
    local.add_task(1002, duration=0.3, failed_objects=1)
    local.add_task_group("g-1", duration=0.3)
    local.add_sync_task("s-1")
    local.inject(Fault("reset", when="after", operation="start_task"))
    command = [sys.executable, "-m", "airflow", "dags", "test", "secrets"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    return run.stdout + run.stderr


def test_secrets_are_nowhere(local, kept):
    everything = {"shown": shown_by_a_run(local), "metadata": metadata(), "logs": logs()}

    # What is no secret is found by the same search.
    for place, words in {
        "shown": ("unbelieved", "MigrationFailedError", "AirflowFailException"),
        "metadata": ("DESTINATIONAK", "successful_num", "oms_console"),
    }.items():
        assert [word for word in words if word not in everything[place]] == [], place
    assert local.starts["start_task", 1001] == local.starts["start_task_group", "g-1"] == 1

    found = {place: [secret for secret in SECRETS if secret in text] for place, text in everything.items()}
    assert found == {"shown": [], "metadata": [], "logs": []}


def test_a_traceback_holds_no_secret(local):
    refused = OmsStartTaskGroupOperator(task_id="refused", group_id="g-1", **KEYS)
    unknown = OmsStartTaskOperator(task_id="unknown", oms_task_id=404, **KEYS)
    for operator, operation in ((refused, "start_task_group"), (unknown, "start_task")):
        with pytest.raises((AirflowFailException, NotFoundError)) as caught:
            operator._send(operation)
        held = held_by_the_traceback(caught.value)
        assert "_id" in held
        assert not [secret for secret in SECRETS if secret in held]


def test_templated_fields_are_ids_and_names_of_connections():
    allowed = {"oms_task_id", "group_id", "sync_task_id", "encryption"}
    for operator in (OmsStartTaskOperator, OmsStartTaskGroupOperator, OmsStartSyncTaskOperator):
        assert {name for name in operator.template_fields if not name.endswith("_conn_id")} <= allowed


def test_a_trigger_is_made_of_ids_and_times():
    _, arguments = OmsTaskTrigger(1001, "a-connection", 2.0, 3.0, "stop").serialize()
    assert arguments == {
        "resource_id": 1001,
        "huaweicloud_oms_conn_id": "a-connection",
        "poll_interval": 2.0,
        "deadline": 3.0,
        "on_kill": "stop",
    }

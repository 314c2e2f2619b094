"""The page about Airflow and the example DAG, run as they stand against a local OMS."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from huaweicloud_oms.emulator import Emulator

from .conftest import HOME
from .support import AIRFLOW_3

pytestmark = pytest.mark.skipif(not AIRFLOW_3, reason="the DAGs are written for Airflow 3")

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "airflow.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SHELL = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CONNECTIONS = next(block for block in SHELL if "127.0.0.1:8080" in block)
STATE = re.search(r"<<'JSON'\n(.*?)^JSON$", PAGE, re.MULTILINE | re.DOTALL).group(1)


@pytest.fixture
def page_oms(tmp_path):
    """The local OMS of the page, from its own state file."""
    state = tmp_path / "state.json"
    state.write_text(STATE.replace(": 5}", ": 0.5}"))
    with Emulator(ak="AK", sk="SK", project_id="p", state=state) as local:
        yield local


def run(local, dag_id: str, source: str, folder: Path) -> str:
    """Run a DAG as the page says, in a shell with the page's connections, and tell how it ended."""
    dags = folder / "dags"
    dags.mkdir()
    (dags / f"{dag_id}.py").write_text(source)
    script = CONNECTIONS.replace("http://127.0.0.1:8080", local.endpoint) + f"exec airflow dags test {dag_id}"
    environment = os.environ | {
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    done = subprocess.run(
        ["sh", "-c", script], env=environment, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with contextlib.closing(sqlite3.connect(HOME / "airflow.db")) as database:
        query = "select state from dag_run where dag_id = ? order by id desc limit 1"
        [(state,)] = database.execute(query, (dag_id,)).fetchall()
    assert state == "success", done.stdout
    return done.stdout


@pytest.mark.parametrize("source", BLOCKS, ids=lambda source: re.search(r'DAG\("(\w+)"', source).group(1))
def test_a_dag_of_the_page_runs_as_it_stands(page_oms, source, tmp_path):
    run(page_oms, re.search(r'DAG\("(\w+)"', source).group(1), source, tmp_path)
    assert page_oms.starts
    assert set(page_oms.starts.values()) == {1}


@pytest.mark.parametrize("failed", [0, 1], ids=["all is well", "a part fails"])
def test_the_example_starts_waits_retries_and_reports(page_oms, tmp_path, failed):
    group = "00878453-3402-4a86-9e2a-5d5217cd35b2"
    page_oms.add_task_group(group, duration=0.5, failed_tasks=failed)
    source = (ROOT / "examples" / "airflow" / "migrate_group.py").read_text(encoding="utf-8")
    shown = run(page_oms, "migrate_group", source, tmp_path)
    assert f"group {group}: 3 of 3 tasks complete, 1500 objects, 3.0 GB" in shown
    assert page_oms.starts["start_task_group", group] == 1
    assert page_oms.starts["retry_task_group", group] == failed

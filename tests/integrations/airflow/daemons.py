"""Airflow's own processes: API server, scheduler with LocalExecutor, DAG processor and triggerer."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typing_extensions import Self

KINDS = ("api-server", "scheduler", "dag-processor", "triggerer")

# Kills everything that it was told of when the tests end, however they end: its input then ends too.
GUARD = """
import contextlib, sys
import psutil

started = []
for line in sys.stdin:
    with contextlib.suppress(psutil.NoSuchProcess):
        started.append(psutil.Process(int(line)))
for process in started:
    with contextlib.suppress(psutil.NoSuchProcess):
        for each in (*process.children(recursive=True), process):
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
"""


def until(found: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
    """Wait for something to become true, and give it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.2)
    raise AssertionError(f"not so after {seconds:.0f} s: {what}")


class Daemons:
    """Everything that a small Airflow consists of."""

    def __init__(self, home: Path, connections: dict[str, Any]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.home = home
        self.url = f"http://127.0.0.1:{port}"
        self.environment = os.environ | {
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "8",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of these tests that signs Airflow's own tokens, nothing else",
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "1",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "6",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "1",
            "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "1",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "10",
            "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
            "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
            "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "6",
            "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
            **{f"AIRFLOW_CONN_{name.upper()}": json.dumps(value) for name, value in connections.items()},
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.cleanup = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as cleanup:
            guard = [sys.executable, "-c", GUARD]
            self.guard = subprocess.Popen(guard, stdin=subprocess.PIPE, start_new_session=True)
            cleanup.callback(self.guard.communicate, timeout=30)
            cleanup.callback(lambda: [self.kill(kind) for kind in list(self.processes)])
            for kind in KINDS:
                self.start(kind)
            self.ask("GET", "/api/v2/version")
            until(lambda: self.rows("select 1 from dag where dag_id = 'restarted'"), "the DAGs are read", 90)
            self.cleanup = cleanup.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.cleanup.close()

    def start(self, kind: str) -> None:
        """Start a process, in a process group of its own."""
        with (self.home / f"{kind}.out.log").open("ab") as log:
            self.processes[kind] = subprocess.Popen(
                [sys.executable, "-m", "airflow", kind],
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        assert self.guard.stdin
        self.guard.stdin.write(b"%d\n" % self.processes[kind].pid)
        self.guard.stdin.flush()

    def kill(self, kind: str) -> None:
        """Kill a process and its children without a warning, as a power cut would."""
        process = self.processes.pop(kind)
        children = _descendants(process.pid)
        for pid in (process.pid, *children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait(30)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask the API server, until it answers."""
        return until(lambda: self._ask_once(method, path, body), f"{method} {path} is answered", 90)

    def _ask_once(self, method: str, path: str, body: object) -> Any:
        """Ask the API server; `None` where it does not answer yet, or its SQLite was locked by another process."""
        request = urllib.request.Request(self.url + path, method=method)
        request.add_header("Content-Type", "application/json")
        try:
            if path != "/api/v2/version":
                with urllib.request.urlopen(f"{self.url}/auth/token", timeout=20) as answer:
                    request.add_header("Authorization", f"Bearer {json.load(answer)['access_token']}")
            data = None if body is None else json.dumps(body).encode()
            with urllib.request.urlopen(request, data, timeout=20) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            told = error.read()
            if error.code == 500 and b"Database error" in told:
                return None
            raise AssertionError(f"{method} {path}: {error.code} {told!r}") from None
        except OSError:
            return None

    def trigger(self, dag_id: str) -> str:
        """Begin a run of a DAG, and give its id."""
        run_id: str = self.ask("POST", f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None})["dag_run_id"]
        return run_id

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Read Airflow's metadata."""
        with contextlib.closing(sqlite3.connect(self.home / "airflow.db", timeout=30)) as database:
            return database.execute(query, values).fetchall()

    def tasks(self, run_id: str) -> dict[tuple[str, int], tuple[str, int, int]]:
        """State, try and process of each task of a run, by task id and map index."""
        query = "select task_id, map_index, state, try_number, pid from task_instance where run_id = ?"
        return {(name, index): rest for name, index, *rest in self.rows(query, run_id)}

    def ended(self, run_id: str, seconds: float = 90.0) -> str:
        """Wait for the end of a run."""
        query = "select state from dag_run where run_id = ? and state in ('success', 'failed')"
        [(state,)] = until(lambda: self.rows(query, run_id), f"{run_id} ends", seconds)
        return str(state)

    def kill_worker(self, pid: int) -> None:
        """Kill the process that runs a task, and the worker above it, as a lost machine would."""
        parent = _parent(pid)
        assert parent in _descendants(self.processes["scheduler"].pid)
        for process in (parent, pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def _parent(pid: int) -> int:
    import psutil  # noqa: PLC0415  # Airflow needs it anyway

    return psutil.Process(pid).ppid()


def _descendants(pid: int) -> list[int]:
    import psutil  # noqa: PLC0415

    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []

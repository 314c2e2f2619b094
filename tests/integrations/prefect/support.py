"""What the tests of the Prefect integration share."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AK, SK, PROJECT = "zQ7-account-ak-Xk9", "zQ7-account-sk-Xk9", "p-1"
SECRETS = {f"{name}_{field}": f"zQ7-{name}-{field}-Xk9" for name in ("old", "new") for field in ("ak", "sk")}
BLOCKS = {"credentials": "account", "source": "old", "destination": "new"}
QUICK = {"wait": True, "poll_interval": 0.1}
HERE = Path(__file__).parent


def eventually(tell: Callable[[], object], within: float = 60.0) -> object:
    """Wait until something is so."""
    end = time.monotonic() + within
    while not (found := tell()):
        assert time.monotonic() < end, "it was not so in time"
        time.sleep(0.1)
    return found


def artifacts(flow_run_id=None) -> dict[str, object]:
    """The artifacts of a flow run, or all, by key."""
    found = get_client(sync_client=True).read_artifacts()
    return {one.key: one for one in found if flow_run_id in (None, one.flow_run_id)}


@contextlib.contextmanager
def process(api: str, *command: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process that uses the tests' Prefect server; ended at the end."""
    environment = {**os.environ, "PREFECT_API_URL": api, "PREFECT_RUNNER_POLL_FREQUENCY": "1"}
    with subprocess.Popen(
        [sys.executable, *command],
        env=environment,
        cwd=HERE,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as running:
        try:
            yield running
        finally:
            running.terminate()
            try:
                running.communicate(timeout=10)
            except (subprocess.TimeoutExpired, ValueError):
                running.kill()


def run_deployed(prefect, name: str, **parameters: object):
    """Have a served flow run; give the run's id."""

    def deployment():
        with contextlib.suppress(ObjectNotFound):
            return prefect.read_deployment_by_name(name)

    return prefect.create_flow_run_from_deployment(eventually(deployment).id, parameters=parameters).id


def kill_children(pid: int) -> None:
    """Kill the processes that a process has started, as a machine that is lost would."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    assert children
    for child in children:
        os.kill(int(child), signal.SIGKILL)


def state_of(prefect, run):
    """The state of a flow run."""
    return prefect.read_flow_run(run).state

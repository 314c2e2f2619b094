"""Flows that the tests run in processes of their own."""

from __future__ import annotations

import sys

from prefect import flow, serve

from huaweicloud_oms.prefect import start_task, stop_running, tell_running

BLOCKS = {"credentials": "account", "source": "old", "destination": "new"}


@flow
def migrate(task_id: int) -> bool:
    """Start one and wait for it; tell whether it ran already."""
    return start_task(task_id, **BLOCKS, wait=True, poll_interval=0.2).already_started


@flow(on_cancellation=[stop_running("account")], on_crashed=[tell_running("account")])
def migrate_and_stop(task_ids: list[int]) -> None:
    """Start some at once and wait for them; stop them when it is cancelled."""
    start_task.map(task_ids, **BLOCKS, wait=True).result()


@flow(on_cancellation=[tell_running("account")])
def migrate_and_tell(task_ids: list[int]) -> None:
    """Start some at once and wait for them; say what goes on when it is cancelled."""
    start_task.map(task_ids, **BLOCKS, wait=True).result()


if __name__ == "__main__":
    if sys.argv[1] == "start":
        print("ready", flush=True)
        sys.stdin.readline()
        print("already_started", migrate(int(sys.argv[2])), flush=True)
    else:
        deployments = [one.to_deployment(one.fn.__name__) for one in (migrate_and_stop, migrate_and_tell)]
        serve(*deployments, print_starting_message=False)

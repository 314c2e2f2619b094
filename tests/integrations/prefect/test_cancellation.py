"""A cancelled flow says what goes on, and can stop it."""

from __future__ import annotations

import asyncio
import time

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.context import FlowRunContext
from prefect.exceptions import CancelledRun
from prefect.states import Cancelling

import huaweicloud_oms as oms
from huaweicloud_oms.prefect import _progress as progress_module
from huaweicloud_oms.prefect import start_many, start_task, start_task_async, stop_running, tell_running

from .support import BLOCKS, QUICK, artifacts, eventually, process, run_deployed, state_of

RUNNING, PAUSED = 2, 3


def logs(prefect, run):
    found = prefect.read_logs(LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run])))
    return "\n".join(record.message for record in found)


def test_a_cancelled_flow_of_a_runner_tells_what_goes_on_and_can_stop_it(local, prefect_api):
    mine = {"migrate_and_stop": [1, 2], "migrate_and_tell": [3, 4]}
    local.add_tasks([1, 2, 3, 4], duration=600.0)
    local.add_task(5, status="RUNNING", duration=600.0)  # somebody else's
    with get_client(sync_client=True) as prefect, process(prefect_api, "flows.py", "serve"):
        runs = {
            name: run_deployed(prefect, f"{name.replace('_', '-')}/{name}", task_ids=[*ids, 5])
            for name, ids in mine.items()
        }
        for name, run in runs.items():
            eventually(lambda name=name: all(local.state("task", i)["status"] == RUNNING for i in mine[name]))
            eventually(lambda run=run: "start_task 5: it runs already, and is followed" in logs(prefect, run))
        cancelled_at = time.monotonic()
        for run in runs.values():
            prefect.set_flow_run_state(run, Cancelling())
        for run in runs.values():
            eventually(lambda run=run: state_of(prefect, run).is_cancelled())
        assert time.monotonic() - cancelled_at < 30.0
        told = {name: artifacts(run)["oms-still-running"].data.splitlines() for name, run in runs.items()}
        eventually(lambda: "task 5 goes on" in logs(prefect, runs["migrate_and_tell"]))
    assert [local.state("task", i)["status"] for i in range(1, 6)] == [PAUSED, PAUSED, RUNNING, RUNNING, RUNNING]
    followed = "- task 5 goes on (RUNNING); it ran already when it was asked for, and it is left"
    assert set(told["migrate_and_tell"]) == {
        followed,
        *(f"- task {i} goes on (RUNNING): stop_task pauses it" for i in (3, 4)),
    }
    assert set(told["migrate_and_stop"]) == {
        followed,
        *(f"- task {i} was RUNNING, and was told to pause; start_task starts it again" for i in (1, 2)),
    }


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_waiting_task_notices_that_nobody_else_ends_a_cancelled_flow(local, way, monkeypatch):
    monkeypatch.setattr(progress_module, "_ASK_INTERVAL", 0.5)
    local.add_task(1, duration=600.0)

    def cancel(_seen):
        with get_client(sync_client=True) as prefect:
            prefect.set_flow_run_state(FlowRunContext.get().flow_run.id, Cancelling())

    @flow
    def blocking():
        start_task.with_options(retries=2)(1, **BLOCKS, wait=True, progress=cancel)

    @flow
    async def awaited():
        await start_task_async.with_options(retries=2)(1, **BLOCKS, wait=True, progress=cancel)

    began = time.monotonic()
    with pytest.raises(CancelledRun, match="what was started goes on"):
        blocking() if way == "sync" else asyncio.run(awaited())
    assert time.monotonic() - began < 20.0
    assert local.state("task", 1)["status"] == RUNNING
    assert local.starts["start_task", 1] == 1


def test_cancelling_an_awaited_task_leaves_the_migration(local):
    local.add_task(1, duration=600.0)

    @flow
    async def migrate():
        await asyncio.wait_for(start_task_async(1, **BLOCKS, **QUICK), 2.0)

    with pytest.raises(TimeoutError):
        asyncio.run(migrate())
    assert local.state("task", 1)["status"] == RUNNING


@pytest.mark.parametrize("in_thread", [False, True])
def test_a_time_limit_ends_a_waiting_task(local, in_thread):
    local.add_task(1, duration=600.0)

    @flow
    def migrate():
        limited = start_task.with_options(timeout_seconds=2.0)
        return limited.submit(1, **BLOCKS, **QUICK).result() if in_thread else limited(1, **BLOCKS, **QUICK)

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        migrate()
    assert time.monotonic() - began < 15.0
    assert local.state("task", 1)["status"] == RUNNING


def test_a_hook_says_that_nothing_goes_on_and_what_it_could_not_learn(local):
    local.add_task(1, duration=0.2)
    local.add_task(2, duration=600.0)

    @flow(on_failure=[tell_running("account")], on_crashed=[stop_running("account")])
    def migrate(task_id, wait):
        start_task(task_id, **BLOCKS, wait=wait, poll_interval=0.1 if wait else None)
        local.stop() if not wait else None
        raise LookupError

    done = migrate(1, wait=True, return_state=True)
    assert "oms-still-running" not in artifacts(done.state_details.flow_run_id)
    lost = migrate(2, wait=False, return_state=True)
    assert "task 2 may go on: show_task of 2" in artifacts(lost.state_details.flow_run_id)["oms-still-running"].data


def test_a_hook_looks_at_the_flow_runs_within_its_own(local):
    local.add_task(1, duration=600.0)
    local.add_task(2, status="RUNNING", duration=600.0)

    @flow
    def start_within(task_ids):
        start_many([oms.StartTask(i, dst_ak="a", dst_sk="b") for i in task_ids], credentials="account")

    @flow(on_failure=[stop_running("account")])
    def migrate():
        start_within([1, 2])
        raise LookupError

    done = migrate(return_state=True)
    assert [local.state("task", i)["status"] for i in (1, 2)] == [PAUSED, RUNNING]
    told = artifacts(done.state_details.flow_run_id)["oms-still-running"].data
    assert "task 1 was RUNNING, and was told to pause" in told
    assert "task 2 goes on (RUNNING); it ran already when it was asked for, and it is left" in told

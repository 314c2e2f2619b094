"""Retries attach to what was started before, and two runs at the same moment start once."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.states import Scheduled

import huaweicloud_oms as oms
import huaweicloud_oms.prefect as integration
from huaweicloud_oms.emulator import Fault
from huaweicloud_oms.prefect import start_many, start_task, start_task_async, wait_task

from .support import AK, BLOCKS, QUICK, SK, eventually, kill_children, process, run_deployed, state_of

AGAIN = {"retries": 1}


class LostError(Exception):
    """Ends an attempt while the migration goes on."""


def lose_once():
    """Make a progress callable that ends the first attempt that looks."""
    looks = []

    def look(seen):
        looks.append(seen)
        if len(looks) == 1:
            raise LostError

    return look


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_retried_task_attaches_to_what_it_started(local, way):
    local.add_task(1, duration=1.0)

    @flow
    def blocking():
        return start_task.with_options(**AGAIN)(1, **BLOCKS, **QUICK, progress=lose_once())

    @flow
    async def awaited():
        return await start_task_async.with_options(**AGAIN)(1, **BLOCKS, **QUICK, progress=lose_once())

    result = blocking() if way == "sync" else asyncio.run(awaited())
    assert (result.already_started, result.task.is_succeeded, local.starts["start_task", 1]) == (True, True, 1)


def test_a_retried_flow_attaches_also_to_what_has_ended_meanwhile(local):
    local.add_task(1, duration=0.2)
    local.add_task(2, duration=0.2, failed_objects=3)
    runs = []

    @flow(retries=1)
    def migrate():
        results = [start_task(task_id, **BLOCKS) for task_id in (1, 2)]
        runs.append([result.already_started for result in results])
        if len(runs) == 1:
            eventually(lambda: local.state("task", 2)["status"] == 4 and local.state("task", 1)["status"] == 5)
            raise LostError

    migrate()
    assert runs == [[False, False], [True, True]]
    assert local.starts == {("start_task", "1"): 1, ("start_task", "2"): 1}


def test_a_start_whose_outcome_is_not_known_is_looked_at_by_the_retry(local):
    local.add_task(1, duration=0.3)
    local.inject(Fault("reset", when="after", operation="start_task"))
    local.inject(Fault("status", status=403, operation="show_task", times=2))  # before and after the start

    @flow
    def migrate():
        return start_task.with_options(**AGAIN)(1, **BLOCKS, **QUICK, timeout=3)

    result = migrate()
    assert (result.attempts, result.task.is_succeeded, local.starts["start_task", 1]) == (0, True, 1)


@pytest.mark.parametrize(("outer", "inner"), [(flow, flow), (flow, task), (task, flow), (task, task)])
@pytest.mark.parametrize("within_a_flow", [True, False])
def test_what_is_started_within_something_that_is_tried_again_is_started_once(local, outer, inner, within_a_flow):
    local.add_task(1, duration=0.2, failed_objects=3)  # so the service would start it a second time
    started = []

    @inner
    def start():
        started.append(start_task(1, **BLOCKS).already_started)

    @outer(retries=1)
    def start_and_fail_once():
        start()
        if len(started) == 1:
            eventually(lambda: local.state("task", 1)["status"] == 4)
            raise LostError

    @flow
    def migrate():
        start_and_fail_once()

    migrate() if within_a_flow else start_and_fail_once()
    assert started == [False, True]
    assert local.starts["start_task", 1] == 1


def test_what_may_have_been_started_is_not_sent_again_before_it_was_looked_at(local):
    local.add_tasks([1, 2], duration=0.2)
    local.inject(Fault("reset", when="after", operation="start_task", times=2))
    local.inject(Fault("status", status=403, operation="show_task", share=1.0))
    errors = []

    @flow(retries=2)
    def migrate():
        if len(errors) == 2:
            local.clear_faults()
        many = start_many([oms.StartTask(2, dst_ak="a", dst_sk="b")], credentials="account", timeout=3)[0]
        try:
            one = start_task(1, **BLOCKS, timeout=3)
        except oms.OmsError as error:
            errors.append((type(many.error), type(error)))
            raise
        return many.result.already_started, one.already_started

    assert migrate() == (True, True)
    assert errors == [(oms.OutcomeUnknownError,) * 2, (oms.PermissionDeniedError,) * 2]
    assert local.starts == {("start_task", "1"): 1, ("start_task", "2"): 1}


def test_what_failed_before_this_run_is_started(local):
    local.add_task(1, status="FAILED", duration=0.2)

    @flow(retries=1)
    def migrate():
        return start_task(1, **BLOCKS, **QUICK, migrate_failed_object=True)

    assert not migrate().already_started


def test_a_migration_that_failed_is_begun_again_by_the_retry(local):
    local.add_task(1, duration=0.2, failed_objects=3)

    @flow
    def migrate():
        return start_task.with_options(**AGAIN)(1, **BLOCKS, **QUICK, migrate_failed_object=True)

    result = migrate()
    assert (result.already_started, result.task.is_succeeded, local.starts["start_task", 1]) == (False, True, 2)


def test_a_failure_seen_by_a_wait_of_its_own_is_begun_again_by_the_flows_retry(local):
    local.add_task(1, duration=0.2, failed_objects=3)

    @flow(retries=1)
    def migrate():
        start_task(1, **BLOCKS, migrate_failed_object=True)
        return wait_task(1, credentials="account", poll_interval=0.1)

    assert migrate().is_succeeded
    assert local.starts["start_task", 1] == 2


def test_what_somebody_paused_is_not_started_by_a_retry(local):
    local.add_task(1, duration=60.0)
    with oms.Client(endpoint=local.endpoint, project_id="p-1", credentials=oms.AkSk(AK, SK)) as client:

        @flow
        def migrate():
            pause = lambda seen: client.stop_task(1) if seen.status.name == "RUNNING" else None  # noqa: E731
            return start_task.with_options(retries=3)(1, **BLOCKS, **QUICK, progress=pause)

        with pytest.raises(oms.MigrationPausedError):
            migrate()
    assert local.starts["start_task", 1] == 1


def test_a_wrong_key_is_tried_once(local):
    local.add_task(1)
    account = integration.OmsCredentials(endpoint=local.endpoint, project_id="p-1", ak="wrong", sk="wrong")

    @flow
    def migrate():
        return start_task.with_options(retries=3)(1, credentials=account, destination="new")

    with pytest.raises(oms.AuthenticationError):
        migrate()
    assert len(local.requests) == 1


def test_many_that_were_started_before_are_not_started_again(local):
    local.add_tasks(range(1, 9), duration=0.2, failed_objects=1)
    requests = [oms.StartTask(i, dst_ak="a", dst_sk="b") for i in range(1, 9)]
    runs = []

    @flow(retries=1)
    def migrate():
        outcomes = start_many(requests[: 4 + 4 * len(runs)], credentials="account")
        runs.append([outcome.result.already_started for outcome in outcomes])
        if len(runs) == 1:
            eventually(lambda: all(local.state("task", i)["status"] == 4 for i in range(1, 5)))
            raise LostError

    migrate()
    assert runs == [[False] * 4, [True] * 4 + [False] * 4]
    assert {local.starts["start_task", i] for i in range(1, 9)} == {1}


def test_lists_that_overlap_are_not_started_again(local):
    local.add_tasks([1, 2, 3], duration=0.2, failed_objects=1)
    runs = []

    @flow(retries=1)
    def migrate():
        for ids in ([1, 2], [2, 3]):
            requests = [oms.StartTask(i, dst_ak="a", dst_sk="b") for i in ids]
            runs.append([outcome.result.already_started for outcome in start_many(requests, credentials="account")])
        if len(runs) == 2:
            eventually(lambda: all(local.state("task", i)["status"] == 4 for i in (1, 2, 3)))
            raise LostError

    migrate()
    assert runs[2:] == [[True, True], [True, True]]
    assert local.starts["start_task", 1] == local.starts["start_task", 3] == 1


def test_two_flow_runs_at_the_same_moment_start_once(local, prefect_api):
    local.add_task(1, duration=8.0)
    local.inject(Fault("delay", operation="start_task", seconds=0.5, times=2))
    with contextlib.ExitStack() as stack:
        runs = [stack.enter_context(process(prefect_api, "flows.py", "start", "1")) for _ in range(2)]
        for run in runs:
            assert run.stdout.readline() == "ready\n"
        for run in runs:
            run.stdin.write("go\n")
            run.stdin.flush()
        told = [run.communicate(timeout=90)[0] for run in runs]
    assert sorted(text.partition("already_started ")[2].split()[0] for text in told) == ["False", "True"]
    assert local.starts["start_task", 1] == 1


def test_a_run_that_is_killed_in_the_middle_attaches_when_it_is_run_again(local, prefect_api):
    local.add_task(1, duration=6.0)
    with get_client(sync_client=True) as prefect, process(prefect_api, "flows.py", "serve") as serving:
        run = run_deployed(prefect, "migrate-and-tell/migrate_and_tell", task_ids=[1])
        eventually(lambda: local.starts["start_task", 1])
        kill_children(serving.pid)
        eventually(lambda: state_of(prefect, run).is_crashed())
        eventually(lambda: local.state("task", 1)["status"] == 5)
        prefect.set_flow_run_state(run, Scheduled(), force=True)
        eventually(lambda: state_of(prefect, run).is_completed())
        assert prefect.read_flow_run(run).run_count == 2
    assert local.starts["start_task", 1] == 1

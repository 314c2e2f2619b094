"""Waiting: to the end, through faults, until it is too long, and never at the task's expense."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Fault

from .support import AK, KEYS, PROJECT, SK

QUICK = {"poll_interval": 0.05}


def test_waiting_ends_with_the_model(either, local):
    local.add_task(1, status="RUNNING", duration=0.3)
    local.add_task_group("g", status="MONITORING", duration=0.3)
    local.add_sync_task("s", status="SYNCHRONIZING")
    assert either.wait_task(1, **QUICK).is_succeeded
    assert either.wait_task_group("g", **QUICK).is_succeeded
    assert either.wait_sync_task("s").is_running


def test_a_start_can_wait(either, local):
    local.add_task(1, duration=0.2)
    local.add_task_group("g", duration=0.2)
    local.add_sync_task("s")
    result = either.start_task(1, **KEYS, wait=True, **QUICK)
    assert (result.resource_id, result.task.status) == ("1", oms.TaskStatus.SUCCEEDED)
    assert either.start_task_group("g", **KEYS, wait=True, **QUICK).task.is_succeeded
    assert either.start_sync_task("s", **KEYS, wait=True).task.is_running


def test_a_failure_is_told_with_its_reason(either, local):
    local.add_task(1, duration=0.1, failed_objects=5, error_reason=("TRF.0409", "The source bucket is gone."))
    with pytest.raises(
        oms.MigrationFailedError, match=r"TRF\.0409 The source bucket is gone \(status FAILED.*5 of 500 objects"
    ) as caught:
        either.start_task(1, **KEYS, wait=True, **QUICK)
    assert caught.value.task.error_reason.error_code == "TRF.0409"
    assert caught.value.task.failed_num == 5
    local.add_task_group("g", status="CREATE_FAILED")
    with pytest.raises(oms.MigrationFailedError):
        either.wait_task_group("g")


def test_a_reason_that_echoes_a_key_is_told_without_it(either, local):
    local.add_task(1, duration=0.1, failed_objects=1, error_reason=("TRF.0409", f"The key {SK} is refused."))
    with pytest.raises(oms.MigrationFailedError, match=r"The key \*\*\* is refused") as caught:
        either.start_task(1, **KEYS, wait=True, **QUICK)
    assert SK not in repr(caught.value)


def test_a_pause_by_somebody_else_ends_the_waiting(either, local):
    local.add_task(1, status="PAUSED")
    local.add_sync_task("s")
    with pytest.raises(oms.MigrationPausedError, match="does not go on by itself") as caught:
        either.wait_task(1)
    assert caught.value.task.status is oms.TaskStatus.PAUSED
    with pytest.raises(oms.MigrationPausedError):
        either.wait_sync_task("s")
    local.add_task_group("d", status="DELETE_PENDING")
    with pytest.raises(oms.MigrationPausedError, match="being deleted"):
        either.wait_task_group("d")


def test_too_long_is_told_with_the_last_state(either, local):
    local.add_task(1, status="RUNNING", duration=60.0)
    began = time.monotonic()
    with pytest.raises(oms.WaitTimeoutError, match="goes on") as caught:
        either.wait_task(1, timeout=0.4, **QUICK)
    assert 0.3 < time.monotonic() - began < 2
    assert caught.value.last.status is oms.TaskStatus.RUNNING
    assert isinstance(caught.value, TimeoutError)
    local.inject(Fault("stall", operation="show_task", times=100))
    with pytest.raises(oms.WaitTimeoutError, match="could not be looked at") as caught:
        either.wait_task(1, timeout=0.3)
    assert caught.value.last is None


def test_faults_between_looks_are_outlived(either, local):
    local.add_task(1, status="RUNNING", duration=1.0)
    for fault in (
        Fault("reset", operation="show_task", times=6),
        Fault("status", status=503, operation="show_task", times=6),
        Fault("html", operation="show_task", times=6),
        Fault("status", status=429, operation="show_task", retry_after=0.05, times=6),
        Fault("truncate", operation="show_task"),
    ):
        local.inject(fault)
    assert either.wait_task(1, **QUICK).is_succeeded


def test_a_refusal_is_not_outlived(either, local):
    local.add_task(1, status="RUNNING", duration=60.0)
    with pytest.raises(oms.NotFoundError):
        either.wait_task(2)
    local.inject(Fault("status", status=403, error_code="OMS.0206", operation="show_task"))
    with pytest.raises(oms.PermissionDeniedError):
        either.wait_task(1)


def test_the_state_from_before_the_start_is_not_believed(client, local):
    local.add_task(1, status="FAILED", duration=0.3)
    stale = b'{"id": 1, "status": 4, "start_time": 1600000000000}'
    local.inject(Fault("status", status=200, body=stale, content_type="application/json", operation="show_task"))
    result = client.start_task(1, **KEYS, migrate_failed_object=True, wait=True, **QUICK)
    assert result.task.is_succeeded


def test_the_usual_looks_are_gentle(client, local):
    local.add_task(1, status="RUNNING", duration=60.0)
    with pytest.raises(oms.WaitTimeoutError):
        client.wait_task(1, timeout=6.2)
    times = [request.time for request in local.requests]
    assert len(times) == 3
    assert 1.7 < times[1] - times[0] < 2.6
    assert 2.6 < times[2] - times[1] < 3.7


def test_a_callable_is_told_every_look_and_can_end_the_waiting(either, local):
    local.add_task(1, status="RUNNING", duration=0.5)
    seen = []
    last = either.wait_task(1, **QUICK, progress=seen.append)
    assert len(seen) >= 5
    assert all(isinstance(task, oms.Task) for task in seen)
    assert [task.progress for task in seen] == sorted(task.progress for task in seen)
    assert seen[-1] == last
    local.add_task(1, status="RUNNING", duration=60.0)

    def enough(task):
        raise LookupError(task.resource_id)

    with pytest.raises(LookupError, match="1"):
        either.wait_task(1, **QUICK, progress=enough)
    assert local.state("task", 1)["status"] == oms.TaskStatus.RUNNING


@pytest.mark.parametrize(
    ("arguments", "fields"),
    [
        ({"timeout": -1, "poll_interval": 0, "progress": 3}, {"timeout", "poll_interval", "progress"}),
        ({"timeout": 0, "poll_interval": "1"}, {"timeout", "poll_interval"}),
        ({"timeout": float("nan"), "poll_interval": True}, {"timeout", "poll_interval"}),
    ],
)
def test_bad_arguments_are_told_together(either, local, arguments, fields):
    with pytest.raises(oms.ValidationError, match=r"^wait_task: ") as caught:
        either.wait_task(1, **arguments)
    assert {error.field for error in caught.value.errors} == fields
    assert local.requests == ()


@pytest.mark.parametrize("value", [0, -1, 0.0, float("nan"), float("inf")])
def test_a_senseless_time_is_shown(client, value):
    told = rf"poll_interval must be a positive number of seconds, not {value:g}\. Nothing was sent"
    with pytest.raises(oms.ValidationError, match=told.replace("nan", "(?i:nan)")):
        client.wait_task(1, poll_interval=value)


def test_arguments_of_waiting_need_a_wait(either, local):
    with pytest.raises(oms.ValidationError) as caught:
        either.start_task(1, **KEYS, wait_timeout=3, poll_interval=2, progress=True)
    assert {error.field for error in caught.value.errors} == {"wait_timeout", "poll_interval", "progress"}
    with pytest.raises(oms.ValidationError, match="wait must be a boolean"):
        either.start_task(1, **KEYS, wait=5)
    assert local.requests == ()
    with pytest.raises(TypeError):
        either.show_task(1, poll_interval=1)
    with pytest.raises(TypeError):
        either.wait_task(1, wait=True)


CTRL_C = f"""
import huaweicloud_oms as oms, sys
client = oms.Client(endpoint=sys.argv[1], project_id="{PROJECT}", credentials=oms.AkSk("{AK}", "{SK}"))
client.wait_task(1, progress=lambda task: print("looked", flush=True))
"""


def test_ctrl_c_stops_the_waiting_and_says_that_the_task_goes_on(local):
    local.add_task(1, status="RUNNING", duration=60.0)
    child = subprocess.Popen(
        [sys.executable, "-c", CTRL_C, local.endpoint], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "looked\n"
    began = time.monotonic()
    os.kill(child.pid, signal.SIGINT)
    _, told = child.communicate(timeout=10)
    assert time.monotonic() - began < 2
    assert (
        "KeyboardInterrupt: stopped waiting for migration task 1, which goes on; wait_task waits for it again" in told
    )
    assert local.state("task", 1)["status"] == oms.TaskStatus.RUNNING


def test_cancelling_stops_the_waiting(settings, local):
    local.add_task(1, status="RUNNING", duration=60.0)

    async def main():
        async with oms.AsyncClient(**settings) as client:
            waiting = asyncio.create_task(client.wait_task(1, **QUICK))
            await asyncio.sleep(0.2)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            looks = len(local.requests)
            await asyncio.sleep(0.2)
            assert len(local.requests) <= looks + 1

    asyncio.run(main())
    assert local.state("task", 1)["status"] == oms.TaskStatus.RUNNING


def test_many_threads_wait_with_one_client(client, local):
    local.add_tasks(range(20), status="RUNNING", duration=0.3)
    found = []
    threads = [threading.Thread(target=lambda n=n: found.append(client.wait_task(n, **QUICK).id)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(20))


def test_a_thread_that_gets_no_signals_is_told_too(client, local):
    local.add_task(1, status="RUNNING", duration=60.0)
    ends = []

    def wait():
        looks = iter(range(3))
        with pytest.raises(StopIteration):
            client.wait_task(1, **QUICK, timeout=30, progress=lambda _task: ends.append(next(looks)))

    thread = threading.Thread(target=wait)
    thread.start()
    thread.join()
    assert ends == [0, 1, 2]

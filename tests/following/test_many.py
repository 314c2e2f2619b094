"""Many at once: an outcome each, in step where the service throttles, and nothing started twice."""

from __future__ import annotations

import asyncio
import copy
import gc
import itertools
import os
import pickle
import signal
import subprocess
import sys
import time
import traceback
import tracemalloc

import pytest

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Fault

from .support import AK, KEYS, PROJECT, SECRETS, SK


def tasks(ids):
    return [oms.StartTask(n, **KEYS) for n in ids]


def test_any_mix_is_started_with_outcomes_in_order(either, local):
    local.add_tasks(range(30), duration=60.0)
    local.add_task_group("g")
    local.add_sync_task("s")
    requests = [*tasks(range(30)), oms.StartTaskGroup("g", **KEYS), oms.StartSyncTask("s", **KEYS)]
    outcomes = either.start_many(requests, concurrency=7)
    assert isinstance(outcomes, list)
    assert [outcome.resource_id for outcome in outcomes] == [*map(str, range(30)), "g", "s"]
    assert [outcome.operation for outcome in outcomes[-3:]] == ["start_task", "start_task_group", "start_sync_task"]
    assert all(outcome.ok and outcome.error is None for outcome in outcomes)
    assert outcomes[5].result.attempts == 1
    assert set(local.starts.values()) == {1}
    assert len(local.starts) == 32


def test_one_that_fails_never_stops_the_rest(either, local):
    local.add_tasks([1, 3, 5])
    local.add_task(4, status="SUCCEEDED")
    outcomes = either.start_many(tasks([1, 2, 3, 4, 5]))
    assert [outcome.ok for outcome in outcomes] == [True, False, True, False, True]
    assert isinstance(outcomes[1].error, oms.NotFoundError)
    assert isinstance(outcomes[3].error, oms.BadRequestError)
    assert outcomes[1].result is None


@pytest.mark.parametrize("validate_first", [True, False])
def test_a_generator_is_taken_too(either, local, validate_first):
    local.add_tasks(range(100))
    outcomes = either.start_many((request for request in tasks(range(100))), validate_first=validate_first)
    assert [outcome.resource_id for outcome in outcomes] == [str(n) for n in range(100)]
    assert all(outcome.ok for outcome in outcomes)


def test_a_generator_is_drawn_on_as_requests_are_sent(client, local):
    local.add_tasks(range(50))
    local.inject(Fault("delay", seconds=0.05, share=1.0))
    ahead = []

    def generate():
        for n in range(50):
            ahead.append(n - len(local.starts))
            yield oms.StartTask(n, **KEYS)

    assert all(outcome.ok for outcome in client.start_many(generate(), concurrency=5, validate_first=False))
    assert max(ahead) <= 6


def test_a_generator_that_fails_is_heard_and_what_was_begun_is_told(either, local):
    local.add_tasks(range(3))

    def generate():
        yield from tasks(range(3))
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more") as caught:
        either.start_many(generate(), validate_first=False)
    assert [outcome.ok for outcome in caught.value.outcomes] == [True, True, True]


def test_the_same_list_again_starts_only_what_did_not_start(either, local):
    local.add_tasks(range(10), duration=60.0)
    either.start_many(tasks(range(4)))
    outcomes = either.start_many(tasks(range(10)))
    assert all(outcome.ok for outcome in outcomes)
    assert [outcome.result.already_started for outcome in outcomes] == [True] * 4 + [False] * 6
    assert all(local.starts["start_task", n] == 1 for n in range(10))


CRASHES = f"""
import huaweicloud_oms as oms, sys
client = oms.Client(endpoint=sys.argv[1], project_id="{PROJECT}", credentials=oms.AkSk("{AK}", "{SK}"))
requests = [oms.StartTask(n, src_ak="w", src_sk="w", dst_ak="x", dst_sk="y") for n in range(60)]
client.start_many(requests, concurrency=6, progress=lambda outcome: print(outcome.ok, flush=True))
"""


def test_after_a_crash_the_same_list_starts_only_what_did_not_start(either, local):
    local.add_tasks(range(60), duration=600.0)
    local.inject(Fault("delay", seconds=0.1, operation="start", share=1.0))
    child = subprocess.Popen([sys.executable, "-c", CRASHES, local.endpoint], stdout=subprocess.PIPE, text=True)
    assert [child.stdout.readline() for _ in range(8)] == ["True\n"] * 8
    child.kill()
    child.communicate(timeout=10)
    assert child.returncode == -signal.SIGKILL
    before = set(local.starts)
    assert 8 <= len(before) < 60

    outcomes = either.start_many(tasks(range(60)), concurrency=6)
    assert all(outcome.ok for outcome in outcomes)
    found_started = {("start_task", outcome.resource_id) for outcome in outcomes if outcome.result.already_started}
    assert found_started >= before
    assert len(found_started) < 60
    assert local.starts == {("start_task", str(n)): 1 for n in range(60)}


def test_lost_answers_start_nothing_twice(either, local):
    local.add_tasks(range(40), duration=60.0)
    local.inject(Fault("reset", when="after", operation="start", share=0.2, seed=1))
    local.inject(Fault("reset", when="before", operation="start", share=0.2, seed=2))
    assert all(outcome.ok for outcome in either.start_many(tasks(range(40)), concurrency=8))
    assert all(local.starts["start_task", n] == 1 for n in range(40))


BAD = [
    (5, "requests must be a list or generator of StartTask values, not int"),
    (oms.StartTask(1, **KEYS), "put it in a list"),
    ("ab", r"requests\[1\] must be a StartTask, StartTaskGroup or StartSyncTask, not str"),
    ([oms.StartTask(1, **KEYS), None], r"requests\[1\] must be a StartTask, .* not NoneType"),
    ([*tasks([7, 8]), oms.StartTask("7", **KEYS)], r"requests\[2\] is start_task of 7, which is requests\[0\] already"),
    ([oms.StartTask(1, dst_ak="x")], r"requests\[0\]\.dst_sk is required"),
    ([oms.StartTask(1, **KEYS, timeout=-1)], r"requests\[0\]\.timeout must be a positive number"),
    ([oms.StartTask(True, **KEYS), oms.StartTask(2)], r"requests\[0\]\.task_id .*; requests\[1\]\.dst_ak"),
]


@pytest.mark.parametrize(("requests", "told"), BAD)
def test_everything_wrong_with_a_list_is_told_and_nothing_is_sent(either, local, requests, told):
    with pytest.raises(oms.ValidationError, match=told):
        either.start_many(requests)
    assert local.requests == ()


@pytest.mark.parametrize(
    ("concurrency", "shown"),
    [
        (0, "0"),
        (-1, "-1"),
        (1_000_000, "1000000"),
        (10**30, "int"),
        (1.5, "float"),
        (True, "bool"),
        ("8", "str"),
        (None, "NoneType"),
    ],
)
def test_a_senseless_concurrency_is_refused(client, concurrency, shown):
    for method in (client.start_many, client.wait_many):
        with pytest.raises(oms.ValidationError, match=f"concurrency must be an integer from 1 to 1000, not {shown}"):
            method([], concurrency=concurrency)


def test_all_arguments_are_checked_together(either, local):
    with pytest.raises(oms.ValidationError) as caught:
        either.start_many([3], concurrency=0, timeout=-5, progress=1, validate_first="yes")
    fields = {error.field for error in caught.value.errors}
    assert fields == {"concurrency", "timeout", "progress", "validate_first", "requests[0]"}
    with pytest.raises(oms.ValidationError) as caught:
        either.wait_many(["x"], concurrency=0, timeout=0, poll_interval=0, progress=1)
    fields = {error.field for error in caught.value.errors}
    assert fields == {"concurrency", "timeout", "poll_interval", "progress", "targets[0]"}
    assert local.requests == ()


def test_many_wrong_items_are_told_in_short(client):
    with pytest.raises(oms.ValidationError, match="and 90 more") as caught:
        client.start_many([object()] * 100)
    assert len(caught.value.errors) == 100
    assert len(str(caught.value)) < 2000


def test_an_empty_list_has_no_outcomes(either, local):
    assert either.start_many(requests=[]) == []
    assert either.start_many(iter(()), validate_first=False) == []
    assert either.wait_many([]) == []
    assert local.requests == ()


def test_without_a_check_before_what_is_wrong_is_an_outcome(either, local):
    local.add_tasks([1, 2])
    outcomes = either.start_many(
        [
            oms.StartTask(1, **KEYS),
            oms.StartTask(1, **KEYS),
            "x",
            oms.StartTask(2, dst_ak="y"),
            oms.StartTask(2, **KEYS),
        ],
        validate_first=False,
    )
    assert [outcome.ok for outcome in outcomes] == [True, False, False, False, True]
    assert "1 is given twice in one list" in str(outcomes[1].error)
    assert "must be a StartTask" in str(outcomes[2].error)
    assert isinstance(outcomes[3].error, oms.ValidationError)


def test_throttling_slows_all_of_them_down_and_none_fails(either, local):
    local.add_tasks(range(60), duration=60.0)
    local.inject(Fault("status", status=429, error_code="APIGW.0308", operation="start", retry_after=1, times=20))
    began = time.monotonic()
    outcomes = either.start_many(tasks(range(60)), concurrency=20)
    assert all(outcome.ok for outcome in outcomes)
    assert time.monotonic() - began > 0.9
    times = sorted(request.time for request in local.requests)
    # The first twenty were throttled together; nobody sent anything until the second was over.
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert max(gaps) > 0.8
    assert times.index(next(t for t in times if t - times[0] > 0.8)) <= 25


def test_a_time_limit_is_for_all_of_them(either, local):
    local.add_tasks(range(40), duration=60.0)
    local.inject(Fault("delay", seconds=0.2, operation="start", share=1.0))
    began = time.monotonic()
    outcomes = either.start_many(tasks(range(40)), concurrency=4, timeout=0.5)
    assert time.monotonic() - began < 1.5
    assert len(outcomes) == 40
    assert 4 <= sum(outcome.ok for outcome in outcomes) <= 12
    late = outcomes[-1].error
    assert isinstance(late, oms.RequestTimeoutError)
    assert not late.sent


def test_progress_is_told_of_every_outcome(either, local):
    local.add_tasks(range(20))
    seen = []
    outcomes = either.start_many(tasks(range(21)), progress=seen.append)
    assert sorted(int(outcome.resource_id) for outcome in seen) == list(range(21))
    assert sum(outcome.ok for outcome in seen) == 20
    assert {id(outcome) for outcome in seen} == {id(outcome) for outcome in outcomes}


def test_many_are_waited_for_whatever_they_come_as(either, local):
    local.add_tasks(range(4), duration=0.3)
    local.add_task(9, status="RUNNING", duration=0.2, failed_objects=3)
    local.add_task(10, status="SUCCEEDED")
    local.add_task_group("g", duration=0.2)
    local.add_sync_task("s")
    group, sync = oms.StartTaskGroup("g", **KEYS), oms.StartSyncTask("s", **KEYS)
    started = either.start_many([*tasks([0, 1, 2, 99]), group, sync])
    targets = [*started[:4], group, started[5].result, 9, either.show_task(10)]
    outcomes = either.wait_many(targets, poll_interval=0.05)
    assert [outcome.ok for outcome in outcomes] == [True, True, True, False, True, True, False, True]
    assert [outcome.resource_id for outcome in outcomes] == ["0", "1", "2", "99", "g", "s", "9", "10"]
    assert outcomes[4].operation == "wait_task_group"
    assert outcomes[4].task.is_succeeded
    assert isinstance(outcomes[3].error, oms.NotFoundError)
    assert outcomes[3].task is None
    assert isinstance(outcomes[6].error, oms.MigrationFailedError)
    assert outcomes[6].task.failed_num == 3
    again = either.wait_many(outcomes[:3], poll_interval=0.05)
    assert all(outcome.ok for outcome in again)


def test_what_was_not_over_in_time_is_told_so(either, local):
    local.add_task(1, status="RUNNING", duration=0.2)
    local.add_task(2, status="RUNNING", duration=60.0)
    seen = []
    outcomes = either.wait_many([1, 2], poll_interval=0.05, timeout=0.6, progress=seen.append)
    assert [outcome.ok for outcome in outcomes] == [True, False]
    assert isinstance(outcomes[1].error, oms.WaitTimeoutError)
    assert outcomes[1].task.status is oms.TaskStatus.RUNNING
    assert {task.resource_id for task in seen} == {"1", "2"}


def test_waiting_for_the_same_twice_is_refused(client, local):
    with pytest.raises(oms.ValidationError, match=r"targets\[1\] is migration task 1, which is targets\[0\] already"):
        client.wait_many([1, oms.StartTask("1", **KEYS)])
    assert local.requests == ()


CTRL_C = f"""
import huaweicloud_oms as oms, sys
client = oms.Client(endpoint=sys.argv[1], project_id="{PROJECT}", credentials=oms.AkSk("{AK}", "{SK}"))
requests = [oms.StartTask(n, dst_ak="x", dst_sk="y") for n in range(40)]
try:
    client.start_many(requests, concurrency=4, progress=lambda outcome: print("one", flush=True))
except KeyboardInterrupt as error:
    print(type(error).__name__, len(error.outcomes), sum(o.ok for o in error.outcomes), type(error.outcomes[-1].error))
"""


def test_ctrl_c_tells_what_is_known(local):
    local.add_tasks(range(40), duration=60.0)
    local.inject(Fault("delay", seconds=0.3, operation="start", share=1.0))
    child = subprocess.Popen([sys.executable, "-c", CTRL_C, local.endpoint], stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "one\n"
    time.sleep(0.1)
    os.kill(child.pid, signal.SIGINT)
    told = child.communicate(timeout=10)[0].splitlines()[-1].split()
    assert told[0] == "ManyInterrupted"
    assert 4 <= int(told[2]) < int(told[1]) < 40
    assert "OutcomeUnknownError" in told[-1]
    time.sleep(0.5)
    assert sum(local.starts.values()) <= int(told[1])


def test_cancelling_tells_what_is_known(settings, local):
    local.add_tasks(range(40), duration=60.0)
    local.inject(Fault("delay", seconds=0.3, operation="start", share=1.0))

    async def main():
        async with oms.AsyncClient(**settings) as client:

            async def start():
                with pytest.raises(asyncio.CancelledError) as caught:
                    await client.start_many(tasks(range(40)), concurrency=4)
                return caught.value.outcomes

            starting = asyncio.create_task(start())
            await asyncio.sleep(0.5)
            starting.cancel()
            return await starting

    outcomes = asyncio.run(main())
    assert [outcome.ok for outcome in outcomes] == [True] * 4 + [False] * 4


def test_a_start_as_a_value_shows_no_key():
    start = oms.StartTask(7, **KEYS, json_auth_file={"private_key": "src-key-three"})
    shown = f"{start!r} {start} {dir(start)} {start._start!r}"
    assert "'7'" in shown
    assert not any(secret in shown for secret in (*SECRETS, "src-key-three"))
    with pytest.raises(TypeError, match="holds keys"):
        pickle.dumps(start)
    assert copy.copy(start) is copy.deepcopy(start) is start
    with pytest.raises(AttributeError, match="immutable"):
        start.resource_id = "8"


@pytest.mark.parametrize(
    "arguments",
    [{"nope": 1}, {"wait": True}, {"progress": True}, {"poll_interval": 1}, {"wait_timeout": 1}],
)
def test_a_start_as_a_value_takes_a_starts_arguments_only(arguments):
    with pytest.raises(TypeError, match=next(iter(arguments))) as caught:
        oms.StartTask(7, **KEYS, **arguments)
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [frame for frame in frames.stack if "huaweicloud_oms" in frame.filename]
    assert ours
    assert not any(secret in str(frame.locals) for frame in ours for secret in SECRETS)


def test_memory_grows_with_the_outcomes_alone(client, local):
    def used(count):
        local.add_tasks(range(count))
        gc.collect()
        tracemalloc.start()
        outcomes = client.start_many((oms.StartTask(n, **KEYS) for n in range(count)), validate_first=False)
        held, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(outcomes) == count
        return held, peak

    used(100)
    held, peak = used(3000)
    assert peak < 1.3 * held + 200_000

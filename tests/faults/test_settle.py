"""What became of a start whose answer was lost: every row of the table in `src/settle.rs`, end to end."""

from __future__ import annotations

import time

import pytest

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Emulator, Fault

from .support import KEYS, client, in_time

SOURCE = {"src_ak": "AKSOURCE", "src_sk": "SKSOURCE"}
LOST_BEFORE = Fault("reset", operation="start")
LOST_AFTER = Fault("reset", operation="start", when="after")


class Kind:
    """A kind of resource: how one is added, started and counted."""

    def __init__(self, local, name):
        self.local, self.name = local, name

    def add(self, **like):
        add = {"task": self.local.add_task, "group": self.local.add_task_group, "sync": self.local.add_sync_task}
        add[self.name]("7", **like)

    def start(self, calls=None, **options):
        calls = calls or client(self.local.endpoint, timeout=15.0)
        match self.name:
            case "task":
                return calls.start_task("7", **KEYS, **options)
            case "group":
                return calls.start_task_group("7", **KEYS, **options)
            case _:
                return calls.start_sync_task("7", **KEYS, **SOURCE, **options)

    @property
    def carried_out(self):
        operation = {"task": "start_task", "group": "start_task_group", "sync": "start_sync_task"}[self.name]
        return self.local.starts[operation, "7"]


@pytest.fixture
def task(local):
    return Kind(local, "task")


@pytest.fixture(params=["task", "group"])
def kind(request, local):
    return Kind(local, request.param)


@pytest.fixture(params=["task", "group", "sync"])
def any_kind(request, local):
    return Kind(local, request.param)


def fails(kind):
    """What makes one fail."""
    return {"failed_objects": 1} if kind.name == "task" else {"failed_tasks": 1}


def test_what_goes_on_was_started(any_kind):
    any_kind.add()
    any_kind.local.inject(LOST_AFTER)
    result = any_kind.start()
    assert (result.already_started, result.attempts, result.status_code) == (True, 1, 200)
    assert any_kind.carried_out == 1


def test_what_waits_was_started(kind):
    kind.add(waiting=3600.0)
    kind.local.inject(LOST_AFTER)
    assert kind.start().already_started
    assert kind.carried_out == 1


def test_what_was_never_started_is_sent_again(any_kind):
    any_kind.add()
    any_kind.local.inject(LOST_BEFORE)
    result = any_kind.start()
    assert (result.already_started, result.attempts) == (False, 2)
    assert any_kind.carried_out == 1


def test_what_was_started_and_has_ended_since_was_started(kind):
    kind.add(duration=0.001)
    kind.local.inject(LOST_AFTER)
    result = kind.start()
    assert (result.already_started, result.attempts) == (True, 1)
    assert kind.carried_out == 1


def test_what_was_started_and_failed_at_once_is_not_started_twice(kind):
    kind.add(duration=0.001, **fails(kind))
    kind.local.inject(LOST_AFTER)
    result = kind.start()
    assert (result.already_started, result.attempts) == (True, 1)
    assert kind.carried_out == 1


@pytest.mark.parametrize("offset", [-7200.0, 7200.0, 0.5])
def test_start_times_are_read_by_the_services_clock_not_ours(offset):
    with Emulator(project_id="p", clock_offset=offset) as local:
        task = Kind(local, "task")
        task.add(duration=0.001, failed_objects=1)
        local.inject(LOST_AFTER)
        assert task.start().attempts == 1
        assert task.carried_out == 1
        # And what failed before is started again.
        time.sleep(0.3)
        local.inject(LOST_BEFORE)
        assert task.start().attempts == 2
        assert task.carried_out == 2


def test_what_failed_before_is_sent_again(task):
    task.add(duration=0.001, failed_objects=1)
    calls = client(task.local.endpoint, timeout=15.0)
    task.start(calls)
    time.sleep(0.2)
    task.local.inject(LOST_BEFORE)
    result = task.start(calls)
    assert (result.already_started, result.attempts) == (False, 2)
    assert task.carried_out == 2


def test_what_had_ended_before_gives_the_services_own_refusal(kind):
    kind.add(status="SUCCEEDED" if kind.name == "task" else "COMPLETE")
    kind.local.inject(LOST_BEFORE)
    with pytest.raises(oms.BadRequestError) as caught:
        kind.start()
    assert caught.value.attempts == 2
    assert kind.carried_out == 0


def test_what_is_being_paused_is_looked_at_until_it_can_be_told(kind):
    kind.add(status="PAUSING", pausing=0.7)
    kind.local.inject(LOST_BEFORE)
    assert kind.start().attempts == 2
    assert kind.carried_out == 1


def test_what_stays_being_paused_is_an_unknown_outcome(kind):
    kind.add(status="PAUSING")
    kind.local.inject(LOST_BEFORE)
    with in_time(1.5), pytest.raises(oms.OutcomeUnknownError) as caught:
        kind.start(timeout=1.5)
    assert "its status is 7" in str(caught.value)
    assert caught.value.seen in str(caught.value)
    assert kind.carried_out == 0


def test_an_unknown_state_is_an_unknown_outcome(task):
    task.add()
    task.local.inject(LOST_BEFORE)
    task.local.inject(Fault("status", operation="show", status=200, body='{"status": 99}', share=1.0))
    with in_time(1.5), pytest.raises(oms.OutcomeUnknownError, match="its status is 99"):
        task.start(timeout=1.5)


def test_an_unreadable_answer_to_a_look_is_an_unknown_outcome(task):
    task.add()
    task.local.inject(LOST_BEFORE)
    task.local.inject(Fault("status", operation="show", status=200, body="{}", share=1.0))
    with in_time(1.0), pytest.raises(oms.OutcomeUnknownError, match="its state could not be read"):
        task.start(timeout=1.0)


def test_what_does_not_exist_gives_the_services_own_refusal(any_kind):
    any_kind.local.inject(LOST_BEFORE)
    with pytest.raises(oms.NotFoundError) as caught:
        any_kind.start()
    assert caught.value.attempts == 2


@pytest.mark.parametrize("status", [401, 403])
def test_being_refused_a_look_is_an_unknown_outcome_at_once(task, status):
    task.add()
    task.local.inject(LOST_AFTER)
    task.local.inject(Fault("status", operation="show", status=status))
    with in_time(0.2), pytest.raises(oms.OutcomeUnknownError) as caught:
        task.start()
    assert f"looking at it was refused with HTTP {status}" in str(caught.value)
    assert caught.value.attempts == 1


@pytest.mark.parametrize("fault", ["stall", "reset", "garbage", "oversized", "html", "stall_body", "slow"])
def test_looks_that_are_never_answered_are_an_unknown_outcome_in_time(task, fault):
    task.add()
    task.local.inject(LOST_AFTER)
    task.local.inject(Fault(fault, operation="show", share=1.0))
    with in_time(1.0), pytest.raises(oms.OutcomeUnknownError) as caught:
        task.start(timeout=1.0)
    error = caught.value
    assert (error.operation, error.resource_id, error.attempts) == ("start_task", "7", 1)
    assert error.seen == "it could not be looked at in time"
    assert "Look at the migration task before you start it again" in str(error)


def test_a_look_that_stalls_is_followed_by_another(task):
    task.add(duration=3600.0)
    task.local.inject(LOST_AFTER)
    task.local.inject(Fault("stall", operation="show"))
    result = task.start(timeout=3.0)
    assert result.already_started


def test_looks_that_fail_now_and_then_are_repeated(task):
    task.add()
    task.local.inject(LOST_AFTER)
    for fault in (
        Fault("status", operation="show", status=429, retry_after=0.3),
        Fault("status", operation="show", status=503, retry_after=0.3),
        Fault("reset", operation="show"),
        Fault("not_json", operation="show", status=200),
    ):
        task.local.inject(fault)
    result = task.start()
    assert result.already_started
    assert result.elapsed >= 0.6


def test_already_started_after_a_lost_answer_is_success(any_kind):
    """A look that is behind the times says "not started"; the second start tells better."""
    any_kind.add()
    any_kind.local.inject(LOST_AFTER)
    stale = '{"status": "STOPPED"}' if any_kind.name == "sync" else '{"status": 3}'
    any_kind.local.inject(Fault("status", operation="show", status=200, body=stale))
    result = any_kind.start()
    assert (result.already_started, result.attempts, result.status_code) == (True, 2, 400)
    assert any_kind.carried_out == 1


def test_already_started_on_a_first_attempt_is_an_error(any_kind):
    any_kind.add(status="SYNCHRONIZING" if any_kind.name == "sync" else "WAITING")
    with pytest.raises(oms.AlreadyStartedError) as caught:
        any_kind.start()
    assert caught.value.attempts == 1


def test_already_started_after_throttling_is_an_error(any_kind):
    any_kind.add(status="SYNCHRONIZING" if any_kind.name == "sync" else "WAITING")
    any_kind.local.inject(Fault("status", status=429))
    with pytest.raises(oms.AlreadyStartedError) as caught:
        any_kind.start()
    assert caught.value.attempts == 2


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "close"},
        {"kind": "stall"},
        {"kind": "garbage"},
        {"kind": "html", "status": 200},
        {"kind": "html", "status": 502},
        {"kind": "not_json", "status": 200},
        {"kind": "oversized", "status": 200},
        {"kind": "status", "status": 408},
        {"kind": "status", "status": 500, "error_code": "APIGW.0601"},
        {"kind": "status", "status": 504, "error_code": "APIGW.0201"},
        {"kind": "status", "status": 599},
    ],
    ids=str,
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_whatever_is_lost_is_settled(task, fault, when):
    task.add(duration=3600.0)
    task.local.inject(Fault(**fault, operation="start", when=when))
    calls = client(task.local.endpoint, retry=oms.RetryPolicy(base_delay=0.01, attempt_timeout=0.3))
    result = task.start(calls)
    assert (result.already_started, result.attempts) == ((True, 1) if when == "after" else (False, 2))
    assert task.carried_out == 1


def test_a_start_that_is_still_under_way_is_no_failure(task):
    """Every request takes longer than the call: none had been carried out when it was looked at, and one is later."""
    task.add(duration=3600.0)
    task.local.inject(Fault("delay", seconds=1.2, operation="start", share=1.0))
    with in_time(0.9), pytest.raises(oms.OutcomeUnknownError):
        task.start(timeout=0.9)
    assert task.carried_out == 0
    time.sleep(1.2)
    assert task.carried_out == 1


def test_a_delayed_start_that_arrives_during_the_call_is_success_and_not_followed_by_another(task):
    """The first request is late and its task fails at once; the second is lost: the start is the first's."""
    task.add(duration=0.001, failed_objects=1)
    task.local.inject(Fault("delay", seconds=0.4, operation="start"))
    task.local.inject(Fault("delay", seconds=0.6, operation="show"))
    task.local.inject(Fault("reset", operation="start"))
    calls = client(task.local.endpoint, timeout=15.0, retry=oms.RetryPolicy(base_delay=0.01, attempt_timeout=0.2))
    task.start(calls)
    assert task.carried_out == 1


def test_a_refusal_does_not_hide_a_start_that_is_still_under_way(task):
    task.add(duration=3600.0)
    task.local.inject(Fault("delay", seconds=0.8, operation="start"))
    task.local.inject(Fault("status", status=403, operation="start"))
    calls = client(task.local.endpoint, retry=oms.RetryPolicy(base_delay=0.01, attempt_timeout=0.2))
    with pytest.raises(oms.OutcomeUnknownError):
        task.start(calls)
    time.sleep(1.0)
    assert task.carried_out == 1

"""Showing, pausing, retrying and listing, with both clients."""

from __future__ import annotations

import tracemalloc
from datetime import datetime, timezone

import pytest

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Fault

from .support import KEYS


def test_a_running_task_is_paused_and_shown(either, local):
    local.add_task(1, status="RUNNING", duration=60.0)
    assert either.show_task(1).status is oms.TaskStatus.RUNNING
    assert either.stop_task(1) is None
    assert either.show_task("1").status is oms.TaskStatus.PAUSED
    with pytest.raises(oms.BadRequestError) as caught:
        either.stop_task(1)
    assert caught.value.error_code == "OMS.0066"


def test_a_pause_takes_its_time(either, local):
    local.add_task_group("g", status="MONITORING", pausing=0.3, duration=60.0)
    either.stop_task_group("g")
    assert either.show_task_group("g").status is oms.TaskGroupStatus.PAUSING
    with pytest.raises(oms.MigrationPausedError) as caught:
        either.wait_task_group("g", poll_interval=0.1)
    assert caught.value.task.status is oms.TaskGroupStatus.PAUSED


def test_a_sync_task_is_stopped_and_shown(either, local):
    local.add_sync_task("s", status="SYNCHRONIZING")
    assert either.show_sync_task("s").is_running
    either.stop_sync_task("s")
    shown = either.show_sync_task("s", query_time=datetime(2026, 2, 1, tzinfo=timezone.utc))
    assert shown.can_start
    assert local.requests[-1].query == "query_time=1769904000000"
    assert int(local.requests[0].query.removeprefix("query_time=")) > 1_700_000_000_000


def test_a_query_time_without_a_zone_is_refused(either):
    with pytest.raises(oms.ValidationError, match="query_time must be an aware datetime"):
        either.show_sync_task("s", query_time=datetime(2026, 2, 1))


def test_what_is_not_there_is_not_found(either):
    for ask in (either.show_task, either.show_sync_task, either.show_task_group, either.stop_task):
        with pytest.raises(oms.NotFoundError):
            ask("nope")


def test_a_pause_whose_answer_was_lost_is_settled(either, local):
    local.add_task(1, status="RUNNING", duration=60.0)
    local.inject(Fault("reset", when="after", operation="stop"))
    assert either.stop_task(1) is None
    assert local.state("task", 1)["status"] == oms.TaskStatus.PAUSED


def test_an_answer_that_says_nothing_is_asked_for_again(either, local):
    local.add_task(1)
    for body in (b"", b"[]", b"<html>", b"null"):
        local.inject(Fault("status", status=200, body=body, content_type="application/json"))
    with pytest.raises(oms.TransportError, match="no JSON object"):
        either.show_task(1)
    assert len(local.requests) == 4
    assert either.show_task(1).can_start


def test_a_failed_group_is_retried(either, local):
    local.add_task_group("g", status="MIGRATION_FAILED", duration=0.2)
    result = either.retry_task_group("g", **KEYS, migrate_failed_object=True, wait=True, poll_interval=0.1)
    assert (result.operation, result.resource_id) == ("retry_task_group", "g")
    assert result.task.is_succeeded
    assert local.starts["retry_task_group", "g"] == 1
    sent = next(request for request in local.requests if request.operation == "retry_task_group")
    assert (sent.method, sent.path) == ("PUT", "/v2/p-1/taskgroups/g/retry")
    assert sent.body["migrate_failed_object"] is True


def test_a_retry_whose_answer_was_lost_is_sent_once(either, local):
    local.add_task_group("g", status="MIGRATION_FAILED", duration=60.0)
    local.inject(Fault("reset", when="after", operation="retry"))
    assert either.retry_task_group("g", **KEYS).already_started
    assert local.starts["retry_task_group", "g"] == 1


def test_a_retry_is_validated(either, local):
    with pytest.raises(oms.ValidationError) as caught:
        either.retry_task_group("g", dst_ak="x", migrate_failed_object=1)
    assert {error.field for error in caught.value.errors} == {"dst_sk", "migrate_failed_object"}
    assert local.requests == ()


def test_a_list_goes_on_over_all_its_pages(either, local):
    local.add_tasks(range(1000, 1237))
    found = either.list_tasks(limit=50)
    assert [task.id for task in found] == list(range(1000, 1237))
    assert [request.query for request in local.requests] == [f"limit=50&offset={n}" for n in range(0, 250, 50)]
    assert len(either.list_tasks(offset=230)) == 7
    local.add_tasks(range(1237, 1250))
    assert len(either.list_tasks(limit=50)) == 250


def test_lists_take_the_services_filters(either, local):
    local.add_tasks([1, 2], group_id="g 1")
    local.add_task(3, status="FAILED")
    local.add_task_group("g 1")
    local.add_task_group("g 2", status="COMPLETE")
    local.add_sync_task("s", status="SYNCHRONIZING")
    local.add_sync_task("t")
    assert [task.id for task in either.list_tasks(group_id="g 1")] == [1, 2]
    assert [task.id for task in either.list_tasks(status=oms.TaskStatus.FAILED)] == [3]
    assert [task.id for task in either.list_tasks(task_name="k-2")] == [2]
    assert [group.group_id for group in either.list_task_groups(status="COMPLETE")] == ["g 2"]
    assert [task.sync_task_id for task in either.list_sync_tasks(status=oms.SyncTaskStatus.STOPPED)] == ["t"]
    assert either.list_tasks(status=oms.TaskStatus.SUCCEEDED) == []


def test_nothing_is_fetched_before_it_is_needed(client, local):
    local.add_tasks(range(100))
    found = client.list_tasks(limit=10)
    assert local.requests == ()
    assert next(found).id == 0
    assert len(local.requests) == 1


@pytest.mark.parametrize(
    ("arguments", "fields"),
    [
        ({"limit": 0, "offset": -1, "status": "ASLEEP", "task_name": 5}, {"limit", "offset", "status", "task_name"}),
        ({"limit": 101, "status": True, "group_id": "", "timeout": 0}, {"limit", "status", "group_id", "timeout"}),
        ({"limit": 2.5, "status": -1}, {"limit", "status"}),
    ],
)
def test_a_lists_arguments_are_checked_before_anything_is_sent(client, local, arguments, fields):
    with pytest.raises(oms.ValidationError) as caught:
        client.list_tasks(**arguments)
    assert {error.field for error in caught.value.errors} == fields
    assert local.requests == ()
    with pytest.raises(TypeError, match="positional"):
        client.list_tasks(1)


def test_a_list_of_any_length_takes_no_more_memory_than_a_page(client, local):
    def peak(tasks):
        local.add_tasks(range(tasks))
        tracemalloc.start()
        found = sum(1 for _ in client.list_tasks())
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert found == tasks
        return used

    peak(200)
    short = peak(500)
    assert peak(5000) < 1.5 * short + 100_000


def test_faults_between_pages_are_outlived(either, local):
    local.add_tasks(range(300))
    local.inject(Fault("reset", operation="list_tasks", times=2))
    local.inject(Fault("status", status=503, operation="list_tasks"))
    assert len(either.list_tasks()) == 300

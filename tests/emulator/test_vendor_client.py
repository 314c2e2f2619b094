"""The vendor's own client is the judge: it drives the local OMS through every operation."""

from __future__ import annotations

import warnings

import pytest

from huaweicloud_oms.emulator import Emulator

from .support import AK, KEYS, PROJECT, SK, vendor

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
    from huaweicloudsdkoms.v2 import model

DESTINATION = {"dst_ak": "dst-key-one", "dst_sk": "dst-key-two"}


@pytest.fixture
def client(local):
    return vendor(local)


def start_task(client, task_id=1001, **fields):
    body = model.StartTaskReq(**(fields or KEYS))
    return client.start_task(model.StartTaskRequest(task_id=task_id, body=body))


def start_group(client, group_id="g-1"):
    body = model.StartTaskGroupReq(**DESTINATION)
    return client.start_task_group(model.StartTaskGroupRequest(group_id=group_id, body=body))


def start_sync(client, sync_task_id="s-1"):
    body = model.StartSyncTaskReq(**KEYS)
    return client.start_sync_task(model.StartSyncTaskRequest(sync_task_id=sync_task_id, body=body))


def show_task(client, task_id=1001):
    return client.show_task(model.ShowTaskRequest(task_id=task_id))


def show_group(client, group_id="g-1"):
    return client.show_task_group(model.ShowTaskGroupRequest(group_id=group_id))


def show_sync(client, sync_task_id="s-1"):
    return client.show_sync_task(model.ShowSyncTaskRequest(sync_task_id=sync_task_id, query_time=1_700_000_000_000))


def stop_task(client, task_id=1001):
    return client.stop_task(model.StopTaskRequest(task_id=task_id))


def stop_group(client, group_id="g-1"):
    return client.stop_task_group(model.StopTaskGroupRequest(group_id=group_id))


def stop_sync(client, sync_task_id="s-1"):
    return client.stop_sync_task(model.StopSyncTaskRequest(sync_task_id=sync_task_id))


def refused(call, *args, **fields):
    with pytest.raises(ClientRequestException) as caught:
        call(*args, **fields)
    assert len(caught.value.request_id) == 32
    return caught.value.status_code, caught.value.error_code


def test_a_task_is_started_followed_and_stopped(local, client):
    before = show_task(client)
    assert (before.id, before.status, before.start_time, before.progress) == (1001, 3, None, 0)
    assert start_task(client, **KEYS, migrate_failed_object=True).status_code == 200
    running = show_task(client)
    assert running.status == 2
    assert 0 <= running.progress < 1
    assert running.migrate_speed > 0
    assert 0 < running.left_time <= 60_000
    assert running.start_time > 1_600_000_000_000
    assert (running.total_num, running.total_size) == (500, 10**9)
    assert refused(start_task, client) == (400, "OMS.0065")
    assert stop_task(client).status_code == 200
    assert show_task(client).status == 3
    assert refused(stop_task, client) == (400, "OMS.0066")
    assert local.starts == {("start_task", "1001"): 1}


def test_a_group_is_resumed_followed_and_stopped(local, client):
    before = show_group(client)
    assert (before.group_id, before.status, before.paused_task_num) == ("g-1", 3, 3)
    assert start_group(client).status_code == 200
    running = show_group(client)
    assert (running.status, running.total_task_num, running.executing_task_num) == (2, 3, 3)
    assert running.start_time > 1_600_000_000_000
    assert refused(start_group, client) == (400, "OMS.0065")
    assert stop_group(client).status_code == 200
    assert show_group(client).status == 3
    assert refused(stop_group, client) == (400, "OMS.0066")
    assert local.starts["start_task_group", "g-1"] == 1


def test_a_sync_task_is_started_followed_and_stopped(local, client):
    before = show_sync(client)
    assert (before.sync_task_id, before.status, before.last_start_time) == ("s-1", "STOPPED", None)
    assert start_sync(client).status_code == 200
    running = show_sync(client)
    assert running.status == "SYNCHRONIZING"
    assert running.last_start_time >= running.create_time > 1_600_000_000_000
    assert refused(start_sync, client) == (400, "OMS.0065")
    assert stop_sync(client).status_code == 200
    assert show_sync(client).status == "STOPPED"
    assert refused(stop_sync, client) == (400, "OMS.0066")
    assert local.starts["start_sync_task", "s-1"] == 1


def test_every_field_of_the_vendors_models_is_answered(local):
    for kind, resource_id, response in [
        ("task", 1001, model.ShowTaskResponse),
        ("task_group", "g-1", model.ShowTaskGroupResponse),
        ("sync_task", "s-1", model.ShowSyncTaskResponse),
    ]:
        assert set(local.state(kind, resource_id)) == set(response.attribute_map.values())


def test_failures_are_told_as_the_service_tells_them(local, client):
    local.add_task(7, status="failed", failed_objects=5, error_reason=("TRF.0409", "The source bucket is gone."))
    local.add_task_group("bad", status="MIGRATION_FAILED", tasks=4)
    task, group = show_task(client, 7), show_group(client, "bad")
    assert (task.status, task.failed_num, task.successful_num) == (4, 5, 495)
    assert (task.error_reason.error_code, task.error_reason.error_msg) == (
        "TRF.0409",
        "The source bucket is gone.",
    )
    assert (group.status, group.failed_task_num, group.complete_task_num) == (5, 1, 3)
    assert group.error_reason.error_code.startswith("TRF.")


def test_what_is_not_there_is_refused_as_the_service_does(client):
    assert refused(start_task, client, 4711) == (400, "OMS.1009")
    assert refused(show_task, client, 4711) == (400, "OMS.1009")
    assert refused(start_group, client, "nope") == (404, "OMS.1009")
    assert refused(stop_group, client, "nope") == (404, "OMS.1009")
    assert refused(start_sync, client, "nope") == (400, "OMS.1009")


def test_an_id_is_decoded_once(local, client):
    for group_id in ["a b", "ü?#&=+", "100%", "%41"]:
        local.add_task_group(group_id)
        assert show_group(client, group_id).group_id == group_id


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("WAITING", "OMS.0065"),
        ("RUNNING", "OMS.0065"),
        ("RETRYING", "OMS.0065"),
        ("PAUSING", "OMS.0065"),
        ("SUCCEEDED", "OMS.0064"),
    ],
)
def test_a_task_is_started_from_the_right_states_only(local, client, status, code):
    local.add_task(7, status=status, duration=60.0)
    assert refused(start_task, client, 7) == (400, code)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("WAITING", "OMS.0065"),
        ("EXECUTING", "OMS.0065"),
        ("MONITORING", "OMS.0065"),
        ("PAUSING", "OMS.0065"),
        ("CREATE_FAILED", "OMS.0064"),
        ("MIGRATION_FAILED", "OMS.0064"),
        ("COMPLETE", "OMS.0064"),
    ],
)
def test_a_group_is_resumed_from_the_right_state_only(local, client, status, code):
    local.add_task_group("g", status=status, duration=60.0)
    assert refused(start_group, client, "g") == (400, code)


def test_a_wrong_key_project_or_date_is_refused(local):
    assert refused(show_task, vendor(local, sk="wrong")) == (401, "APIGW.0301")
    assert refused(show_task, vendor(local, ak="wrong")) == (401, "APIGW.0301")
    assert refused(start_task, vendor(local, project="other")) == (403, "OMS.0206")
    with Emulator(ak=AK, sk=SK, project_id=PROJECT, clock_offset=3600) as late:
        late.add_task(1001)
        with pytest.raises(ClientRequestException, match="signature expired"):
            show_task(vendor(late))


def test_a_temporary_key_needs_its_token():
    with Emulator(ak=AK, sk=SK, security_token="sts-token", project_id=PROJECT) as local:
        local.add_task(1001)
        assert show_task(vendor(local, security_token="sts-token")).id == 1001
        assert refused(show_task, vendor(local, security_token="other")) == (401, "APIGW.0301")
        assert refused(show_task, vendor(local)) == (401, "APIGW.0301")


def test_the_vendor_sees_the_limits(local, client):
    assert refused(start_task, client, dst_ak="d" * 101, dst_sk="d") == (400, "OMS.0064")
    assert refused(start_task, client, dst_ak="d") == (400, "OMS.0064")
    assert local.starts == {}

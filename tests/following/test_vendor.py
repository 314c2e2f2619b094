"""The vendor's own client reads the local OMS's answers to every request of this kind."""

from __future__ import annotations

import warnings

import pytest

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Emulator

from .support import AK, KEYS, PROJECT, SK

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from huaweicloudsdkcore.auth.credentials import BasicCredentials
    from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
    from huaweicloudsdkoms.v2 import OmsClient, model

# Python 3.12 deprecated what the vendor's SDK signs with.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


@pytest.fixture
def vendor(local):
    credentials = BasicCredentials(AK, SK, PROJECT)
    return OmsClient.new_builder().with_credentials(credentials).with_endpoint(local.endpoint).build()


def test_the_vendor_lists_tasks_with_filters_and_pages(local, vendor, client):
    local.add_tasks(range(1000, 1025), group_id="g-1")
    local.add_task(7, status="FAILED")
    page = vendor.list_tasks(model.ListTasksRequest(group_id="g-1", limit=20, offset=20, status=3, task_name="task"))
    assert (page.count, [task.id for task in page.tasks]) == (25, [1020, 1021, 1022, 1023, 1024])
    assert len(vendor.list_tasks(model.ListTasksRequest()).tasks) == 10
    failed = vendor.list_tasks(model.ListTasksRequest(status=4)).tasks[0]
    ours = next(client.list_tasks(status=4))
    assert (failed.id, failed.error_reason.error_code) == (ours.id, ours.error_reason.error_code)
    assert set(model.TaskResp.attribute_map.values()) == set(ours.raw)


def test_the_vendor_lists_groups_and_sync_tasks(local, vendor, client):
    for n in range(12):
        local.add_task_group(f"g-{n:02}", status="COMPLETE" if n % 2 else "PAUSED")
        local.add_sync_task(f"s-{n:02}", status="SYNCHRONIZING" if n % 3 else "STOPPED")
    groups = vendor.list_task_group(model.ListTaskGroupRequest(status=6, limit=2, offset=5))
    assert (groups.count, [group.group_id for group in groups.taskgroups]) == (6, ["g-11"])
    tasks = vendor.list_sync_tasks(model.ListSyncTasksRequest(status="STOPPED", limit=100))
    assert (tasks.count, [task.sync_task_id for task in tasks.tasks]) == (4, ["s-00", "s-03", "s-06", "s-09"])
    assert set(model.TaskGroupResp.attribute_map.values()) == set(next(client.list_task_groups()).raw)
    assert set(model.SyncTaskInfo.attribute_map.values()) == set(next(client.list_sync_tasks()).raw)


def test_the_vendor_retries_a_failed_group(local, vendor):
    local.add_task_group("g", status="MIGRATION_FAILED", duration=60.0)
    body = model.RetryTaskGroupReq(**KEYS, migrate_failed_object=True)
    assert vendor.retry_task_group(model.RetryTaskGroupRequest(group_id="g", body=body)).status_code == 200
    assert local.state("task_group", "g")["status"] == 2
    with pytest.raises(ClientRequestException) as caught:
        vendor.retry_task_group(model.RetryTaskGroupRequest(group_id="g", body=body))
    assert (caught.value.status_code, caught.value.error_code) == (400, "OMS.0065")


def test_the_vendor_is_held_to_the_limits(local, vendor):
    for request in (model.ListTasksRequest(limit=101), model.ListTasksRequest(offset=-1)):
        with pytest.raises(ClientRequestException) as caught:
            vendor.list_tasks(request)
        assert (caught.value.status_code, caught.value.error_code) == (400, "OMS.0064")
    assert local.requests[-1].query == "offset=-1"


def test_only_so_many_tasks_of_a_region_run_at_once():
    with Emulator(ak=AK, sk=SK, project_id=PROJECT, running_limit=5) as local:
        local.add_tasks(range(8), duration=0.5)
        with oms.Client(endpoint=local.endpoint, project_id=PROJECT, credentials=oms.AkSk(AK, SK)) as client:
            for n in range(8):
                client.start_task(n, **KEYS)
            assert len(list(client.list_tasks(status="RUNNING"))) == 5
            assert len(list(client.list_tasks(status="WAITING"))) == 3
            assert client.wait_task(7, poll_interval=0.1).is_succeeded

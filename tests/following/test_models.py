"""The models hold every field of the vendor's, and outlive whatever else the service sends."""

from __future__ import annotations

import pickle
import subprocess
import sys
import warnings
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import huaweicloud_oms as oms
from huaweicloud_oms import models

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from huaweicloudsdkoms.v2 import model as vendor

PACKAGE = Path(oms.__file__).parent
PAIRS = [
    (oms.Task, [vendor.ShowTaskResponse, vendor.TaskResp]),
    (oms.TaskGroup, [vendor.ShowTaskGroupResponse, vendor.TaskGroupResp]),
    (oms.SyncTask, [vendor.ShowSyncTaskResponse, vendor.SyncTaskInfo]),
    (oms.ErrorReason, [vendor.ErrorReasonResp]),
    (oms.SourceNode, [vendor.SrcNodeResp, vendor.TaskGroupSrcNodeResp]),
    (oms.DestinationNode, [vendor.DstNodeResp, vendor.TaskGroupDstNodeResp]),
    (oms.ListFile, [vendor.ListFile]),
    (oms.BandwidthPolicy, [vendor.BandwidthPolicyDto]),
    (oms.SmnInfo, [vendor.SmnInfo]),
    (oms.SourceCdn, [vendor.SourceCdnResp]),
    (oms.FailedObjectRecord, [vendor.FailedObjectRecordDto]),
]
# The vendor has one count as text; digits are text too.
SAMPLES = {"int": 7, "float": 0.5, "bool": True, "str": "7", "list[str]": ["a", "b"]}


def sample(vendor_class):
    """The JSON of a vendor's model with every field filled."""
    filled = {}
    for name, kind in vendor_class.openapi_types.items():
        wire_name = vendor_class.attribute_map[name]
        inner = kind.removeprefix("list[").removesuffix("]")
        if kind in SAMPLES:
            filled[wire_name] = SAMPLES[kind]
        elif kind.startswith("list["):
            filled[wire_name] = [sample(getattr(vendor, inner))]
        else:
            filled[wire_name] = sample(getattr(vendor, kind))
    return filled


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=lambda value: getattr(value, "__name__", ""))
def test_every_field_of_the_vendors_models_is_there_and_read(ours, theirs):
    wire_names = {name for model in theirs for name in model.attribute_map.values()}
    assert set(ours._fields) == wire_names
    for model in theirs:
        raw = sample(model)
        read = ours.from_raw(raw)
        for name in raw:
            value = getattr(read, name)
            assert value not in (None, ()), name
            if isinstance(value, models._model.Model):
                assert value == type(value).from_raw(raw[name])
            elif isinstance(value, datetime):
                assert value == datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=7)
            elif isinstance(value, timedelta):
                assert value == timedelta(milliseconds=7)


@pytest.mark.parametrize("kind", [oms.Task, oms.TaskGroup, oms.SyncTask])
def test_the_local_oms_tells_every_field(kind, local, client):
    local.add_task(1, status="FAILED")
    local.add_task_group("g", status="MIGRATION_FAILED")
    local.add_sync_task("s", status="SYNCHRONIZING")
    shown = {oms.Task: lambda: client.show_task(1), oms.TaskGroup: lambda: client.show_task_group("g")}
    read = shown.get(kind, lambda: client.show_sync_task("s"))()
    missing = set(kind._fields) - set(read.raw)
    assert missing == ({"source_cdn"} if kind is oms.SyncTask else set())


def test_times_are_aware_and_sizes_are_bytes():
    task = oms.Task.from_raw(
        {"id": 1, "status": 2, "start_time": 1_600_000_000_123, "left_time": 61_000, "migrate_speed": 5, "progress": 1}
    )
    assert task.start_time == datetime(2020, 9, 13, 12, 26, 40, 123_000, tzinfo=timezone.utc)
    assert task.start_time.utcoffset() == timedelta(0)
    assert task.left_time == timedelta(seconds=61)
    assert (task.migrate_speed, task.progress, task.total_size) == (5, 1.0, None)
    assert oms.Task.from_raw({"status": 3, "start_time": 0}).start_time is None


@pytest.mark.parametrize(
    ("kind", "value", "name", "number"),
    [
        (oms.TaskStatus, 42, "UNKNOWN_42", 42),
        (oms.TaskStatus, "3", "PAUSED", 3),
        (oms.TaskStatus, "paused", "PAUSED", 3),
        (oms.TaskStatus, None, "UNKNOWN", -1),
        (oms.TaskStatus, "WEIRD", "WEIRD", -1),
        (oms.TaskGroupStatus, 10, "UNKNOWN_10", 10),
        (oms.SyncTaskStatus, "RESTING", "RESTING", "RESTING"),
        (oms.SyncTaskStatus, None, "UNKNOWN", "UNKNOWN"),
    ],
)
def test_an_unknown_status_is_kept(kind, value, name, number):
    status = kind(value)
    assert isinstance(status, kind)
    assert (status.name, status.value, str(status)) == (name, number, name)
    assert pickle.loads(pickle.dumps(status)) == status


def test_the_statuses_are_those_that_lists_take(client, local):
    for status in oms.TaskStatus:
        local.add_task(f"t-{status.name}", status=status.name)
    for status in oms.TaskGroupStatus:
        local.add_task_group(f"g-{status.name}", status=status.name)
    for status in oms.TaskStatus:
        for wanted in (status, status.name, int(status)):
            assert [task.status for task in client.list_tasks(status=wanted)] == [status]
    for status in oms.TaskGroupStatus:
        found = [group.status for group in client.list_task_groups(status=status)]
        # What is deleted is found no more; what makes tasks or is monitored goes on.
        assert found == ([] if status is oms.TaskGroupStatus.DELETED else [status])


def test_a_model_is_a_value():
    raw = {"id": 1, "status": 42, "new_field": {"x": [1]}, "src_node": {"bucket": "b", "new": 1}}
    task = oms.Task.from_raw(raw)
    assert task.raw["new_field"] == {"x": [1]}
    assert task.src_node.raw["new"] == 1
    assert task == oms.Task.from_raw(raw)
    assert hash(task) == hash(oms.Task.from_raw(raw))
    assert pickle.loads(pickle.dumps(task)) == task
    assert repr(task).startswith("Task(id=1, status=")
    with pytest.raises(AttributeError, match="immutable"):
        task.id = 2


def test_the_models_are_imported_when_they_are_first_asked_for():
    code = (
        "import sys, huaweicloud_oms as oms\n"
        "felt = {'enum', 'datetime', 'typing', 'inspect', 'huaweicloud_oms.models', 'huaweicloud_oms.starts'}\n"
        "before = felt & set(sys.modules)\n"
        "assert not before, before\n"
        "assert oms.Task and oms.StartTask and oms.TaskStatus.PAUSED == 3\n"
        "from huaweicloud_oms import WaitOutcome\n"
        "assert set(oms.__all__) <= set(dir(oms))"
    )
    subprocess.run([sys.executable, "-S", "-c", code], check=True, env={"PYTHONPATH": str(PACKAGE.parent)})


def test_the_helpers_follow_the_status():
    def task(status):
        return oms.Task.from_raw({"id": 1, "status": status})

    assert [task(n).is_running for n in range(1, 9)] == [True, True, False, False, False, True, True, False]
    assert [task(n).is_finished for n in range(1, 9)] == [False, False, False, True, True, False, False, False]
    assert [task(n).can_start for n in range(1, 9)] == [False, False, True, True, False, False, False, False]
    group = oms.TaskGroup.from_raw({"group_id": "g", "status": 2, "total_size": 200, "complete_size": 50})
    assert (group.progress, group.is_running, group.resource_id) == (0.25, True, "g")
    assert oms.SyncTask.from_raw({"status": "STOPPED"}).can_start


FIELDS = sorted({*oms.Task._fields, *oms.TaskGroup._fields, *oms.SyncTask._fields})
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.sampled_from([oms.Task, oms.TaskGroup, oms.SyncTask]),
    st.dictionaries(st.sampled_from(FIELDS), json, max_size=8),
)
@settings(deadline=None, max_examples=200)
def test_nothing_that_the_service_sends_is_an_error(kind, raw):
    read = kind.from_raw(raw)
    assert repr(read)
    assert read._repr_html_()
    assert hash(read) == hash(kind.from_raw(raw))
    assert isinstance(read.is_running, bool)

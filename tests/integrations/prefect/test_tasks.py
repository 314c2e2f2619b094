"""Every operation as a task: the client's names and arguments, on real Prefect and a local OMS with faults."""

from __future__ import annotations

import asyncio
import inspect

import pytest
from prefect import flow
from pydantic import SecretStr

import huaweicloud_oms as oms
import huaweicloud_oms.prefect as integration
from huaweicloud_oms.emulator import Fault

from .support import BLOCKS, QUICK, SECRETS, artifacts

NOT_OPERATIONS = {"close"}
OPERATIONS = sorted({name for name in vars(oms.Client) if not name.startswith("_")} - NOT_OPERATIONS)
ADDED = {"credentials", "source", "destination", "on_already_started"}
ACCOUNT = {"credentials": "account"}


@pytest.fixture(params=["sync", "async"])
def do(request):
    """Calls a task by its operation's name, one that waits or one that is awaited."""

    def call(name, *args, **kwargs):
        if request.param == "sync":
            return getattr(integration, name)(*args, **kwargs)
        return asyncio.run(getattr(integration, f"{name}_async")(*args, **kwargs))

    return call


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_is_a_task_with_the_clients_arguments(name):
    own = list(inspect.signature(getattr(oms.Client, name)).parameters.values())[1:]
    for task in (getattr(integration, name), getattr(integration, f"{name}_async")):
        parameters = inspect.signature(task.fn).parameters
        assert [known for given, known in parameters.items() if given not in ADDED] == own
        assert "credentials" in parameters
        assert task.name == task.fn.__name__
        assert task.description
    assert inspect.iscoroutinefunction(getattr(integration, f"{name}_async").fn)


def test_one_is_started_watched_stopped_and_listed(do, local):
    local.add_task(1, duration=60.0)
    result = do("start_task", 1, **BLOCKS)
    assert (result.resource_id, result.already_started, local.starts["start_task", 1]) == ("1", False, 1)
    assert do("show_task", 1, **ACCOUNT).is_running
    assert [task.id for task in do("list_tasks", **ACCOUNT)] == [1]
    do("stop_task", 1, **ACCOUNT)
    with pytest.raises(oms.MigrationPausedError):
        do("wait_task", 1, **ACCOUNT)


def test_a_group_is_started_fails_and_is_retried(do, local):
    local.add_task_group("g-1", duration=0.2, failed_tasks=1)
    with pytest.raises(oms.MigrationFailedError):
        do("start_task_group", "g-1", **BLOCKS, **QUICK)
    assert do("show_task_group", "g-1", **ACCOUNT).is_failed
    result = do("retry_task_group", "g-1", **BLOCKS, **QUICK, migrate_failed_object=True)
    assert result.task.is_succeeded
    assert do("wait_task_group", "g-1", **ACCOUNT).is_succeeded
    assert len(do("list_task_groups", **ACCOUNT)) == 1
    with pytest.raises(oms.BadRequestError):
        do("stop_task_group", "g-1", **ACCOUNT)


def test_a_synchronization_task_is_started_and_stopped(do, local):
    local.add_sync_task("s-1")
    assert do("start_sync_task", "s-1", **BLOCKS, **QUICK).task.is_running
    assert do("wait_sync_task", "s-1", **ACCOUNT).is_running
    do("stop_sync_task", "s-1", **ACCOUNT)
    assert not do("show_sync_task", "s-1", **ACCOUNT).is_running
    assert len(do("list_sync_tasks", **ACCOUNT)) == 1


def test_many_are_started_and_waited_for_through_faults(do, local):
    local.add_tasks(range(20), duration=0.3)
    local.inject(Fault("reset", share=0.15, seed=1))
    local.inject(Fault("reset", when="after", operation="start", share=0.15, seed=2))
    requests = [oms.StartTask(i, dst_ak="a", dst_sk="b") for i in range(20)]
    started = do("start_many", requests, **ACCOUNT)
    assert all(outcome.ok for outcome in started)
    assert all(outcome.ok for outcome in do("wait_many", started, poll_interval=0.1, **ACCOUNT))
    assert {local.starts["start_task", i] for i in range(20)} == {1}


def test_tasks_are_mapped_through_faults_and_each_is_started_once(local):
    local.add_tasks(range(1, 16), duration=0.3)
    local.inject(Fault("reset", share=0.1, seed=3))
    local.inject(Fault("reset", when="after", operation="start", share=0.2, seed=4))

    @flow
    def migrate():
        return integration.start_task.map(range(1, 16), **BLOCKS, **QUICK).result()

    assert all(result.task.is_succeeded for result in migrate())
    assert {local.starts["start_task", i] for i in range(1, 16)} == {1}


def test_keys_may_be_given_as_arguments(do, local):
    local.add_task(1)
    local.add_task(2)
    do("start_task", 1, dst_ak="a", dst_sk=SecretStr("b"), **ACCOUNT)
    do("start_task", 2, dst_ak="a", destination="new", **ACCOUNT)
    assert local.starts == {("start_task", "1"): 1, ("start_task", "2"): 1}


def test_the_account_is_the_environments_unless_a_block_says_otherwise(do, local, monkeypatch):
    local.add_task(1)
    monkeypatch.setenv("HUAWEICLOUD_OMS_ENDPOINT", local.endpoint)
    monkeypatch.setenv("HUAWEICLOUD_SDK_PROJECT_ID", local.project_id)
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", "zQ7-account-ak-Xk9")
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", "zQ7-account-sk-Xk9")
    assert do("show_task", 1).id == 1


def test_what_runs_already_is_followed_or_refused(do, local):
    local.add_task(1, status="RUNNING", duration=5.0)
    with pytest.raises(oms.AlreadyStartedError):
        do("start_task", 1, **BLOCKS, on_already_started="fail")
    result = do("start_task", 1, **BLOCKS, **QUICK)
    assert (result.already_started, result.task.is_succeeded, local.starts["start_task", 1]) == (True, True, 0)
    with pytest.raises(ValueError, match="'follow' or 'fail'"):
        do("start_task", 1, **BLOCKS, on_already_started="skip")


def test_bad_arguments_start_nothing(do, local):
    local.add_task_group("g-1")
    with pytest.raises(oms.ValidationError):
        do("start_task_group", "g-1", **ACCOUNT)
    keys = integration.ObjectStoreCredentials(ak=SecretStr("a"), sk=SecretStr("b"), security_token=SecretStr("c"))
    with pytest.raises(TypeError, match="dst_security_token"):
        do("start_task_group", "g-1", destination=keys, **ACCOUNT)
    assert not local.starts


def test_progress_stands_on_one_artifact_a_migration(do, local):
    local.add_task(77, duration=3.0)
    seen = []
    do("start_task", 77, **BLOCKS, **QUICK, progress=seen.append)
    found = artifacts()["oms-task-77"]
    assert (found.type, found.data) == ("progress", 100)
    assert found.description.startswith("task 77 SUCCEEDED: 500 of 500 objects, 0 failed, 1 GB of 1 GB")
    assert seen[-1].is_succeeded
    assert not any(secret in found.model_dump_json() for secret in SECRETS.values())


def test_a_start_and_its_wait_share_an_artifact(local):
    local.add_task_group("Group_7 é", duration=0.5)

    @flow
    def migrate():
        integration.start_task_group("Group_7 é", **BLOCKS)
        integration.wait_task_group("Group_7 é", poll_interval=0.1, **ACCOUNT)

    state = migrate(return_state=True)
    found = artifacts(state.state_details.flow_run_id)
    assert [(key[:20], one.data) for key, one in found.items()] == [("oms-task-group-group", 100)]


def test_a_task_function_works_outside_of_any_run(local):
    local.add_task(1, duration=0.2)
    assert integration.start_task.fn(1, **BLOCKS, **QUICK).task.is_succeeded
    assert asyncio.run(integration.show_task_async.fn(1, **ACCOUNT)).is_succeeded


def test_a_waiting_task_can_be_called_where_an_event_loop_runs(local):
    local.add_task(1, duration=0.2)

    @flow
    async def migrate():
        return integration.start_task(1, **BLOCKS, **QUICK)

    assert asyncio.run(migrate()).task.is_succeeded

"""The operators, each run by Airflow in a DAG, against a local OMS."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import huaweicloud_oms as oms
from huaweicloud_oms.airflow.hooks import OmsHook
from huaweicloud_oms.airflow.operators import (
    OmsRetryTaskGroupOperator,
    OmsStartSyncTaskOperator,
    OmsStartTaskGroupOperator,
    OmsStartTaskOperator,
)
from huaweicloud_oms.emulator import Fault

from .daemons import until
from .support import AT_ONCE, KEYS, PLAIN_KEYS

both_ways = pytest.mark.parametrize("deferrable", [False, True], ids=["waiting", "deferred"])


def task(task_id=1001, **arguments):
    return lambda: OmsStartTaskOperator(task_id="start", oms_task_id=task_id, **{**KEYS, **AT_ONCE, **arguments})


def group(operator=OmsStartTaskGroupOperator, **arguments):
    return lambda: operator(task_id="start", group_id="g-1", **{**PLAIN_KEYS, **AT_ONCE, **arguments})


def sync_task(**arguments):
    return lambda: OmsStartSyncTaskOperator(
        task_id="start", sync_task_id="s-1", **{**PLAIN_KEYS, **AT_ONCE, **arguments}
    )


@both_ways
def test_a_task_is_started_and_waited_for(airflow, local, deferrable):
    local.add_task(1001, duration=0.3)
    ran = airflow.run(task(deferrable=deferrable))
    assert ran.state("start") == "success"
    assert local.starts["start_task", 1001] == 1
    told = ran.value("start")
    assert told["resource_id"] == "1001"
    assert told["status"] == "SUCCEEDED"
    assert told["total_num"] == told["successful_num"] == 500
    assert told["total_size"] == told["complete_size"] == 10**9
    assert told["failed_num"] == told["skipped_num"] == 0


@both_ways
def test_a_group_is_resumed_and_waited_for(airflow, local, deferrable):
    local.add_task_group("g-1", tasks=3, duration=0.3)
    ran = airflow.run(group(deferrable=deferrable))
    assert ran.state("start") == "success"
    assert local.starts["start_task_group", "g-1"] == 1
    told = ran.value("start")
    assert (told["status"], told["total_task_num"], told["complete_task_num"]) == ("COMPLETE", 3, 3)


@both_ways
def test_a_synchronization_task_is_started_and_follows_its_source(airflow, local, deferrable):
    local.add_sync_task("s-1")
    ran = airflow.run(sync_task(deferrable=deferrable))
    assert ran.state("start") == "success"
    assert ran.value("start")["status"] == "SYNCHRONIZING"


def test_a_task_that_does_not_wait_succeeds_while_the_migration_goes_on(airflow, local):
    local.add_task(1001, duration=60)
    ran = airflow.run(task(wait_for_completion=False))
    assert ran.state("start") == "success"
    assert local.state("task", 1001)["status"] == oms.TaskStatus.RUNNING
    assert ran.value("start")["resource_id"] == "1001"


def test_the_connections_keys_arrive_and_templates_are_rendered(airflow, local, monkeypatch):
    monkeypatch.setenv("AIRFLOW_VAR_NUMBER", "1001")
    local.add_task(1001, duration=0.1)
    kms = {"src_crypto_type": "KMS", "src_kms_key_id": "0f7a3b1e-4d5c-4a6b-8c7d-9e0f1a2b3c4d"}
    ran = airflow.run(task("{{ var.value.number }}", encryption=kms, migrate_failed_object=True))
    assert ran.state("start") == "success"
    [sent] = [request.body for request in local.requests if request.operation == "start_task"]
    assert set(sent) == {
        *("src_ak", "src_sk", "src_security_token", "connection_string", "json_auth_file"),
        *("dst_ak", "dst_sk", "dst_security_token", "source_cdn_authentication_key", "migrate_failed_object"),
        *kms,
    }
    assert sent["src_kms_key_id"] == kms["src_kms_key_id"]


def test_keys_that_an_operation_cannot_take_are_refused_and_not_dropped(airflow, local):
    local.add_task_group("g-1")
    ran = airflow.run(group(**KEYS, retries=3))
    assert (ran.state("start"), ran.tries("start")) == ("failed", 1)
    assert not local.starts


def test_the_default_for_deferrable_is_airflows(monkeypatch):
    assert not task()().deferrable
    monkeypatch.setenv("AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE", "True")
    assert task()().deferrable


@pytest.mark.parametrize("wrong", [{"on_kill": "explode"}, {"on_already_started": "maybe"}])
def test_words_that_mean_nothing_are_refused_when_the_dag_is_read(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        task(**wrong)()


@both_ways
def test_a_migration_that_failed_is_started_again_by_the_next_try(airflow, local, deferrable):
    local.add_task(1001, duration=0.2, failed_objects=3)
    ran = airflow.run(task(migrate_failed_object=True, deferrable=deferrable, retries=1))
    assert (ran.state("start"), ran.tries("start")) == ("success", 2)
    assert local.starts["start_task", 1001] == 2


def test_a_group_that_failed_is_retried_by_the_next_try(airflow, local):
    local.add_task_group("g-1", duration=0.2, failed_tasks=1)
    ran = airflow.run(group(retries=1))
    assert (ran.state("start"), ran.tries("start")) == ("success", 2)
    assert dict(local.starts) == {("start_task_group", "g-1"): 1, ("retry_task_group", "g-1"): 1}


def test_a_failed_group_is_retried_by_an_operator_of_its_own(airflow, local):
    local.add_task_group("g-1", status="MIGRATION_FAILED", duration=0.2)
    ran = airflow.run(group(OmsRetryTaskGroupOperator))
    assert ran.state("start") == "success"
    assert local.starts["retry_task_group", "g-1"] == 1


@both_ways
def test_a_retry_attaches_to_what_runs_instead_of_starting_it_again(airflow, local, deferrable):
    local.add_task(1001, duration=2.5)
    ran = airflow.run(task(wait_timeout=1.0, deferrable=deferrable, retries=5))
    assert ran.state("start") == "success"
    assert ran.tries("start") > 1
    assert local.starts["start_task", 1001] == 1
    assert len([request for request in local.requests if request.operation == "start_task"]) == 1


def test_a_retry_attaches_to_what_has_succeeded_meanwhile(airflow, local):
    local.add_task(1001, duration=0.3)
    # Every look fails: the first try gives up after its time, and the migration ends unseen.
    local.inject(Fault("status", status=503, operation="show_task", times=4))
    ran = airflow.run(task(wait_timeout=0.5, poll_interval=1.0, retries=5))
    assert ran.state("start") == "success"
    assert ran.tries("start") > 1
    assert local.starts["start_task", 1001] == 1


def test_what_succeeded_long_ago_is_no_success_of_a_retry(airflow, local):
    local.add_task(1001, status="SUCCEEDED")
    ran = airflow.run(task(retries=1))
    assert (ran.state("start"), ran.tries("start")) == ("failed", 2)


@pytest.mark.parametrize(("wish", "state"), [("follow", "success"), ("fail", "failed"), ("skip", "skipped")])
def test_what_somebody_else_started_is_followed_or_not(airflow, local, wish, state):
    local.add_task(1001, status="RUNNING", duration=0.5)
    ran = airflow.run(task(on_already_started=wish, retries=3))
    assert ran.state("start") == state
    assert ran.tries("start") == 1
    assert not local.starts
    if wish == "follow":
        assert ran.value("start")["already_started"] is True


@both_ways
def test_what_somebody_paused_is_not_resumed_by_a_retry(airflow, local, deferrable):
    local.add_task(1001, duration=60)

    def pause():
        until(lambda: local.starts, "it is started")
        OmsHook().client.stop_task(1001)

    with ThreadPoolExecutor(1) as pool:
        paused = pool.submit(pause)
        ran = airflow.run(task(retries=3, deferrable=deferrable))
        paused.result()
    assert (ran.state("start"), ran.tries("start")) == ("failed", 1)
    assert local.starts["start_task", 1001] == 1


@pytest.mark.parametrize(
    "hopeless",
    [{"oms_task_id": 404}, {"oms_task_id": "not/an/id"}, {"huaweicloud_oms_conn_id": "wrong"}],
    ids=["not there", "invalid", "wrong key"],
)
def test_what_is_hopeless_is_not_tried_again(airflow, local, hopeless):
    local.add_task(1001)
    arguments = {"oms_task_id": 1001, **KEYS, **hopeless}
    ran = airflow.run(lambda: OmsStartTaskOperator(task_id="start", retries=3, **arguments))
    assert (ran.state("start"), ran.tries("start")) == ("failed", 1)
    assert not local.starts


@both_ways
def test_lost_answers_and_a_service_in_trouble_do_no_harm(airflow, local, deferrable):
    local.add_task(1001, duration=0.5)
    local.inject(Fault("reset", when="after", operation="start_task"))
    local.inject(Fault("status", status=503, share=0.3, seed=7))
    ran = airflow.run(task(deferrable=deferrable))
    assert ran.state("start") == "success"
    assert local.starts["start_task", 1001] == 1


def test_two_tasks_that_start_the_same_at_the_same_moment_start_it_once(airflow, local):
    """The operators' own code on two threads at a gate; `test_daemons.py` has two workers of a scheduler do it."""
    local.add_task(1001, duration=1.0)
    local.inject(Fault("delay", seconds=0.3, operation="start_task", times=2))
    gate = threading.Barrier(2)

    def execute(name):
        operator = OmsStartTaskOperator(task_id=name, oms_task_id=1001, **PLAIN_KEYS, **AT_ONCE)
        assert operator.hook.client
        gate.wait(10)
        return operator._begin({})

    with ThreadPoolExecutor(2) as pool:
        told = [future.result() for future in [pool.submit(execute, name) for name in ("one", "other")]]
    assert sorted(one["already_started"] for one in told) == [False, True]
    assert local.starts["start_task", 1001] == 1


def test_hundreds_of_mapped_tasks_are_started_once_each(airflow, local):
    ids = list(range(1, 201))
    local.add_tasks(ids, duration=60)
    local.inject(Fault("reset", when="after", operation="start_task", share=0.1, seed=5))
    ran = airflow.run(
        lambda: OmsStartTaskOperator.partial(task_id="start", wait_for_completion=False, **PLAIN_KEYS).expand(
            oms_task_id=ids
        )
    )
    assert [str(ti.state) for ti in ran.instances("start")] == ["success"] * 200
    assert [ran.value("start", map_index=index)["resource_id"] for index in (0, 199)] == ["1", "200"]
    assert dict(local.starts) == {("start_task", str(task_id)): 1 for task_id in ids}


def test_the_link_leads_to_the_console(airflow, local):
    local.add_task(1001, duration=0.1)
    ran = airflow.run(task())
    assert ran.value("start", key="oms_console") == "https://console.huaweicloud.com/oms/"
    [link] = OmsStartTaskOperator.operator_extra_links
    assert link.name == "OMS console"

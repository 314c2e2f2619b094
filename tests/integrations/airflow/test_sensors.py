"""The sensors and triggers, run by Airflow in a DAG, against a local OMS."""

from __future__ import annotations

import asyncio
import time

import pytest
from airflow.serialization.serialized_objects import BaseSerialization

from huaweicloud_oms.airflow.sensors import OmsTaskGroupSensor, OmsTaskSensor
from huaweicloud_oms.airflow.triggers import OmsSyncTaskTrigger, OmsTaskGroupTrigger, OmsTaskTrigger
from huaweicloud_oms.emulator import Fault

ways = pytest.mark.parametrize(
    "way", [{"mode": "poke"}, {"mode": "reschedule"}, {"deferrable": True}], ids=["poke", "reschedule", "deferred"]
)


def sensor(**arguments):
    return lambda: OmsTaskSensor(task_id="wait", **{"oms_task_id": 1001, "poke_interval": 0.2, **arguments})


@ways
def test_a_sensor_waits_until_the_task_has_succeeded(airflow, local, way):
    local.add_task(1001, status="RUNNING", duration=0.7)
    ran = airflow.run(sensor(**way))
    assert ran.state("wait") == "success"
    assert ran.value("wait")["successful_num"] == 500


@ways
def test_a_sensor_waits_until_the_group_is_complete(airflow, local, way):
    local.add_task_group("g-1", status="MONITORING", duration=0.7)
    ran = airflow.run(lambda: OmsTaskGroupSensor(task_id="wait", group_id="g-1", poke_interval=0.2, **way))
    assert ran.state("wait") == "success"
    assert ran.value("wait")["complete_task_num"] == 3


@ways
def test_a_sensor_fails_with_the_migration_and_is_not_tried_again(airflow, local, way):
    local.add_task(1001, status="RUNNING", duration=0.3, failed_objects=2)
    ran = airflow.run(sensor(**way, retries=3))
    assert (ran.state("wait"), ran.tries("wait")) == ("failed", 1)


@ways
@pytest.mark.parametrize(
    "state",
    [
        {"status": "PAUSED"},
        {"status": "RUNNING", "duration": 0.3, "failed_objects": 2},
        {"status": "RUNNING", "duration": 3600},
    ],
    ids=["paused", "fails", "takes too long"],
)
def test_a_sensor_can_skip_instead_of_failing(airflow, local, way, state):
    local.add_task(1001, **state)
    assert airflow.run(sensor(soft_fail=True, timeout=2, **way)).state("wait") == "skipped"


@ways
def test_a_sensor_ends_at_its_timeout(airflow, local, way):
    local.add_task(1001, status="RUNNING", duration=3600)
    ran = airflow.run(sensor(timeout=1, **way, retries=3))
    assert (ran.state("wait"), ran.tries("wait")) == ("failed", 1)


@ways
def test_a_sensor_outlives_a_service_in_trouble(airflow, local, way):
    local.add_task(1001, status="RUNNING", duration=0.7)
    local.inject(Fault("status", status=503, operation="show_task", times=3))
    local.inject(Fault("reset", operation="show_task", share=0.3, seed=3))
    assert airflow.run(sensor(**way)).state("wait") == "success"


def back(trigger):
    """The trigger as a triggerer makes it, of what the metadata holds."""
    path, arguments = trigger.serialize()
    module, _, name = path.rpartition(".")
    assert (module, name) == (type(trigger).__module__, type(trigger).__name__)
    return type(trigger)(**BaseSerialization.deserialize(BaseSerialization.serialize(arguments)))


async def event_of(trigger):
    return await asyncio.wait_for(anext(trigger.run()), 30)


@pytest.mark.parametrize("kind", [OmsTaskTrigger, OmsTaskGroupTrigger, OmsSyncTaskTrigger])
def test_a_trigger_comes_back_as_it_was(kind):
    trigger = kind("an-id", "a-connection", poll_interval=2.5, deadline=1e9, on_kill="stop")
    assert back(trigger).serialize() == trigger.serialize()


def test_a_trigger_that_comes_back_fires_what_the_first_would_have_fired(local):
    local.add_task(1001, status="RUNNING", duration=1.0)

    async def restarted():
        first = OmsTaskTrigger(1001, poll_interval=0.1)
        running = asyncio.ensure_future(event_of(first))
        await asyncio.sleep(0.3)
        running.cancel()
        return await event_of(back(first))

    event = asyncio.run(restarted()).payload
    assert event["status"] == "success"
    assert event["figures"]["successful_num"] == 500
    assert not local.starts
    assert local.state("task", 1001)["status"] == 5


def test_a_trigger_does_not_outlive_its_deadline(local):
    local.add_task(1001, status="RUNNING", duration=60)
    event = asyncio.run(event_of(OmsTaskTrigger(1001, poll_interval=0.1, deadline=time.time() + 1)))
    assert event.payload["status"] == "timeout"


def test_hundreds_of_triggers_share_an_event_loop(local):
    local.add_tasks(range(300), status="RUNNING", duration=1.0)

    async def wait_for_all():
        return await asyncio.gather(*(event_of(OmsTaskTrigger(n, poll_interval=0.5)) for n in range(300)))

    assert {event.payload["status"] for event in asyncio.run(wait_for_all())} == {"success"}


@pytest.mark.parametrize(("wish", "status"), [("leave", 2), ("stop", 3)])
def test_a_deferred_task_that_somebody_ends_leaves_or_pauses_the_migration(local, wish, status):
    local.add_task(1001, status="RUNNING", duration=60)
    asyncio.run(OmsTaskTrigger(1001, on_kill=wish).on_kill())
    assert local.state("task", 1001)["status"] == status

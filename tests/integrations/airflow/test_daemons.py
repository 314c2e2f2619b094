"""A whole Airflow of processes: forked workers, a triggerer, and what is killed in the middle."""

from __future__ import annotations

import json

import pytest

from huaweicloud_oms.airflow.hooks import OmsHook
from huaweicloud_oms.emulator import Emulator, Fault

from .conftest import HOME
from .daemons import Daemons, until
from .support import AIRFLOW_3, CONNECTIONS, OMS_AK, OMS_SK, PROJECT, SECRETS

pytestmark = pytest.mark.skipif(not AIRFLOW_3, reason="the processes are those of Airflow 3")


@pytest.fixture(scope="module")
def oms():
    """A local OMS for all of them, where two requests in ten meet a fault."""
    with Emulator(ak=OMS_AK, sk=OMS_SK, project_id=PROJECT) as emulator:
        emulator.inject(Fault("reset", when="after", operation="start", share=0.3, seed=11))
        emulator.inject(Fault("status", status=503, share=0.1, seed=12))
        emulator.inject(Fault("delay", seconds=0.2, share=0.1, seed=13))
        yield emulator


@pytest.fixture(scope="module")
def daemons(oms):
    """The processes, for all tests of this module."""
    with Daemons(HOME, CONNECTIONS(oms.endpoint)) as running:
        yield running


def running(daemons, run_id, task_id="start", state="running"):
    return until(
        lambda: (found := daemons.tasks(run_id).get((task_id, -1))) and found[0] == state and found,
        f"{task_id} is {state}",
    )


def test_the_screen_has_a_form_and_its_test_button_works(daemons, oms):
    form = next(
        form for form in daemons.ask("GET", "/ui/connections/hook_meta") if form["hook_name"] == OmsHook.hook_name
    )
    assert set(form["extra_fields"]) == {"region", "project_id", "endpoint", "security_token", "auth_token"}
    assert form["standard_fields"]["login"]["title"] == "Access key (AK)"
    assert "agency" in form["standard_fields"]["login"]["placeholder"]
    extra = json.dumps({"endpoint": oms.endpoint, "project_id": PROJECT})
    typed = {"connection_id": "typed", "conn_type": "huaweicloud_oms", "login": OMS_AK, "extra": extra}
    right = daemons.ask("POST", "/api/v2/connections/test", {**typed, "password": OMS_SK})
    assert right["status"], right["message"]
    wrong = daemons.ask("POST", "/api/v2/connections/test", {**typed, "password": SECRETS[-1]})
    assert not wrong["status"]
    assert "401" in wrong["message"]


def test_forked_workers_start_mapped_tasks_once_each(daemons, oms):
    oms.add_tasks(range(1, 9), duration=1.0)
    run = daemons.trigger("mapped")
    assert daemons.ended(run) == "success"
    assert len(daemons.tasks(run)) == 8
    assert {oms.starts["start_task", task_id] for task_id in range(1, 9)} == {1}
    links = daemons.ask("GET", f"/api/v2/dags/mapped/dagRuns/{run}/taskInstances/start/links?map_index=0")
    assert links["extra_links"] == {"OMS console": "https://console.huaweicloud.com/oms/"}


def test_workers_that_start_the_same_at_the_same_moment_start_it_once(daemons, oms):
    oms.add_task(100, duration=20.0)
    runs = [daemons.trigger("together") for _ in range(2)]
    assert {daemons.ended(run) for run in runs} == {"success"}
    assert oms.starts["start_task", 100] == 1


def test_a_deferred_task_outlives_its_triggerer(daemons, oms):
    oms.add_task_group("deferred", duration=12.0)
    run = daemons.trigger("deferred")
    running(daemons, run, state="deferred")
    until(lambda: any(request.operation == "show_task_group" for request in oms.requests), "the triggerer looks")
    daemons.kill("triggerer")
    daemons.start("triggerer")
    assert daemons.ended(run) == "success"
    assert oms.starts["start_task_group", "deferred"] == 1
    assert daemons.tasks(run)["start", -1][1] == 1


def test_a_task_whose_worker_is_lost_attaches_in_its_next_try(daemons, oms):
    oms.add_task(200, duration=25.0)
    run = daemons.trigger("lost")
    until(lambda: oms.starts["start_task", 200], "it is started")
    _, _, pid = running(daemons, run)
    daemons.kill_worker(pid)
    assert daemons.ended(run) == "success"
    assert daemons.tasks(run)["start", -1][1] == 2
    assert oms.starts["start_task", 200] == 1


def test_a_restart_of_the_scheduler_and_its_workers_starts_nothing_twice(daemons, oms):
    oms.add_task(400, duration=25.0)
    run = daemons.trigger("restarted")
    until(lambda: oms.starts["start_task", 400], "it is started")
    running(daemons, run)
    daemons.kill("scheduler")
    daemons.start("scheduler")
    assert daemons.ended(run, 120) == "success"
    assert oms.starts["start_task", 400] == 1


def test_a_task_that_somebody_ends_pauses_the_migration_only_if_it_is_told_to(daemons, oms):
    oms.add_tasks((301, 302, 303), duration=300.0)
    run = daemons.trigger("killed")
    for task_id, state in (("waiting", "running"), ("deferred", "deferred"), ("left", "running")):
        running(daemons, run, task_id, state)
    until(lambda: all(oms.starts["start_task", number] for number in (301, 302, 303)), "all are started")
    until(
        lambda: any((r.operation, r.resource_id) == ("show_task", "302") for r in oms.requests), "the triggerer looks"
    )
    for task_id in ("waiting", "deferred", "left"):
        path = f"/api/v2/dags/killed/dagRuns/{run}/taskInstances/{task_id}"
        daemons.ask("PATCH", path, {"new_state": "failed"})
    for number in (301, 302):
        until(lambda number=number: oms.state("task", number)["status"] == 3, f"{number} is paused")
    assert daemons.ended(run) == "failed"
    assert oms.state("task", 303)["status"] == 2

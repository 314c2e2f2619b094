"""No key is in what Prefect stores, shows or logs: its whole database, its files and its output are searched."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import sqlite3

import pytest
from prefect import flow, get_run_logger
from prefect.cache_policies import CachePolicy
from prefect.settings import PREFECT_SERVER_DATABASE_CONNECTION_URL
from pydantic import SecretStr

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Fault
from huaweicloud_oms.prefect import (
    ObjectStoreCredentials,
    OmsCredentials,
    list_tasks,
    start_many,
    start_sync_task_async,
    start_task,
    start_task_group,
    stop_running,
    wait_many,
)

from .conftest import HOME
from .support import BLOCKS, PROJECT, QUICK, eventually

MARK = "zQ7"
KEPT = {"persist_result": True, "cache_policy": CachePolicy.from_cache_key_fn(lambda run, _: str(run.task_run.id))}
TEXT = {"dst_ak": "zQ7-text-ak", "dst_sk": "zQ7-text-sk", "src_ak": "zQ7-text-ak", "src_sk": SecretStr("zQ7-text-sk")}


def database():
    """Prefect's database, as text."""
    path = PREFECT_SERVER_DATABASE_CONNECTION_URL.value().partition("///")[2]
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return readable("\n".join(connection.iterdump()).encode())


def files():
    """What Prefect has written besides: results and parameters, by path."""
    return {path: readable(path.read_bytes()) for path in HOME.rglob("*") if path.is_file()}


def readable(content):
    """A content, and what its Base64 holds: results are pickles in Base64 in JSON, over several lines."""
    packed = re.findall(rb"(?:[A-Za-z0-9+/]{4}){4,}", content.replace(rb"\n", b""))
    return b"\n".join([content, *(base64.b64decode(text) for text in packed)]).decode(errors="replace")


@flow(persist_result=True, on_failure=[stop_running("account")])
def everything(endpoint: str, account: OmsCredentials):
    """Do all that could give a key away, and fail."""
    kept = start_task.with_options(**KEPT)
    blocks = {"credentials": account, "destination": ObjectStoreCredentials.load("new")}
    kept(1, **BLOCKS, **QUICK)
    kept(2, **blocks, source="old")
    kept(3, credentials="account", **TEXT)
    start_task.map([4, 5], **BLOCKS, **QUICK).wait()
    requests = [oms.StartTask(i, dst_ak="zQ7-many-ak", dst_sk="zQ7-many-sk") for i in (6, 7)]
    wait_many.with_options(**KEPT)(start_many(requests, credentials="account"), credentials="account")
    list_tasks.with_options(**KEPT)(credentials="account")
    asyncio.run(start_sync_task_async("s", **BLOCKS))
    wrong = OmsCredentials(endpoint=endpoint, project_id=PROJECT, ak=SecretStr("zQ7-wrong-ak"), sk=SecretStr("zQ7-w"))
    for fails in (
        lambda: kept(8, credentials=wrong, destination="new"),
        lambda: kept(9, credentials="account", dst_ak="zQ7" * 100, dst_sk="zQ7-text-sk"),
        lambda: kept(9, **BLOCKS, no_such_argument="zQ7-argument"),
        lambda: start_task_group.with_options(retries=1, **KEPT)("no-such-group", **BLOCKS),
        lambda: OmsCredentials(ak="zQ7-alone"),
        lambda: start_task(10, credentials="no-such-block", **TEXT),
    ):
        with contextlib.suppress(oms.OmsError, TypeError, ValueError):
            fails()
    kept(1, **BLOCKS)  # it has succeeded, so this is refused


@pytest.mark.usefixtures("prefect_api")
def test_prefect_never_holds_a_key(local, capfd, caplog):
    caplog.set_level("DEBUG")
    local.add_tasks(range(1, 8), duration=0.3)
    local.add_task(9)
    local.add_sync_task("s")
    local.inject(Fault("reset", share=0.1, seed=5))
    state = everything(local.endpoint, OmsCredentials.load("account"), return_state=True)
    assert state.is_failed()
    text = eventually(lambda: (dump := database()) and "start_task of 1: HTTP 400" in dump and dump)
    for known in (str(state.state_details.flow_run_id), "oms-task-1", "start_task 9", "no-such-group"):
        assert known in text
    assert MARK not in text
    written = files()
    assert any("StartResult" in content for content in written.values())
    assert not [path for path, content in written.items() if MARK in content]
    output = "".join(capfd.readouterr()) + caplog.text
    assert "no-such-group" in output
    assert MARK not in output


@pytest.mark.usefixtures("local")
def test_a_background_task_is_stored_with_references_to_blocks():
    before = files()
    start_task.delay(1, credentials=OmsCredentials.load("account"), destination=ObjectStoreCredentials.load("new"))
    start_task.delay(1, **BLOCKS)
    written = [content for path, content in files().items() if path not in before]
    assert any("_load" in content for content in written)
    assert not [content for content in written if MARK in content]
    assert MARK not in database()


@pytest.mark.usefixtures("local")
def test_what_a_flow_gives_away_would_be_found():
    @flow(persist_result=True)
    def careless():
        get_run_logger().info("sQ9-logged")
        return "sQ9-returned"

    careless()
    assert eventually(lambda: "sQ9-logged" in database())
    assert any("sQ9-returned" in content for content in files().values())

"""A local OMS, a recording server, and a caller that does everything both ways."""

from __future__ import annotations

import contextlib

import pytest

from huaweicloud_oms.emulator import Emulator

from .support import AK, OPERATIONS, PROJECT, SK, Caller, Recorder, settings

VARIABLES = (
    "HUAWEICLOUD_REGION",
    "HUAWEICLOUD_OMS_ENDPOINT",
    "HUAWEICLOUD_SDK_PROJECT_ID",
    "HUAWEICLOUD_SDK_AK",
    "HUAWEICLOUD_SDK_SK",
    "HUAWEICLOUD_SDK_SECURITY_TOKEN",
    "HUAWEICLOUD_SDK_CREDENTIALS_FILE",
    "CLOUD_SDK_AK",
    "CLOUD_SDK_SK",
    *(f"{name}_proxy" for name in ("http", "https", "all", "no")),
    *(f"{name}_PROXY" for name in ("HTTP", "HTTPS", "ALL", "NO")),
)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path_factory):
    """No test sees the settings of whoever runs it."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture
def local():
    """A local OMS that asks for credentials, with one of each kind."""
    with Emulator(ak=AK, sk=SK, project_id=PROJECT) as emulator:
        emulator.add_task(1001, duration=60.0)
        emulator.add_task_group("g-1", duration=60.0)
        emulator.add_sync_task("s-1")
        yield emulator


@pytest.fixture
def recorder():
    """A server that keeps what arrives, and says yes to everything."""
    with Recorder() as server:
        yield server


@pytest.fixture(params=["sync", "async"])
def call_with(request):
    """Makes callers from a client's settings, one that waits and one that is awaited."""
    with contextlib.ExitStack() as stack:

        def make(**given) -> Caller:
            caller = Caller(request.param, **given)
            stack.callback(caller.finish)
            stack.callback(caller.close)
            return caller

        yield make


@pytest.fixture
def call(call_with, local):
    """A caller of the local OMS."""
    return call_with(**settings(local.endpoint))


@pytest.fixture
def tell(call_with, recorder):
    """A caller of the recording server."""
    return call_with(**settings(recorder.endpoint))


@pytest.fixture(params=OPERATIONS, ids=lambda operation: operation.name)
def operation(request):
    """Each of the three operations."""
    return request.param

"""A clean environment, and a local OMS that serves IAM and its like."""

from __future__ import annotations

import asyncio
import os

import pytest

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Emulator, Identity

from .support import AK, PROJECT, REGION, SK, fill


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    """No variable and no file of whoever runs the tests, and no metadata service but a test's own."""
    for name in os.environ:
        if name.startswith(("HUAWEICLOUD_", "CLOUD_SDK_", "HC_CONTAINER_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    # Nobody listens there.
    monkeypatch.setenv("HUAWEICLOUD_METADATA_ENDPOINT", "http://127.0.0.1:9")


@pytest.fixture
def local():
    """A local OMS with one key of its own, and with the services that give others."""
    with Emulator(ak=AK, sk=SK, project_id=PROJECT, identity=Identity(region=REGION)) as emulator:
        fill(emulator)
        yield emulator


@pytest.fixture(params=["sync", "async"])
def call(request):
    """Makes a client, asks it for one start, and gives what it then knows; once blocking, once awaited."""

    def blocking(task_id=1, **settings):
        with oms.Client(**settings) as client:
            result = client.start_task(task_id, dst_ak="dst-ak", dst_sk="dst-sk")
            return result, client.credentials_source, client.project_id

    def awaited(task_id=1, **settings):
        async def run():
            async with oms.AsyncClient(**settings) as client:
                result = await client.start_task(task_id, dst_ak="dst-ak", dst_sk="dst-sk")
                return result, client.credentials_source, client.project_id

        return asyncio.run(run())

    return blocking if request.param == "sync" else awaited

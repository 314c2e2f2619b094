"""A local OMS and clients for it."""

from __future__ import annotations

import asyncio

import pytest

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Emulator

from .support import AK, PROJECT, SK


@pytest.fixture
def local():
    """A local OMS that asks for credentials."""
    with Emulator(ak=AK, sk=SK, project_id=PROJECT) as emulator:
        yield emulator


@pytest.fixture
def settings(local):
    """A client's settings for it."""
    return {
        "endpoint": local.endpoint,
        "project_id": PROJECT,
        "credentials": oms.AkSk(AK, SK),
        "retry": oms.RetryPolicy(base_delay=0.01, max_delay=0.05),
    }


@pytest.fixture
def client(settings):
    with oms.Client(**settings) as client:
        yield client


class Both:
    """Calls a method of either client the same way."""

    def __init__(self, kind, settings):
        self.kind = kind
        self.settings = settings

    def __getattr__(self, name):
        def call(*args, **kwargs):
            if self.kind == "blocking":
                with oms.Client(**self.settings) as client:
                    given = getattr(client, name)(*args, **kwargs)
                    return list(given) if name.startswith("list_") else given
            return asyncio.run(self._await(name, args, kwargs))

        return call

    async def _await(self, name, args, kwargs):
        async with oms.AsyncClient(**self.settings) as client:
            if name.startswith("list_"):
                return [item async for item in getattr(client, name)(*args, **kwargs)]
            return await getattr(client, name)(*args, **kwargs)


@pytest.fixture(params=["blocking", "awaited"])
def either(request, settings):
    """Both clients, one after the other."""
    return Both(request.param, settings)

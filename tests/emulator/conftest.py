"""The local OMS for the tests, filled."""

from __future__ import annotations

import pytest

from huaweicloud_oms.emulator import Emulator

from .support import AK, PROJECT, SK, TOKEN, fill


@pytest.fixture
def local():
    """A local OMS that asks for credentials, with one of each kind."""
    with Emulator(ak=AK, sk=SK, token=TOKEN, project_id=PROJECT) as emulator:
        fill(emulator)
        yield emulator


@pytest.fixture
def free():
    """A local OMS that asks for no credentials, with one of each kind."""
    with Emulator(project_id=PROJECT) as emulator:
        fill(emulator)
        yield emulator

"""What the scripts talk to."""

from __future__ import annotations

import pytest

from huaweicloud_oms.emulator import Emulator

from .support import Silence


@pytest.fixture
def local():
    """A local OMS with plenty of tasks, in a process that the scripts do not share."""
    with Emulator(project_id="p") as emulator:
        emulator.add_tasks(range(1, 30_001), duration=3600.0)
        emulator.add_task_group("g-1", duration=3600.0)
        emulator.add_sync_task("s-1")
        yield emulator


@pytest.fixture
def silence():
    """A server that never answers."""
    with Silence() as server:
        yield server

"""A local OMS to spoil, and a word on time limits at the end."""

from __future__ import annotations

import pytest

from huaweicloud_oms.emulator import Emulator

from .support import overruns


@pytest.fixture
def local():
    """A local OMS that asks for no credentials."""
    with Emulator(project_id="p") as emulator:
        yield emulator


def pytest_terminal_summary(terminalreporter):
    """Tell by how much calls have outlasted their time limits at most."""
    if overruns:
        most = max(overruns) * 1000
        terminalreporter.write_line(
            f"{len(overruns)} calls held against their time limits: the longest ended {most:.0f} ms after its own"
        )

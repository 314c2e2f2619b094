"""Every Python example of the documentation runs, against a local OMS that has what the examples name."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from huaweicloud_oms.emulator import Emulator

ROOT = Path(__file__).parents[1]
ELSEWHERE = {"airflow.md", "prefect.md"}  # run where those are installed, by `make test-integrations`
PAGES = [ROOT / "README.md", *sorted(page for page in (ROOT / "docs").glob("*.md") if page.name not in ELSEWHERE)]
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACEHOLDER = re.compile(r"(\w+=)\.\.\.")
DEADLINE = 60


def examples() -> list[object]:
    """Each Python block of each page, named by page and line."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            line = text.count("\n", 0, match.start()) + 2
            found.append(pytest.param(match.group(1), id=f"{page.relative_to(ROOT)}:{line}"))
    return found


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that lead every example without an endpoint of its own to a local OMS."""
    with Emulator(ak="AK", sk="SK", project_id="p") as local:
        for task_id in (1, 2, 3, 1234567890123):
            local.add_task(task_id, duration=0.5)
        local.add_task_group("00878453-3402-4a86-9e2a-5d5217cd35b2", duration=0.5)
        local.add_sync_task("8a1f")
        monkeypatch.setenv("HUAWEICLOUD_REGION", "cn-north-4")
        monkeypatch.setenv("HUAWEICLOUD_SDK_REGION_OMS_CN_NORTH_4", local.endpoint)
        monkeypatch.setenv("HUAWEICLOUD_SDK_PROJECT_ID", "p")
        monkeypatch.setenv("HUAWEICLOUD_SDK_AK", "AK")
        monkeypatch.setenv("HUAWEICLOUD_SDK_SK", "SK")
        yield


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("code", examples())
def test_an_example_runs_as_it_stands(code: str) -> None:
    code = PLACEHOLDER.sub(r'\1"key"', code)
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=DEADLINE, check=False
    )
    assert run.returncode == 0, run.stderr

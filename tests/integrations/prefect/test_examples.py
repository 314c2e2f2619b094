"""The page about Prefect and the example flow, run as they stand against a local OMS."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from huaweicloud_oms.emulator import Emulator

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "prefect.md").read_text(encoding="utf-8")
BLOCKS, *FLOWS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
STATE = re.search(r"<<'JSON'\n(.*?)^JSON$", PAGE, re.MULTILINE | re.DOTALL).group(1)


def run(program: Path, **settings: str) -> str:
    """Run a program as a reader would; give what it says."""
    done = subprocess.run(
        [sys.executable, program], env=os.environ | settings, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def page_oms(tmp_path):
    """The local OMS of the page, from its own state file."""
    state = tmp_path / "state.json"
    state.write_text(STATE.replace(": 5}", ": 0.5}"))
    with Emulator(ak="AK", sk="SK", project_id="p", state=state) as local:
        yield local


@pytest.mark.parametrize("source", FLOWS, ids=lambda source: re.search(r"def (\w+)", source)[1])
def test_a_flow_of_the_page_runs_as_it_stands(page_oms, prefect_api, source, tmp_path):
    for name, code in (("save_blocks", BLOCKS), ("flow", source)):
        program = tmp_path / f"{name}.py"
        program.write_text(code.replace("http://127.0.0.1:8080", page_oms.endpoint))
        run(program, PREFECT_API_URL=prefect_api)
    assert page_oms.starts
    assert set(page_oms.starts.values()) == {1}


def test_the_example_maps_tries_again_and_reports_on_a_server_of_its_own(tmp_path):
    example = ROOT / "examples" / "prefect" / "migrate_many.py"
    said = run(example, PREFECT_HOME=str(tmp_path), PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS="120")
    assert "0 failed; 14 starts for 13 tasks, one of which failed once" in said

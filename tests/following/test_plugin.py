"""The pytest plugin, as people who install the package meet it."""

from __future__ import annotations

import subprocess
import sys

USES = """
import asyncio
import huaweicloud_oms as oms

def test_automation(local_oms):
    local_oms.add_task(1001, duration=0.05)
    assert oms.start_task(1001, dst_ak="x", dst_sk="y").resource_id == "1001"
    assert local_oms.starts["start_task", 1001] == 1

def test_a_region_is_led_to_it(local_oms):
    local_oms.add_sync_task("s")
    with oms.Client(region="cn-east-3") as client:
        client.start_sync_task("s", src_ak="x", src_sk="y", dst_ak="x", dst_sk="y", wait=True)

def test_every_test_has_its_own(local_oms):
    assert local_oms.starts == {}

def test_async_too(local_oms):
    local_oms.add_task(1)
    async def main():
        async with oms.AsyncClient() as client:
            assert (await client.show_task(1)).can_start
    asyncio.run(main())
"""
DOES_NOT_USE = """
import os, sys

def test_nothing_was_imported_and_nothing_is_set():
    assert "huaweicloud_oms_pytest" in sys.modules
    assert "huaweicloud_oms" not in sys.modules
    assert not any(name.startswith("HUAWEICLOUD") for name in os.environ)
"""


def run(path, code):
    path.joinpath("test_it.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(path)]
    return subprocess.run([*command, str(path)], capture_output=True, text=True, timeout=60, check=False, cwd=path)


def test_automation_is_tested_in_three_lines(tmp_path):
    done = run(tmp_path, USES)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


def test_it_costs_nothing_when_it_is_not_used(tmp_path, monkeypatch):
    for name in [name for name in __import__("os").environ if name.startswith("HUAWEICLOUD")]:
        monkeypatch.delenv(name)
    done = run(tmp_path, DOES_NOT_USE)
    assert done.returncode == 0, done.stdout

"""Check that the wheel in folder `sys.argv[1]` runs widely, and use it on every CPython from 3.10 on that is here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

OLDEST = 10
NEWEST = 14
LARGEST = 3_000_000
PLATFORM = "manylinux_2_17"
PROGRAM = """
import asyncio, sys
import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Emulator

keys = {"src_ak": "a", "src_sk": "b", "dst_ak": "c", "dst_sk": "d"}
with Emulator(ak="AK", sk="SK", project_id="p") as local:
    local.add_task(1)
    local.add_sync_task("s")
    settings = {"endpoint": local.endpoint, "project_id": "p", "credentials": oms.AkSk("AK", "SK")}
    with oms.Client(**settings) as client:
        assert client.start_task(1, **keys).status_code == 200

    async def start() -> None:
        async with oms.AsyncClient(**settings) as client:
            await client.start_sync_task("s", **keys)

    asyncio.run(start())
    assert local.starts == {("start_task", "1"): 1, ("start_sync_task", "s"): 1}
print("Python", sys.version.split()[0], "with", oms.__version__)
"""


def pythons() -> list[Path]:
    """Every interpreter that the wheel is for: on the path, or in pyenv's folder of versions."""
    found: dict[str, Path] = {}
    for minor in range(OLDEST, NEWEST + 1):
        name = f"python3.{minor}"
        candidates = [Path(path) for path in [shutil.which(name)] if path]
        candidates += sorted(Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser().glob(f"versions/*/bin/{name}"))
        for candidate in candidates:
            run = subprocess.run([candidate, "-c", "import venv"], capture_output=True, check=False)
            if run.returncode == 0:
                found.setdefault(name, candidate)
    return list(found.values())


def main() -> int:
    [wheel] = Path(sys.argv[1]).glob("*.whl")
    size = wheel.stat().st_size
    print(f"{wheel.name}: {size / 1e6:.2f} MB")
    assert size <= LARGEST, "the wheel has grown beyond 3 MB"
    names = zipfile.ZipFile(wheel).namelist()
    assert "huaweicloud_oms/py.typed" in names, names
    assert any(name.endswith("_core.pyi") for name in names), names
    if sys.platform == "linux":
        audit = subprocess.run([sys.executable, "-m", "auditwheel", "show", wheel], capture_output=True, check=True)
        assert f'"{PLATFORM}_'.encode() in audit.stdout, audit.stdout.decode()
        print(f"auditwheel: consistent with {PLATFORM}")
    interpreters = pythons()
    assert interpreters, "there is no Python to try the wheel on"
    for python in interpreters:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([python, "-m", "venv", folder], check=True)
            own = Path(folder) / "bin" / "python"
            install = [own, "-m", "pip", "install", "--quiet", "--no-index", "--disable-pip-version-check", wheel]
            subprocess.run(install, check=True)
            subprocess.run([own, "-I", "-W", "error", "-c", PROGRAM], check=True, timeout=60)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What an import costs: milliseconds and memory over a bare interpreter, and where ours goes."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

IMPORTS = {
    "nothing": "pass",
    "ours": "import huaweicloud_oms",
    "vendor": "from huaweicloudsdkoms.v2 import OmsClient",
    "requests": "import requests",
    "httpx": "import httpx",
    "aiohttp": "import aiohttp",
}
PROGRAM = """
import time
began = time.perf_counter()
{statement}
took = time.perf_counter() - began
import json
status = open("/proc/self/status", encoding="utf-8").read().split()
print(json.dumps({{"ms": took * 1000, "mib": int(status[status.index("VmRSS:") + 1]) / 1024}}))
"""


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Import in turn, each in a process of its own; give the medians, memory less that of a bare interpreter."""
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in IMPORTS}
    for _ in range(rounds):
        for name, statement in IMPORTS.items():
            command = [sys.executable, "-c", PROGRAM.format(statement=statement)]
            run = subprocess.run(command, capture_output=True, text=True, check=True)
            taken[name].append(json.loads(run.stdout))
    medians = {
        name: {key: statistics.median(sample[key] for sample in samples) for key in ("ms", "mib")}
        for name, samples in taken.items()
    }
    bare = medians.pop("nothing")["mib"]
    return {name: {**sample, "mib": sample["mib"] - bare} for name, sample in medians.items()}


def importtime() -> str:
    """What `python -X importtime` tells of our import, without what the interpreter imports by itself."""
    listings = []
    for statement in ("pass", IMPORTS["ours"]):
        command = [sys.executable, "-X", "importtime", "-c", statement]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        listings.append(run.stderr.splitlines())
    known = {line.rpartition("|")[2].strip() for line in listings[0]}
    return "\n".join(line for line in listings[1] if line.rpartition("|")[2].strip() not in known)

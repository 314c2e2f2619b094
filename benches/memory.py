"""The memory of a client over many calls.

`memory.py ENDPOINT CALLS` prints what is in use after each tenth of the calls, in MiB.
"""

from __future__ import annotations

import ctypes
import gc
import json
import sys
from pathlib import Path

from contenders import KEYS, TASK, ours

import huaweicloud_oms as oms

MIB = 1 << 20


def memory(name: str) -> int:
    """A line of /proc/self/status, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def settled() -> int:
    """The memory in use, once what is free is given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return memory("RssAnon")


def measure(endpoint: str, calls: int) -> list[float]:
    """Call, and look at the memory ten times."""
    client = oms.Client(**ours(endpoint))
    seen = []
    for _ in range(10):
        for _ in range(calls // 10):
            client.start_task(TASK, **KEYS)
        seen.append(settled() / MIB)
    return seen


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))

"""What renewing keys costs: 10,000 calls, 256 in flight, across three expiries of a key that is good for ten seconds.

Run `python benches/renewal.py`: once with a source that answers at once, once with one that takes two seconds.
"""

from __future__ import annotations

import asyncio
import os
import time

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Emulator, Fault, Identity

CALLS, AT_ONCE, LIFETIME, EXPIRIES = 10_000, 256, 10.0, 3


async def run(delay: float) -> None:
    """One run, its figures printed."""
    # So slow that the calls last for three expiries and a little more.
    pace = (LIFETIME * EXPIRIES + 2.0) / (CALLS / AT_ONCE)
    identity = Identity(lifetime=LIFETIME, delay=delay)
    with Emulator(project_id="p", identity=identity, max_requests=2 * CALLS) as local:
        local.add_tasks(range(CALLS), duration=600.0)
        local.inject(Fault("delay", seconds=pace, when="after", operation="start_task", times=2 * CALLS))
        source = oms.ServerMetadataCredentials(endpoint=local.endpoint)
        times: list[float] = []
        failed: list[str] = []
        numbers = iter(range(CALLS))

        async def worker(client: oms.AsyncClient) -> None:
            for number in numbers:
                began = time.monotonic()
                try:
                    await client.start_task(number, dst_ak="a", dst_sk="b")
                except oms.OmsError as error:
                    failed.append(str(error))
                times.append(time.monotonic() - began - pace)

        began = time.monotonic()
        async with oms.AsyncClient(endpoint=local.endpoint, project_id="p", credentials=source) as client:
            await asyncio.gather(*(worker(client) for _ in range(AT_ONCE)))
        took = time.monotonic() - began
        refused = sum(request.status == 401 for request in local.requests)
        times = sorted(times[AT_ONCE:])
        print(f"source takes {delay} s an answer: {CALLS} calls in {took:.1f} s, {took / LIFETIME:.2f} lives of a key")
        print(f"  failed {len(failed)}, refused with 401 {refused}, started {len(local.starts)}")
        print(f"  keys fetched {local.issued}")
        print(
            f"  added to a call, the first {AT_ONCE} left out: median {times[len(times) // 2] * 1000:.1f} ms, "
            f"99 % {times[len(times) * 99 // 100] * 1000:.1f} ms, most {times[-1] * 1000:.1f} ms"
        )


if __name__ == "__main__":
    print(f"{os.cpu_count()} cores")
    for seconds in (0.0, 2.0):
        asyncio.run(run(seconds))

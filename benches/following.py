"""Measure what following promises: many starts against the vendor's client, many waits, long lists.

`make bench-following` runs this in an environment of its own. Every measurement has a process of its own, and so has
the local OMS it talks to. Timings depend on the machine: what counts is ratios within one run, and memory.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from contenders import AK, KEYS, PROJECT, SK, cpu, ours
from memory import MIB, memory, settled

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AT_ONCE = 64
WARM_UP = 200
Measured = dict[str, float]


def peak_from_here() -> None:
    """Forget the highest memory so far."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def start_many(endpoint: str, count: int) -> Measured:
    """Our `start_many`, from a generator."""
    with oms.Client(**ours(endpoint)) as client:

        def run(ids: range) -> Any:
            requests = (oms.StartTask(n, **KEYS) for n in ids)
            return client.start_many(requests, concurrency=AT_ONCE, validate_first=False)

        run(range(count, count + WARM_UP))
        before, resident = settled(), memory("VmRSS")
        peak_from_here()
        began = perf_counter()
        outcomes = run(range(count))
        took = perf_counter() - began
        peak = memory("VmHWM") - resident
        assert len(outcomes) == count
        assert all(outcome.ok for outcome in outcomes)
        held = settled()
        del outcomes
        of_outcomes = held - settled()
    return {
        "per_second": count / took,
        "outcome_bytes": of_outcomes / count,
        "beyond_mib": (peak - of_outcomes) / MIB,
        "left_mib": (held - of_outcomes - before) / MIB,
    }


def vendor_pool(endpoint: str, count: int) -> Measured:
    """The vendor's client in a pool of threads."""
    from huaweicloudsdkcore.auth.credentials import BasicCredentials
    from huaweicloudsdkoms.v2 import OmsClient, StartTaskReq, StartTaskRequest

    client = OmsClient.new_builder().with_credentials(BasicCredentials(AK, SK, PROJECT)).with_endpoint(endpoint).build()

    def start(task_id: int) -> int:
        answer = client.start_task(StartTaskRequest(task_id=task_id, body=StartTaskReq(**KEYS)))
        return int(answer.status_code)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(start, range(count, count + WARM_UP)))
        began = perf_counter()
        codes = list(pool.map(start, range(count)))
        took = perf_counter() - began
    assert codes == [200] * count
    return {"per_second": count / took}


def waits(wait: Callable[[str, int, float], None]) -> Callable[[str, int], Measured]:
    """Measure what waiting costs: in its first minute, which looks more often, and after it."""

    def run(endpoint: str, count: int) -> Measured:
        marks = [cpu()]
        timer = threading.Timer(60.0, lambda: marks.append(cpu()))
        timer.start()
        wait(endpoint, count, 180.0)
        begun, minute, ended = *marks, cpu()
        return {"first_percent": (minute - begun) / 60 * 100, "percent": (ended - minute) / 120 * 100}

    return run


def wait_many(endpoint: str, count: int, seconds: float) -> None:
    """One call for all of them."""
    with oms.Client(**ours(endpoint)) as client:
        outcomes = client.wait_many(range(count), timeout=seconds)
    assert all(isinstance(outcome.error, oms.WaitTimeoutError) for outcome in outcomes)


def wait_many_with_progress(endpoint: str, count: int, seconds: float) -> None:
    """The same, and lines that tell of it."""
    with oms.Client(**ours(endpoint)) as client:
        client.wait_many(range(count), timeout=seconds, progress=True)


def wait_gathered(endpoint: str, count: int, seconds: float) -> None:
    """An awaited call for each."""

    async def main() -> None:
        async with oms.AsyncClient(**ours(endpoint)) as client:
            each = (client.wait_task(n, timeout=seconds) for n in range(count))
            ends = await asyncio.gather(*each, return_exceptions=True)
        assert all(isinstance(end, oms.WaitTimeoutError) for end in ends)

    asyncio.run(main())


def wait_in_threads(endpoint: str, count: int, seconds: float) -> None:
    """A thread for each."""
    ends = []
    with oms.Client(**ours(endpoint)) as client:

        def wait(task_id: int) -> None:
            try:
                client.wait_task(task_id, timeout=seconds)
            except oms.WaitTimeoutError as error:
                ends.append(error)

        threads = [threading.Thread(target=wait, args=(n,)) for n in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(ends) == count


def lists(through: Callable[[str], Iterator[int]]) -> Callable[[str, int], Measured]:
    """Measure the memory that going through a list takes, after the first pages."""

    def run(endpoint: str, count: int) -> Measured:
        numbers = through(endpoint)
        seen = sum(1 for _ in zip(range(5000), numbers, strict=False))
        settled()
        before = memory("VmRSS")
        peak_from_here()
        began = perf_counter()
        rest = sum(1 for _ in numbers)
        assert seen + rest == count
        return {"grown_mib": (memory("VmHWM") - before) / MIB, "per_second": rest / (perf_counter() - began)}

    return run


def listed(endpoint: str) -> Iterator[int]:
    """The ids, by a blocking client."""
    with oms.Client(**ours(endpoint)) as client:
        for task in client.list_tasks():
            yield task.id


def listed_async(endpoint: str) -> Iterator[int]:
    """The ids, by an asynchronous client."""
    client = oms.AsyncClient(**ours(endpoint))
    tasks = client.list_tasks()

    async def after() -> Any:
        return await anext(tasks, None)

    loop = asyncio.new_event_loop()
    while (task := loop.run_until_complete(after())) is not None:
        yield task.id
    loop.run_until_complete(client.close())
    loop.close()


MEASURED: dict[str, Callable[[str, int], Measured]] = {
    "start_many": start_many,
    "vendor": vendor_pool,
    "wait_many": waits(wait_many),
    "wait_many, progress": waits(wait_many_with_progress),
    "gather": waits(wait_gathered),
    "threads": waits(wait_in_threads),
    "list": lists(listed),
    "async list": lists(listed_async),
}


def serve(count: int, status: str) -> None:
    """Be a local OMS with so many tasks, until nobody listens any more."""
    with Emulator(ak=AK, sk=SK, project_id=PROJECT, max_requests=1) as local:
        local.add_tasks(range(count), status=status, duration=86_400.0)
        print(local.endpoint, flush=True)
        sys.stdin.read()


def measure(name: str, count: int, *, tasks: int, status: str) -> Measured:
    """Measure once, against a local OMS of its own."""
    me = [sys.executable, __file__]
    server = [*me, "serve", str(tasks), status]
    with subprocess.Popen(server, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as local:
        assert local.stdout is not None
        endpoint = local.stdout.readline().strip()
        run = subprocess.run([*me, "one", name, endpoint, str(count)], stdout=subprocess.PIPE, text=True, check=True)
        local.communicate()
    found: Measured = json.loads(run.stdout)
    return found


def starts(rounds: int) -> None:
    """10,000 starts, ours and the vendor's in turns; then what 50,000 take."""
    count = 10_000
    ours: list[Measured] = []
    vendors = []
    for _ in range(rounds):
        ours.append(measure("start_many", count, tasks=count + WARM_UP, status="PAUSED"))
        vendors.append(measure("vendor", count, tasks=count + WARM_UP, status="PAUSED")["per_second"])
    mine, theirs = statistics.median(one["per_second"] for one in ours), statistics.median(vendors)
    print(f"start_many, {count} tasks, {AT_ONCE} at once: {mine:,.0f} a second")
    print(f"vendor's client, {AT_ONCE} threads: {theirs:,.0f} a second; ratio {mine / theirs:.1f} (goal 15)")
    for starts, found in ((count, ours[0]), (5 * count, None)):
        one = found or measure("start_many", starts, tasks=starts + WARM_UP, status="PAUSED")
        print(
            f"memory of {starts} starts: {one['outcome_bytes']:.0f} bytes an outcome; beyond outcomes at most "
            f"{one['beyond_mib']:.1f} MiB, afterwards {one['left_mib']:.1f} MiB"
        )


def waiting() -> None:
    """What waiting for 500 tasks costs."""
    for name in ("wait_many", "wait_many, progress", "gather", "threads"):
        found = measure(name, 500, tasks=500, status="RUNNING")
        print(
            f"waiting for 500 tasks, {name}: {found['percent']:.2f} % of a core (goal 1), "
            f"{found['first_percent']:.2f} % in the first minute"
        )


def listing() -> None:
    """What going through a long list takes."""
    for name in ("list", "async list"):
        for count in (20_000, 100_000):
            found = measure(name, count, tasks=count, status="PAUSED")
            print(
                f"{name} of {count}: grows by {found['grown_mib']:.1f} MiB, {found['per_second']:,.0f} tasks a second"
            )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parts = {"starts": lambda: starts(arguments.rounds), "waiting": waiting, "listing": listing}
    parser.add_argument("parts", nargs="*", choices=parts, default=list(parts))
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    for part in arguments.parts:
        parts[part]()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(int(sys.argv[2]), sys.argv[3])
    elif sys.argv[1:2] == ["one"]:
        print(json.dumps(MEASURED[sys.argv[2]](sys.argv[3], int(sys.argv[4]))))
    else:
        main()

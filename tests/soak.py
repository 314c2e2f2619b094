"""Many starts through many faults, held against the local OMS's ledger; memory and open files are watched.

    python tests/soak.py --starts 100000

Half of the starts are awaited, 64 at a time, and half are made by 8 threads. One request in ten meets a fault, and half
of those meet it after the start was carried out; looks meet as many. One task in fifty has ended before anyone can look
at it, and another has failed. The local OMS runs in a process of its own, so that the memory measured is the client's.

The exit code is 0 if nothing was carried out twice, reported done and not done, or reported failed and done, and if at
least 99.9 % succeeded, no call outlasted its time limit by more than 100 ms, and memory and open files stayed flat.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import ctypes
import gc
import itertools
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Emulator, Fault

BATCH = 10_000
AT_ONCE = 64
THREADS = 8
TIMEOUT = 30.0
KEYS = {"dst_ak": "AKDESTINATION", "dst_sk": "SKDESTINATION"}
POLICY = oms.RetryPolicy(base_delay=0.01, max_delay=0.2, attempt_timeout=1.0)

# What a request meets in place of an answer, before or after it was carried out.
FAULTS = [
    {"kind": "reset"},
    {"kind": "close"},
    {"kind": "garbage"},
    {"kind": "html", "status": 502},
    {"kind": "html", "status": 200},
    {"kind": "status", "status": 500, "error_code": "APIGW.0601"},
    {"kind": "status", "status": 503, "error_code": "APIGW.0601", "retry_after": 0.05},
    {"kind": "status", "status": 504, "error_code": "APIGW.0201"},
    {"kind": "not_json", "status": 200},
    {"kind": "stall"},
]


def serve(starts, share):
    """The local OMS: says where it is, and at the end what it has carried out."""
    with Emulator(project_id="p", ak="AK", sk="SK", max_requests=1) as local:
        local.add_tasks((n for n in range(starts) if n % 50 > 1), duration=10**6)
        local.add_tasks(range(0, starts, 50), duration=0.001)
        local.add_tasks(range(1, starts, 50), duration=0.001, failed_objects=500)
        seeds = itertools.count(1)
        for operation, when, fault in itertools.product(["start", "show"], ["before", "after"], FAULTS):
            each = share / 2 / len(FAULTS)
            local.inject(Fault(**fault, operation=operation, when=when, share=each, seed=next(seeds)))
        print(local.endpoint, flush=True)
        sys.stdin.readline()
        print(json.dumps({resource_id: count for (_, resource_id), count in local.starts.items()}))


def give_back():
    """Have glibc give free memory back: what its arenas, one a thread, keep for later is no growth of ours."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


class Watch:
    """What became of each start, in a byte each: the watch itself must not grow."""

    def __init__(self, starts):
        self.kinds = ["pending", "done", "done, found started"]
        self.outcomes = bytearray(starts)
        self.attempts = collections.Counter()
        self.longest = 0.0
        self.samples = []

    def saw(self, number, outcome, took):
        self.longest = max(self.longest, took)
        if isinstance(outcome, oms.StartResult):
            self.attempts[outcome.attempts] += 1
            self.outcomes[number] = 2 if outcome.already_started else 1
            return
        kind = type(outcome).__name__
        if kind not in self.kinds:
            self.kinds.append(kind)
        self.outcomes[number] = self.kinds.index(kind)

    def count(self):
        return {kind: self.outcomes.count(at) for at, kind in enumerate(self.kinds)}

    def sample(self, starts, began):
        gc.collect()
        give_back()
        with open("/proc/self/statm", encoding="ascii") as statm:
            resident = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
        files = len(os.listdir("/proc/self/fd"))
        threads = len(os.listdir("/proc/self/task"))
        self.samples.append((starts, resident, files))
        rate = starts / (time.monotonic() - began)
        print(f"{starts:>10,} {resident:>10.2f} {files:>10} {threads:>10} {rate:>10,.0f}", flush=True)


async def awaited(calls, numbers, watch):
    numbers = iter(numbers)

    async def work():
        for number in numbers:
            began = time.monotonic()
            try:
                outcome = await calls.start_task(number, **KEYS)
            except oms.OmsError as error:
                outcome = error
            watch.saw(number, outcome, time.monotonic() - began)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


def blocking(calls, numbers, watch, pool):
    def work(mine):
        for number in mine:
            began = time.monotonic()
            try:
                outcome = calls.start_task(number, **KEYS)
            except oms.OmsError as error:
                outcome = error
            watch.saw(number, outcome, time.monotonic() - began)

    list(pool.map(work, (numbers[at::THREADS] for at in range(THREADS))))


def soak(endpoint, starts):
    watch = Watch(starts)
    settings = {
        "endpoint": endpoint,
        "project_id": "p",
        "credentials": oms.AkSk("AK", "SK"),
        "timeout": TIMEOUT,
        "retry": POLICY,
    }
    waits, awaits = oms.Client(**settings), oms.AsyncClient(**settings)
    print(f"{'starts':>10} {'MiB':>10} {'open files':>10} {'threads':>10} {'a second':>10}")
    began = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        for first in range(0, starts, BATCH):
            numbers = range(first, min(first + BATCH, starts))
            asyncio.run(awaited(awaits, numbers[::2], watch))
            blocking(waits, numbers[1::2], watch, pool)
            watch.sample(numbers[-1] + 1, began)
    return watch


def judge(watch, ledger, starts):
    """Print what came of it; tell whether all is well."""
    counts = watch.count()
    print("\noutcome as told")
    for kind, count in counts.items():
        print(f"{count:>10,} {count / starts:>9.3%} {kind}")
    print("requests a start that succeeded took")
    for attempts, count in sorted(watch.attempts.items()):
        print(f"{count:>10,} {count / starts:>9.3%} {attempts}")
    carried_out = [ledger.get(str(number), 0) for number in range(starts)]
    is_done = [outcome in {1, 2} for outcome in watch.outcomes]
    unknown = watch.kinds.index("OutcomeUnknownError") if "OutcomeUnknownError" in watch.kinds else -1
    grown = watch.samples[-1][1] - watch.samples[0][1]
    files = watch.samples[-1][2] - watch.samples[0][2]
    over = (watch.longest - TIMEOUT) * 1000
    promises = [
        ("carried out twice", sum(count > 1 for count in carried_out), 0),
        ("told done, and not done", sum(d and not c for d, c in zip(is_done, carried_out, strict=True)), 0),
        (
            "told failed, and done",
            sum(
                c > 0 and not d and told != unknown
                for c, d, told in zip(carried_out, is_done, watch.outcomes, strict=True)
            ),
            0,
        ),
        ("never ended", counts["pending"], 0),
        ("not successful, per mille", (1 - sum(is_done) / starts) * 1000, 1),
        ("ms beyond the time limit", max(over, 0.0), 100),
        (f"MiB grown since {watch.samples[0][0]:,}", grown, 2),
        ("files opened since", files, THREADS),
    ]
    print("\npromises")
    for promise, measured, most in promises:
        verdict = "ok" if measured <= most else "BROKEN"
        print(f"{measured:>10.4g} of at most {most:>4} {verdict:>7}  {promise}")
    print(f"\nthe longest call took {watch.longest:.2f} s of its {TIMEOUT:.0f}")
    return all(measured <= most for _, measured, most in promises)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=100_000)
    parser.add_argument("--share", type=float, default=0.1, help="of requests that meet a fault (0.1)")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.starts, given.share)
        return
    command = [sys.executable, __file__, "--serve", "--starts", str(given.starts), "--share", str(given.share)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        watch = soak(server.stdout.readline().strip(), given.starts)
        ledger = json.loads(server.communicate("\n")[0])
    sys.exit(0 if judge(watch, ledger, given.starts) else 1)


if __name__ == "__main__":
    main()

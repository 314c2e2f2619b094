"""What is compared: each contender makes N starts against one server and tells how long that took.

`contenders.py NAME ENDPOINT CALLS` prints `{"calls": ..., "wall": seconds, "cpu": seconds}`. Every contender runs in a
process of its own, warms up with a tenth of the calls, and is timed from the first to the last of the rest.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

AK, SK = "QTWAOYTTINDUT2QVKYUC", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc"
KEYS = {"src_ak": AK, "src_sk": SK, "dst_ak": AK, "dst_sk": SK}
PROJECT = "0123456789abcdef0123456789abcdef"
TASK = 1234567890123
PATH = f"/v2/{PROJECT}/tasks/{TASK}/start"


def cpu() -> float:
    """CPU seconds of this process so far, all its threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def timed(work: Callable[[int], object], calls: int) -> tuple[int, float, float]:
    """Warm up, then time `work(calls)`."""
    work(max(calls // 10, 64))
    wall, used = time.perf_counter(), cpu()
    work(calls)
    return calls, time.perf_counter() - wall, cpu() - used


def timed_async(
    setup: Callable[[], Awaitable[Callable[[], Awaitable[object]]]], calls: int, in_flight: int
) -> tuple[int, float, float]:
    """Time `calls` awaited calls, `in_flight` of them at once."""

    async def main() -> tuple[int, float, float]:
        one = await setup()

        async def lane(share: int) -> None:
            for _ in range(share):
                await one()

        async def run(count: int) -> None:
            await asyncio.gather(*(lane(count // in_flight) for _ in range(in_flight)))

        await run(max(calls // 10, in_flight))
        wall, used = time.perf_counter(), cpu()
        await run(calls)
        return calls // in_flight * in_flight, time.perf_counter() - wall, cpu() - used

    return asyncio.run(main())


def ours(endpoint: str) -> dict[str, Any]:
    """Our client's settings."""
    import huaweicloud_oms as oms

    return {"endpoint": endpoint, "project_id": PROJECT, "credentials": oms.AkSk(AK, SK)}


def sync(endpoint: str, calls: int) -> tuple[int, float, float]:
    """Our client, one call after another."""
    import huaweicloud_oms as oms

    client = oms.Client(**ours(endpoint))
    return timed(lambda n: [client.start_task(TASK, **KEYS) for _ in range(n)], calls)


def threads(endpoint: str, calls: int, workers: int = 64) -> tuple[int, float, float]:
    """Our client, one for many threads."""
    import huaweicloud_oms as oms

    client = oms.Client(**ours(endpoint))

    def lane(share: int) -> None:
        for _ in range(share):
            client.start_task(TASK, **KEYS)

    def run(count: int) -> None:
        lanes = [threading.Thread(target=lane, args=(count // workers,)) for _ in range(workers)]
        for one in lanes:
            one.start()
        for one in lanes:
            one.join()

    return timed(run, calls // workers * workers)


def awaited(in_flight: int) -> Callable[[str, int], tuple[int, float, float]]:
    """Our async client."""

    def run(endpoint: str, calls: int) -> tuple[int, float, float]:
        async def setup() -> Callable[[], Awaitable[object]]:
            import huaweicloud_oms as oms

            client = oms.AsyncClient(**ours(endpoint))
            return lambda: client.start_task(TASK, **KEYS)

        return timed_async(setup, calls, in_flight)

    return run


def many(concurrency: int) -> Callable[[str, int], tuple[int, float, float]]:
    """Our client, given a list of starts."""

    def run(endpoint: str, calls: int) -> tuple[int, float, float]:
        import huaweicloud_oms as oms

        client = oms.Client(**ours(endpoint))

        def start(count: int) -> None:
            starts = [oms.StartTask(TASK + at, **KEYS) for at in range(count)]
            outcomes = client.start_many(starts, concurrency=concurrency)
            assert all(outcome.ok for outcome in outcomes)

        return timed(start, calls)

    return run


def vendor_client(endpoint: str, *, is_async: bool = False) -> Any:
    """The vendor's client, with its own connection pool as large as it may need."""
    from huaweicloudsdkcore.auth.credentials import BasicCredentials
    from huaweicloudsdkcore.http.http_config import HttpConfig
    from huaweicloudsdkoms.v2 import OmsAsyncClient, OmsClient

    kind = OmsAsyncClient if is_async else OmsClient
    config = HttpConfig.get_default_config()
    config.ignore_ssl_verification = True
    builder = kind.new_builder().with_http_config(config).with_credentials(BasicCredentials(AK, SK, PROJECT))
    return builder.with_endpoints([endpoint]).build()


def vendor_request() -> Any:
    """The vendor's request for the same start."""
    from huaweicloudsdkoms.v2 import StartTaskReq, StartTaskRequest

    return StartTaskRequest(task_id=TASK, body=StartTaskReq(**KEYS))


def vendor_sync(endpoint: str, calls: int) -> tuple[int, float, float]:
    """The vendor's client, one call after another."""
    client = vendor_client(endpoint)
    return timed(lambda n: [client.start_task(vendor_request()) for _ in range(n)], calls)


def vendor_async(endpoint: str, calls: int) -> tuple[int, float, float]:
    """The vendor's async client, 64 calls under way."""
    client = vendor_client(endpoint, is_async=True)

    def run(count: int) -> None:
        for begin in range(0, count, 64):
            answers = [client.start_task_async(vendor_request()) for _ in range(min(64, count - begin))]
            for answer in answers:
                answer.result()

    return timed(run, calls)


def vendor_pool(endpoint: str, calls: int) -> tuple[int, float, float]:
    """The vendor's client, driven by 64 threads."""
    client = vendor_client(endpoint)
    with ThreadPoolExecutor(64) as pool:
        return timed(
            lambda n: list(pool.map(lambda _: client.start_task(vendor_request()), range(n))),
            calls,
        )


def requests_sync(endpoint: str, calls: int) -> tuple[int, float, float]:
    """`requests`, without signing."""
    import requests

    session = requests.Session()
    return timed(lambda n: [session.post(endpoint + PATH, json=KEYS).raise_for_status() for _ in range(n)], calls)


def httpx_sync(endpoint: str, calls: int) -> tuple[int, float, float]:
    """`httpx`, without signing."""
    import httpx

    client = httpx.Client()
    return timed(lambda n: [client.post(endpoint + PATH, json=KEYS).raise_for_status() for _ in range(n)], calls)


def httpx_async(endpoint: str, calls: int) -> tuple[int, float, float]:
    """`httpx`, asynchronous, without signing, 64 in flight."""

    async def setup() -> Callable[[], Awaitable[object]]:
        import httpx

        client = httpx.AsyncClient(limits=httpx.Limits(max_connections=64))
        return lambda: client.post(endpoint + PATH, json=KEYS)

    return timed_async(setup, calls, 64)


def aiohttp_async(endpoint: str, calls: int) -> tuple[int, float, float]:
    """`aiohttp`, without signing, 64 in flight."""

    async def setup() -> Callable[[], Awaitable[object]]:
        import aiohttp

        session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64))
        # Closed by the process's end; aiohttp would print a page about it.
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)

        async def one() -> None:
            async with session.post(endpoint + PATH, json=KEYS) as answer:
                await answer.read()

        return one

    return timed_async(setup, calls, 64)


CONTENDERS: dict[str, Callable[[str, int], tuple[int, float, float]]] = {
    "ours, sync": sync,
    "ours, async, 1 in flight": awaited(1),
    "ours, async, 64 in flight": awaited(64),
    "ours, async, 256 in flight": awaited(256),
    "ours, 64 threads": threads,
    "ours, start_many, 64": many(64),
    "ours, start_many, 256": many(256),
    "vendor, sync": vendor_sync,
    "vendor, async client": vendor_async,
    "vendor, 64 threads": vendor_pool,
    "requests, unsigned": requests_sync,
    "httpx, unsigned": httpx_sync,
    "httpx async, unsigned, 64": httpx_async,
    "aiohttp, unsigned, 64": aiohttp_async,
}


if __name__ == "__main__":
    name, endpoint, calls = sys.argv[1:]
    done, wall, used = CONTENDERS[name](endpoint, int(calls))
    print(json.dumps({"calls": done, "wall": wall, "cpu": used}))

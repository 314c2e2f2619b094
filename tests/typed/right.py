"""A user's program that type checkers accept as it is, and that tells them every type by itself."""

from __future__ import annotations

import asyncio
import collections
import datetime as dt
import pathlib
import types

from typing_extensions import assert_type

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Emulator, Fault


def start(client: oms.Client, path: pathlib.Path) -> str | None:
    """Every kind of argument."""
    result = client.start_task(
        1234567890123,
        dst_ak="a",
        dst_sk="b",
        src_ak=None,
        json_auth_file={"type": "service_account"},
        migrate_failed_object=True,
        src_crypto_type="KMS",
        timeout=5,
    )
    assert_type(result, oms.StartResult)
    assert_type(result.resource_id, str)
    assert_type(result.attempts, int)
    assert_type(result.elapsed, float)
    assert_type(result.already_started, bool)
    client.start_task("text", dst_ak="a", dst_sk="b", json_auth_file=path)
    client.start_task(task_id=1, dst_ak="a", dst_sk="b", json_auth_file=collections.OrderedDict(a=1))
    client.start_task_group("g", dst_ak="a", dst_sk="b", json_auth_file=types.MappingProxyType({"a": 1}))
    client.start_sync_task("s", src_ak="a", src_sk="b", dst_ak="c", dst_sk="d", timeout=None)
    return result.request_id


async def start_all(client: oms.AsyncClient) -> list[oms.StartResult]:
    """The same names, awaited."""
    one = await client.start_task(1, dst_ak="a", dst_sk="b")
    two = await oms.start_task_group_async("g", dst_ak="a", dst_sk="b")
    return [one, two, *await asyncio.gather(client.start_sync_task("s"), oms.start_sync_task_async("s"))]


def settings() -> oms.Client:
    """Every setting."""
    return oms.Client(
        region=oms.REGIONS[0],
        project_id="p",
        credentials=oms.AkSk("a", "b", security_token=None),
        timeout=60,
        connect_timeout=10.0,
        retry=oms.RetryPolicy(max_attempts=2, attempt_timeout=None),
        proxy=None,
        ca_bundle=pathlib.Path("ca.pem"),
        allow_http=False,
    )


def main() -> int:
    """What can go wrong, with its attributes."""
    try:
        with oms.Client(endpoint="https://h", credentials=oms.Token("t")) as client:
            assert_type(client, oms.Client)
            assert_type(client.region, "str | None")
            start(client, pathlib.Path("key.json"))
            oms.start_task(1, dst_ak="a", dst_sk="b")
    except oms.ValidationError as error:
        for fault in error.errors:
            assert_type(fault, oms.FieldError)
            assert_type((fault.field, fault.message), tuple[str, str])
    except oms.RateLimitError as error:
        assert_type(error.retry_after, "float | None")
        return error.status_code
    except oms.RequestTimeoutError as error:
        assert_type(error.sent, bool)
    except (oms.ApiError, oms.TransportError, oms.OutcomeUnknownError) as error:
        assert_type(error.operation, str)
        assert_type(error.attempts, int)
    headers = oms.sign_request(
        "GET",
        "https://h",
        headers={"a": "b"},
        body=b"",
        credentials=oms.AkSk("a", "b"),
        date=dt.datetime.now(dt.timezone.utc),
    )
    assert_type(headers, dict[str, str])
    with Emulator(project_id="p") as local:
        local.add_task(1, status="PAUSED", duration=3.0)
        local.inject(Fault("reset", when="after", operation="start_task"))
        assert_type(local.endpoint, str)
        return local.starts["start_task", 1]


if __name__ == "__main__":
    main()
    asyncio.run(start_all(oms.AsyncClient()))

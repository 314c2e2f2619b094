"""Start a migration task, a task group and a synchronization task, and watch.

Without arguments it runs against a local OMS of its own, and needs no account. With `--endpoint` or `--region` it runs
against the real service: keys and project come from the environment (HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK,
HUAWEICLOUD_SDK_PROJECT_ID), and so do the keys of the two sides (OMS_SRC_AK, OMS_SRC_SK, OMS_DST_AK, OMS_DST_SK).

    python examples/demo.py
    python examples/demo.py --region cn-north-4 --task 1234567890123
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from typing import TYPE_CHECKING, TypedDict

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Emulator

if TYPE_CHECKING:
    from huaweicloud_oms.emulator import RecordedRequest


class Keys(TypedDict):
    """The keys of both sides of a migration."""

    src_ak: str | None
    src_sk: str | None
    dst_ak: str | None
    dst_sk: str | None


LOCAL_KEYS = Keys(src_ak="source-ak", src_sk="source-sk", dst_ak="target-ak", dst_sk="target-sk")
BAR_WIDTH = 40


def main() -> int:
    """Run the demo; give the exit code."""
    arguments = parse_arguments()
    if arguments.endpoint or arguments.region or os.environ.get("HUAWEICLOUD_OMS_ENDPOINT"):
        return demo_on_the_service(arguments)
    return demo_on_a_local_oms()


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--endpoint", help="where OMS answers, for example a local OMS that runs already")
    parser.add_argument("--region", help="a region of the real service")
    parser.add_argument("--task", help="id of a paused or failed migration task to start")
    parser.add_argument("--group", help="id of a paused task group to resume")
    parser.add_argument("--sync-task", help="id of a stopped synchronization task to start")
    return parser.parse_args()


def demo_on_a_local_oms() -> int:
    """Show everything on a local OMS."""
    with Emulator(ak="demo-ak", sk="demo-sk", project_id="demo-project") as local:
        local.add_task(1001, total_objects=500, total_bytes=10**9, duration=4.0)
        local.add_task(1002, total_objects=500, total_bytes=10**9, duration=60.0)
        local.add_task_group("group-1", tasks=3, duration=60.0)
        local.add_sync_task("sync-1")
        print(f"A local OMS answers at {local.endpoint}\n")

        credentials = oms.AkSk("demo-ak", "demo-sk")
        with oms.Client(endpoint=local.endpoint, project_id="demo-project", credentials=credentials) as client:
            print("Blocking:")
            report(client.start_task(1001, **LOCAL_KEYS, migrate_failed_object=True))
            report(client.start_task_group("group-1", **LOCAL_KEYS))
            print("Awaited:")
            asyncio.run(start_more(local.endpoint, credentials))
            print("\nTask 1001 on its way:")
            watch(client, 1001)

        print("\nWhat a wrong secret key looks like:")
        wrong = oms.Client(
            endpoint=local.endpoint, project_id="demo-project", credentials=oms.AkSk("demo-ak", "wrong-sk")
        )
        with wrong:
            try:
                wrong.start_task(1002, **LOCAL_KEYS)
            except oms.AuthenticationError as error:
                print(f"  {type(error).__name__}: {error}")
            print("\nWhat bad arguments look like, all of them at once:")
            try:
                wrong.start_task(-1, dst_ak="", src_ak="source-ak")
            except oms.ValidationError as error:
                for field_error in error.errors:
                    print(f"  {field_error.field} {field_error.message}")
        print(f"\nThe local OMS saw {len(local.requests)} requests; the last one it carried out:")
        show(next(request for request in reversed(local.requests) if request.status == 200 and request.body))
    return 0


async def start_more(endpoint: str, credentials: oms.AkSk) -> None:
    """Start a task and a synchronization task at the same time."""
    async with oms.AsyncClient(endpoint=endpoint, project_id="demo-project", credentials=credentials) as client:
        for result in await asyncio.gather(
            client.start_task(1002, **LOCAL_KEYS),
            client.start_sync_task("sync-1", **LOCAL_KEYS),
        ):
            report(result)


def demo_on_the_service(arguments: argparse.Namespace) -> int:
    """Start what was named, with keys from the environment."""
    if not (arguments.task or arguments.group or arguments.sync_task):
        print("Name what to start: --task, --group or --sync-task.", file=sys.stderr)
        return 2
    keys = Keys(
        src_ak=os.environ.get("OMS_SRC_AK"),
        src_sk=os.environ.get("OMS_SRC_SK"),
        dst_ak=os.environ.get("OMS_DST_AK"),
        dst_sk=os.environ.get("OMS_DST_SK"),
    )
    try:
        with oms.Client(endpoint=arguments.endpoint, region=arguments.region) as client:
            print(f"OMS at {client.endpoint}, project {client.project_id}")
            if arguments.group:
                report(client.start_task_group(arguments.group, **keys))
            if arguments.sync_task:
                report(client.start_sync_task(arguments.sync_task, **keys))
            if arguments.task:
                report(client.start_task(arguments.task, **keys))
                watch(client, arguments.task)
    except oms.OmsError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def report(result: oms.StartResult) -> None:
    """Print what was started."""
    how = "was found started" if result.already_started else "started"
    print(
        f"  {result.operation} {result.resource_id}: {how}, HTTP {result.status_code}, "
        f"{result.elapsed * 1000:.1f} ms, request id {result.request_id}"
    )


def watch(client: oms.Client, task_id: int | str) -> None:
    """Draw a task's progress until it ends."""
    while True:
        task = client.show_task(task_id)
        done = task.progress or 0.0
        bar = "#" * round(done * BAR_WIDTH)
        line = (
            f"  [{bar:<{BAR_WIDTH}}] {done:4.0%}  {task.successful_num or 0}/{task.total_num or 0} objects  "
            f"{(task.migrate_speed or 0) / 1e6:.0f} MB/s  {task.status.name.lower():<9}"
        )
        print(line, end="\r" if sys.stdout.isatty() else "\n", flush=True)
        if task.is_finished:
            print()
            return
        time.sleep(0.2 if sys.stdout.isatty() else 1.0)


def show(request: RecordedRequest) -> None:
    """Print a request as the local OMS recorded it."""
    print(f"  {request.method} {request.path} -> {request.status}")
    print(f"  {request.body}")


if __name__ == "__main__":
    sys.exit(main())

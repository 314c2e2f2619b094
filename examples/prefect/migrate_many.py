"""Start many migration tasks from a Prefect flow, five at a time, try again what fails, and report.

Without arguments it runs on a local OMS, and needs no account. With ids of tasks it runs on the real service: then
there must be saved blocks, an `OmsCredentials` called "my-account", and two `ObjectStoreCredentials` called
"old-bucket" and "new-bucket".

    python examples/prefect/migrate_many.py
    python examples/prefect/migrate_many.py 1234567890123 1234567890124
"""

from __future__ import annotations

import sys
from typing import Any

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.task_runners import ThreadPoolTaskRunner

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Emulator
from huaweicloud_oms.prefect import ObjectStoreCredentials, OmsCredentials, start_task, tell_running

ACCOUNT, SOURCE, DESTINATION = "my-account", "old-bucket", "new-bucket"
RUNNING_IN_A_REGION = 5

# Five at once in this flow run. For all flow runs together: `prefect concurrency-limit create oms 5` limits the tag.
migrate_one = start_task.with_options(tags=["oms"], retries=2, retry_delay_seconds=1)
runner: Any = ThreadPoolTaskRunner(max_workers=RUNNING_IN_A_REGION)


@flow(task_runner=runner, on_cancellation=[tell_running(ACCOUNT)])
def migrate(task_ids: list[int], poll_interval: float | None = None) -> int:
    """Migrate all of them; give how many failed."""
    futures = migrate_one.map(
        task_ids,
        credentials=ACCOUNT,
        source=SOURCE,
        destination=DESTINATION,
        migrate_failed_object=True,
        wait=True,
        poll_interval=poll_interval,
    )
    futures.wait()
    outcomes = [future.result(raise_on_failure=False) for future in futures]
    table = [
        {
            "task": task_id,
            "objects": outcome.task.successful_num
            if isinstance(outcome, oms.StartResult) and isinstance(outcome.task, oms.Task)
            else None,
            "error": str(outcome) if isinstance(outcome, Exception) else None,
        }
        for task_id, outcome in zip(task_ids, outcomes, strict=True)
    ]
    create_table_artifact(key="oms-report", table=table)
    return sum(isinstance(outcome, Exception) for outcome in outcomes)


def main() -> int:
    """Run the flow; give the exit code."""
    if len(sys.argv) > 1:
        return 1 if migrate([int(task_id) for task_id in sys.argv[1:]]) else 0
    with Emulator(ak="demo-ak", sk="demo-sk", project_id="demo", running_limit=RUNNING_IN_A_REGION) as local:
        local.add_tasks(range(1001, 1013), duration=1.0)
        local.add_task(1013, duration=1.0, failed_objects=3)  # a second attempt migrates what failed
        account = f"huaweicloud-oms://demo-ak:demo-sk@/?endpoint={local.endpoint}&project_id=demo"
        OmsCredentials.from_uri(account).save(ACCOUNT, overwrite=True)
        for name in (SOURCE, DESTINATION):
            ObjectStoreCredentials.from_uri("huaweicloud-oms-keys://demo-ak:demo-sk@").save(name, overwrite=True)
        failed = migrate(list(range(1001, 1014)), poll_interval=0.2)
        print(f"{failed} failed; {sum(local.starts.values())} starts for 13 tasks, one of which failed once")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

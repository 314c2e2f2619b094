"""A user's program with one mistake a line below, each of which type checkers find."""

from __future__ import annotations

import huaweicloud_oms as oms


def mistakes(client: oms.Client, result: oms.StartResult) -> None:
    """One mistake a line."""
    client.start_task(1.5)  # wrong: an id that is a number, but no integer
    client.start_task_group(1)  # wrong: an integer is no group's id
    client.start_task(1, "key")  # wrong: everything else goes by name
    client.start_task()  # wrong: no id
    client.start_task(1, dst_akk="a")  # wrong: no such argument
    client.start_sync_task("s", migrate_failed_object=True)  # wrong: an argument of another operation
    client.start_task(1, dst_ak=b"a")  # wrong: bytes
    client.start_task(1, migrate_failed_object="yes")  # wrong: text for a boolean
    client.start_task(1, timeout="5")  # wrong: text for a number
    client.start_task(1, json_auth_file=5)  # wrong: no file
    client.project_id = "p"  # wrong: it can only be read
    result.attempts = 5  # wrong: a result does not change
    oms.Client("cn-north-4")  # wrong: settings go by name
    oms.Client(credentials="ak")  # wrong: text for credentials
    oms.Client(retry=4)  # wrong: a number for a policy
    oms.RetryPolicy(4)  # wrong: a policy's values go by name
    oms.sign_request("GET", "https://h")  # wrong: nobody signs
    oms.sign_request("GET", "https://h", credentials=oms.Token("t"))  # wrong: a token signs nothing
    range(oms.start_task_async(1).status_code)  # wrong: it was not awaited
    client.start_everything()  # wrong: there is no such operation

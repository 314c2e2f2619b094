"""The local OMS from a shell: ``python -m huaweicloud_oms.emulator --help``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading

from huaweicloud_oms.emulator import Emulator, Identity

_EPILOG = """\
The secret key, the access key and the token can come from the environment instead, where other people of this
machine cannot see them: HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK, HUAWEICLOUD_SDK_SECURITY_TOKEN,
HUAWEICLOUD_OMS_EMULATOR_TOKEN. With neither a key nor a token it asks for no credentials.

The state file is JSON: objects from ids to tasks, with the names and defaults of Emulator.add_task,
add_task_group and add_sync_task. It is read at the start, if it is there, and kept up to date; it holds no
secret.

  {"tasks": {"1001": {"status": "PAUSED", "total_objects": 500, "total_bytes": 1000000000, "duration": 60}},
   "task_groups": {"g-1": {"status": "PAUSED", "tasks": 3}}, "sync_tasks": {"s-1": {"status": "STOPPED"}}}

It serves until Ctrl-C or SIGTERM. Exit codes: 0 stopped, 1 it could not serve, 2 wrong arguments.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m huaweicloud_oms.emulator",
        description="Serves a local OMS to any client.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    env = os.environ.get
    parser.add_argument("--host", default="127.0.0.1", help="IP address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="port; 0 takes a free one (default: %(default)s)")
    parser.add_argument("--project-id", default=env("HUAWEICLOUD_SDK_PROJECT_ID", "local"), help="(default: local)")
    parser.add_argument("--ak", default=env("HUAWEICLOUD_SDK_AK"), help="access key that requests are signed with")
    parser.add_argument("--sk", default=env("HUAWEICLOUD_SDK_SK"), help="its secret key")
    parser.add_argument(
        "--security-token", default=env("HUAWEICLOUD_SDK_SECURITY_TOKEN"), help="token of a temporary key"
    )
    parser.add_argument("--token", default=env("HUAWEICLOUD_OMS_EMULATOR_TOKEN"), help="token accepted in X-Auth-Token")
    parser.add_argument("--clock-offset", type=float, default=0.0, help="seconds its clock is ahead (default: 0)")
    parser.add_argument("--lock-after", type=int, metavar="N", help="lock a key for 5 minutes after N wrong signatures")
    parser.add_argument("--identity", action="store_true", help="serve IAM, metadata, token and pod services too")
    parser.add_argument("--key-lifetime", type=float, default=86_400.0, help="seconds that their keys are good for")
    parser.add_argument("--running-limit", type=int, help="how many started tasks run at once (default: no limit)")
    parser.add_argument("--state", metavar="FILE", help="JSON file to read the state from and keep it in")
    parser.add_argument(
        "--demo",
        action=argparse.BooleanOptionalAction,
        help="add task 1001, group g-1 and sync task s-1 where they are not there (default: only without --state)",
    )
    return parser


def _add_demo(local: Emulator) -> None:
    if local.state("task", 1001) is None:
        local.add_task(1001, duration=30.0)
    if local.state("task_group", "g-1") is None:
        local.add_task_group("g-1", duration=30.0)
    if local.state("sync_task", "s-1") is None:
        local.add_sync_task("s-1")


def _tell(line: str) -> None:
    # A reader at the other end of a pipe waits for the endpoint.
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _introduce(local: Emulator, *, ak: str | None, token: str | None) -> None:
    _tell(f"The local OMS serves {local.endpoint}")
    _tell("To use it from another shell:")
    _tell(f"  export HUAWEICLOUD_OMS_ENDPOINT={local.endpoint}")
    _tell(f"  export HUAWEICLOUD_SDK_PROJECT_ID={local.project_id}")
    if ak is not None:
        _tell(f"  export HUAWEICLOUD_SDK_AK={ak}")
        _tell("  export HUAWEICLOUD_SDK_SK=...   # the secret key you gave it")
    if token is not None:
        _tell("  # or pass the token you gave it: X-Auth-Token, in this library oms.Token(...)")
    _tell("Ctrl-C stops it.")


def main(arguments: list[str] | None = None) -> int:
    """Serves until it is told to stop.

    Args:
        arguments: The command line; this process's unless given.

    Returns:
        The exit code.
    """
    parser = _parser()
    args = parser.parse_args(arguments)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        local = Emulator(
            ak=args.ak,
            sk=args.sk,
            project_id=args.project_id,
            security_token=args.security_token,
            token=args.token,
            host=args.host,
            port=args.port,
            clock_offset=args.clock_offset,
            running_limit=args.running_limit,
            state=args.state,
            lock_after=args.lock_after,
            identity=Identity(lifetime=args.key_lifetime) if args.identity else None,
        )
    except ValueError as error:
        parser.error(str(error))
    except OSError as error:
        return _fail(error)
    if args.demo if args.demo is not None else args.state is None:
        _add_demo(local)
    try:
        with local:
            _introduce(local, ak=args.ak, token=args.token)
            # Waits in pieces: on Windows a signal does not end a wait.
            while not stopping.wait(0.5):
                pass
    except OSError as error:
        return _fail(error)
    return 0


def _fail(error: OSError) -> int:
    sys.stderr.write(f"error: {error.strerror or error}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())

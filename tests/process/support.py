"""What the tests of a process's life share: scripts that run in a Python of their own, with a deadline."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import huaweicloud_oms

DEADLINE = 60.0

# The scripts can run in another Python than the tests: the extension module is the same for all.
PYTHON = os.environ.get("OMS_TEST_PYTHON", sys.executable)
PACKAGE = str(Path(huaweicloud_oms.__file__).parents[1])

PRELUDE = """
import os, signal, sys, threading, time
import huaweicloud_oms as oms

ENDPOINT = sys.argv[1]
KEYS = dict(dst_ak="AKDESTINATION", dst_sk="SKDESTINATION")

def client(kind=oms.Client, **settings):
    settings.setdefault("timeout", 30.0)
    return kind(endpoint=ENDPOINT, project_id="p", credentials=oms.AkSk("AK", "SK"), **settings)

def wait_for(*pids):
    for pid in pids:
        _, status = os.waitpid(pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0, status
"""

ENVIRONMENT = {
    "HUAWEICLOUD_SDK_PROJECT_ID": "p",
    "HUAWEICLOUD_SDK_AK": "AK",
    "HUAWEICLOUD_SDK_SK": "SK",
}


def run(script, endpoint, *, environment=None):
    """Run a script to its end; give what it printed. It must exit with 0, in time, and leave stderr empty."""
    done = subprocess.run(
        # Python warns of every fork of a process with threads, which is what is tested here.
        [PYTHON, "-W", "ignore:This process:DeprecationWarning", "-c", PRELUDE + textwrap.dedent(script), endpoint],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
        env={
            **os.environ,
            **ENVIRONMENT,
            "PYTHONPATH": PACKAGE,
            "HUAWEICLOUD_OMS_ENDPOINT": endpoint,
            **(environment or {}),
        },
    )
    assert (done.returncode, done.stderr) == (0, ""), f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Silence:
    """A server that reads and never answers; it counts who came and who went."""

    def __init__(self):
        self.came = self.went = 0
        self._changed = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._hear, args=(connection,), daemon=True).start()

    def _hear(self, connection):
        with connection:
            self._count(came=1)
            try:
                while connection.recv(1 << 16):
                    pass
            except ConnectionError:
                pass
            self._count(went=1)

    def _count(self, came=0, went=0):
        with self._changed:
            self.came, self.went = self.came + came, self.went + went
            self._changed.notify_all()

    def wait_until_gone(self, count, timeout=10.0):
        """Wait until so many have come and gone; give how many have gone."""
        deadline = time.monotonic() + timeout
        with self._changed:
            self._changed.wait_for(lambda: self.went >= count, deadline - time.monotonic())
            return self.went

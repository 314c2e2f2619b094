"""What the tests of faults share: clients with short delays, and a watch on time limits."""

from __future__ import annotations

import contextlib
import time

import huaweicloud_oms as oms

KEYS = {"dst_ak": "AKDESTINATION", "dst_sk": "SKDESTINATION"}
QUICK = oms.RetryPolicy(max_attempts=4, base_delay=0.01, max_delay=0.05)

# What machines with other work to do may add to the 100 ms that a call may outlast its time limit.
NOISE = 0.4

# By how much calls have outlasted their time limits: the tests' summary tells the most.
overruns = []


def client(endpoint, **settings):
    settings = {"timeout": 5.0, "retry": QUICK, "credentials": oms.AkSk("AK", "SK"), **settings}
    return oms.Client(endpoint=endpoint, project_id="p", **settings)


@contextlib.contextmanager
def in_time(timeout):
    """Fail if what is done takes longer than a call with this time limit may."""
    began = time.monotonic()
    yield
    over = time.monotonic() - began - timeout
    overruns.append(over)
    assert over < 0.1 + NOISE

"""`calls.py ENDPOINT COUNT`: one blocking call after another, for whoever counts instructions."""

import sys

from contenders import KEYS, TASK, ours

import huaweicloud_oms as oms

client = oms.Client(**ours(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    client.start_task(TASK, **KEYS)

"""`progress=True`: a bar where there is a terminal, lines where there is none."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
from datetime import timedelta

import pytest

import huaweicloud_oms as oms
from huaweicloud_oms import _figures, _progress

from .support import AK, KEYS, PROJECT, SECRETS, SK

RUN = f"""
import huaweicloud_oms as oms, sys
client = oms.Client(endpoint=sys.argv[1], project_id="{PROJECT}", credentials=oms.AkSk("{AK}", "{SK}"))
"""
WAIT = RUN + "client.wait_task(1, poll_interval=0.05, progress=True)"
MANY = RUN + (
    "started = client.start_many([oms.StartTask(n, dst_ak='x', dst_sk='y') for n in range(6)], progress=True)\n"
    "client.wait_many(started, poll_interval=0.05, progress=True)"
)


def in_a_terminal(code, endpoint):
    """What a program writes to its terminal."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
    child = subprocess.Popen([sys.executable, "-W", "error", "-c", code, endpoint], stdout=theirs, stderr=theirs)
    os.close(theirs)
    written = b""
    while True:
        try:
            more = os.read(ours, 1 << 16)
        except OSError:
            break
        if not more:
            break
        written += more
    os.close(ours)
    assert child.wait(20) == 0, written.decode()
    return written.decode()


def test_a_terminal_gets_a_bar(local):
    local.add_task(1, status="RUNNING", duration=0.6)
    shown = in_a_terminal(WAIT, local.endpoint)
    assert "task 1 RUNNING" in shown
    assert "task 1 SUCCEEDED" in shown
    assert "100%|" in shown
    assert re.search(r"%\|.*\| \d+ of 500 objects, 0 failed, .* of 1 GB, 1\.67 GB/s, \d s left", shown)


def test_a_terminal_gets_a_bar_of_many(local):
    local.add_tasks(range(6), duration=0.4)
    shown = in_a_terminal(MANY, local.endpoint)
    assert "6 of 6 done, 0 failed" in shown
    assert "6 of 6 ended, 0 failed" in shown
    assert "3000 of 3000 objects, 0 failed, 6 GB of 6 GB" in shown


def test_what_has_no_end_has_words_and_no_bar(local):
    local.add_sync_task("s", status="SYNCHRONIZING")
    shown = in_a_terminal(RUN + "client.wait_sync_task('s', progress=True)", local.endpoint)
    assert re.search(r"sync task s SYNCHRONIZING \d+ objects, 0 failed, ", shown)
    assert "%" not in shown


def test_without_a_terminal_there_are_lines(local, either, capfd):
    local.add_task(1, status="RUNNING", duration=0.3, failed_objects=5)
    with pytest.raises(oms.MigrationFailedError):
        either.wait_task(1, poll_interval=0.05, progress=True)
    out, lines = capfd.readouterr()
    assert out == ""
    assert lines.splitlines()[-1] == "task 1 FAILED: 99 %, 495 of 500 objects, 5 failed, 990 MB of 1 GB"
    assert len(lines.splitlines()) == 2
    assert not any(secret in lines for secret in SECRETS)


def test_groups_and_sync_tasks_have_lines_too(local, client, capfd):
    local.add_task_group("g", status="MONITORING", duration=0.2)
    local.add_sync_task("s", status="SYNCHRONIZING")
    client.wait_task_group("g", poll_interval=0.05, progress=True)
    client.wait_sync_task("s", progress=True)
    lines = capfd.readouterr().err.splitlines()
    assert lines[-2] == "task group g COMPLETE: 100 %, 1500 of 1500 objects, 0 failed, 3 GB of 3 GB"
    assert lines[-1].startswith("sync task s SYNCHRONIZING: ")


def test_without_tqdm_a_bar_says_how_to_get_it(local, client, monkeypatch):
    local.add_task(1)
    monkeypatch.setattr(_progress, "_is_terminal", lambda: True)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    for ask in (
        lambda: client.wait_task(1, progress=True),
        lambda: client.start_task(1, **KEYS, wait=True, progress=True),
        lambda: client.start_many([oms.StartTask(1, **KEYS)], progress=True),
    ):
        with pytest.raises(oms.ConfigurationError, match=r"pip install 'huaweicloud-oms\[progress\]'"):
            ask()
    assert local.requests == ()


def test_progress_of_none_shows_nothing(local, client, capfd):
    local.add_task(1, status="SUCCEEDED")
    for progress in (None, False):
        client.wait_task(1, progress=progress)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1_536_000, "1.54 MB"), (999_999, "1 MB"), (10**12, "1 TB")],
)
def test_sizes_are_for_people(count, told):
    assert _figures.size(count) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.4, "0 s"), (61, "1 min 1 s"), (7500, "2 h 5 min"), (90_000, "1 d 1 h"), (59.6, "1 min 0 s")],
)
def test_spans_are_for_people(seconds, told):
    assert _figures.span(timedelta(seconds=seconds)) == told

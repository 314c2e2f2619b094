"""Starting, stopping, forking, exiting, keeping state, and the command line: nothing ever hangs."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from huaweicloud_oms.emulator import Emulator, Fault

from .support import BODY, PROJECT, Raw, ask

COMMAND = [sys.executable, "-W", "error", "-m", "huaweicloud_oms.emulator"]
TASK = f"/v2/{PROJECT}/tasks/1001"


def test_stopping_frees_the_port_and_ends_every_connection(free):
    address = free.endpoint.removeprefix("http://")
    host, port = address.split(":")
    free.inject(Fault("stall"))
    free.inject(Fault("oversized"))
    free.inject(Fault("delay", seconds=60))
    with Raw(free) as idle, Raw(free) as stalled, Raw(free) as endless, Raw(free) as delayed:
        for busy in (stalled, endless, delayed):
            busy.start()
            busy.socket.settimeout(5)
            while len(free.requests) == 0:
                time.sleep(0.01)
            time.sleep(0.05)
        began = time.monotonic()
        free.stop()
        assert time.monotonic() - began < 1
        assert idle.rest() == b""
        for busy in (stalled, delayed):
            assert busy.rest() == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5)
    with Emulator(project_id=PROJECT, port=int(port)) as next_one:
        assert next_one.endpoint == free.endpoint
    free.stop()
    with pytest.raises(RuntimeError, match="was stopped"):
        free.start()


def test_it_can_be_filled_before_it_is_started():
    local = Emulator(project_id=PROJECT)
    local.add_task(1001)
    local.inject(Fault("status", status=500))
    with pytest.raises(RuntimeError, match="not started"):
        _ = local.endpoint
    assert "not started" in repr(local)
    with local:
        assert local.start() is local
        assert [ask(local, "GET", TASK)[0] for _ in range(2)] == [500, 200]


def test_a_taken_port_is_told(free):
    port = int(free.endpoint.rpartition(":")[2])
    with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}"):
        Emulator(project_id=PROJECT, port=port).start()


@pytest.mark.parametrize(
    "arguments",
    [
        {"ak": "a"},
        {"sk": "s"},
        {"security_token": "t"},
        {"project_id": ""},
        {"project_id": "a/b"},
        {"host": "example.com"},
        {"clock_offset": float("nan")},
        {"port": 66_000},
        {"port": -1},
        {"max_requests": -1},
    ],
)
def test_a_setup_that_makes_no_sense_is_refused(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        Emulator(**{"project_id": "p", **arguments})


def test_many_threads_share_one(free):
    free.add_tasks(range(2000, 2400))
    failures = []

    def work(first):
        with Raw(free) as raw:
            for task_id in range(first, first + 50):
                status, _, _ = raw.start(task_id).answer()
                if status != 200:
                    failures.append(status)

    threads = [threading.Thread(target=work, args=(2000 + 50 * n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sum(free.starts.values()) == 400


def run(code, **options):
    return subprocess.run(  # noqa: PLW1510
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=20, **options
    )


START_ONE = "from huaweicloud_oms.emulator import Emulator, Fault\nlocal = Emulator(project_id='p').start()\n"


@pytest.mark.parametrize("end", ["", "local.stop()", "del local", "import sys; sys.exit(3)", "import os; os._exit(0)"])
def test_an_interpreter_ends_with_one_running(end):
    done = run(
        f"{START_ONE}import socket\nport = int(local.endpoint[17:])\n"
        f"fd = socket.create_connection(('127.0.0.1', port)).detach()\n{end}"
    )
    assert (done.returncode, done.stderr) == (3 if "exit(3)" in end else 0, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_holds_an_inert_one():
    done = run(
        START_ONE
        + """
import os, socket
child = os.fork()
if child == 0:
    local.endpoint
    try:
        local.requests
    except RuntimeError as error:
        assert "process" in str(error)
    else:
        raise AssertionError
    local.stop()
    del local
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
port = int(local.endpoint[17:])
reading, writing = os.pipe()
lives_on = os.fork()
if lives_on == 0:
    os.read(reading, 1)
    os._exit(0)
open_one = socket.create_connection(("127.0.0.1", port))
open_one.sendall(b"GET / HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n")
assert open_one.recv(100).startswith(b"HTTP/1.1 404")
open_one.settimeout(5)
local.stop()
while open_one.recv(1000):
    pass
open_one.close()
try:
    socket.create_connection(("127.0.0.1", port), timeout=5)
except ConnectionRefusedError:
    print("refused")
os.write(writing, b"x")
os.waitpid(lives_on, 0)
"""
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "refused\n", "")


def test_importing_it_imports_nothing_heavy():
    done = run("import sys\nimport huaweicloud_oms.emulator\nprint(*sys.modules)")
    assert done.returncode == 0, done.stderr
    heavy = {
        "asyncio",
        "dataclasses",
        "typing",
        "enum",
        "json",
        "re",
        "socket",
        "http",
        "logging",
        "argparse",
    }
    bare = set(run("import sys\nprint(*sys.modules)").stdout.split())
    assert not (set(done.stdout.split()) - bare) & heavy


def test_the_state_is_kept_in_a_file(tmp_path):
    file = tmp_path / "state.json"
    with Emulator(project_id=PROJECT, state=file) as local:
        local.add_task(1001, duration=60.0)
        local.add_task_group("g-1")
        local.add_sync_task("s-1", status="SYNCHRONIZING")
        ask(local, "POST", f"{TASK}/start", BODY)
        before = local.state("task", 1001)
    text = file.read_text()
    assert "dst-key" not in text
    assert list(tmp_path.iterdir()) == [file]
    with Emulator(project_id=PROJECT, state=str(file)) as local:
        after = local.state("task", 1001)
        assert (after["status"], after["start_time"]) == (2, before["start_time"])
        assert local.state("task_group", "g-1")["status"] == 3
        assert local.state("sync_task", "s-1")["status"] == "SYNCHRONIZING"


def test_a_state_file_has_the_defaults_of_the_methods(tmp_path):
    file = tmp_path / "state.json"
    file.write_text('{"tasks": {"1001": {}}, "task_groups": {"g-1": {}}, "sync_tasks": {"s-1": {}}}')
    read, added = Emulator(project_id=PROJECT, state=file), Emulator(project_id=PROJECT)
    added.add_task(1001)
    added.add_task_group("g-1")
    added.add_sync_task("s-1")
    for kind, resource_id in [("task", 1001), ("task_group", "g-1")]:
        assert read.state(kind, resource_id) == added.state(kind, resource_id)


def test_the_file_is_kept_up_to_date_while_it_runs(tmp_path):
    file = tmp_path / "state.json"
    with Emulator(project_id=PROJECT, state=file) as local:
        local.add_task(1001)
        deadline = time.monotonic() + 5
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert "1001" in json.loads(file.read_text())["tasks"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "state.json"),
        ("[]", "state.json"),
        ('{"task": {}}', "unknown field `task`"),
        ('{"tasks": {"1": {"status": "HALTED"}}}', "HALTED"),
        ('{"tasks": {"1": {"duration": -1}}}', "tasks: 1: duration"),
    ],
)
def test_a_state_file_that_makes_no_sense_is_told(tmp_path, text, told):
    file = tmp_path / "state.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=told):
        Emulator(project_id=PROJECT, state=file)
    assert file.read_text() == text


def test_a_state_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(OSError, match="state file"):
        Emulator(project_id=PROJECT, state=tmp_path)


class Command:
    """The command line in a process of its own, with a deadline."""

    def __init__(self, *arguments, **environment):
        env = {name: value for name, value in os.environ.items() if not name.startswith("HUAWEICLOUD")}
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**env, **environment},
        )
        self.endpoint = ""
        self.told = ""

    def __enter__(self):
        while not self.told.endswith("Ctrl-C stops it.\n"):
            self.told += self.process.stdout.readline()
        self.endpoint = self.told.split("\n")[0].split()[-1]
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate(timeout=10)

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=10)
        return self.process.returncode, self.told + out, err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_until_it_is_stopped(number):
    with Command("--port", "0", "--token", "tok-tok-tok", "--project-id", PROJECT) as command:
        assert ask(command, "GET", TASK, headers="X-Auth-Token: tok-tok-tok\r\n")[0] == 200
        assert ask(command, "GET", TASK)[0] == 401
        code, out, err = command.stop(number)
    assert (code, err) == (0, "")
    assert f"export HUAWEICLOUD_OMS_ENDPOINT={command.endpoint}" in out
    assert "tok-tok-tok" not in out


def test_the_command_takes_keys_from_the_environment_and_never_tells_the_secret_one():
    keys = {
        "HUAWEICLOUD_SDK_AK": "AKAKAK",
        "HUAWEICLOUD_SDK_SK": "SKSKSK",
        "HUAWEICLOUD_SDK_PROJECT_ID": PROJECT,
    }
    with Command("--port", "0", **keys) as command:
        assert ask(command, "GET", TASK)[0] == 401
        code, out, err = command.stop()
    assert (code, err) == (0, "")
    assert "export HUAWEICLOUD_SDK_AK=AKAKAK" in out
    assert "SKSKSK" not in out


def test_the_command_keeps_its_state(tmp_path):
    file = tmp_path / "state.json"
    file.write_text('{"tasks": {"7": {"duration": 60}}}')
    with Command("--port", "0", "--project-id", PROJECT, "--state", str(file)) as command:
        assert ask(command, "GET", TASK)[0] == 400
        assert ask(command, "POST", f"/v2/{PROJECT}/tasks/7/start", BODY)[0] == 200
        assert command.stop()[0] == 0
    assert json.loads(file.read_text())["tasks"]["7"]["status"] == "RUNNING"


def test_the_command_tells_what_is_wrong_in_a_line(free, tmp_path):
    port = free.endpoint.rpartition(":")[2]
    broken = tmp_path / "state.json"
    broken.write_text("{")
    for arguments, code, told in [
        (["--port", port], 1, "cannot listen on"),
        (["--port", "66000"], 2, "port"),
        (["--ak", "a"], 2, "ak and sk"),
        (["--host", "nowhere"], 2, "host"),
        (["--state", str(broken)], 2, "state.json"),
        (["--state", str(tmp_path)], 1, "state file"),
        (["--colour"], 2, "--colour"),
    ]:
        done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=10, check=False)
        assert (done.returncode, done.stdout) == (code, ""), arguments
        assert told in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr

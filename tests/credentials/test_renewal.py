"""Credentials are renewed before anybody waits: once an expiry, in the background, and in a forked child for itself."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Emulator, Fault, Identity

from .support import AK, PROJECT, REGION, SK, at, fill

KEYS = {"dst_ak": "dst-ak", "dst_sk": "dst-sk"}


def metadata(local):
    return oms.ServerMetadataCredentials(endpoint=local.endpoint)


def temporary(lifetime, **settings):
    return Emulator(project_id=PROJECT, identity=Identity(region=REGION, lifetime=lifetime, **settings))


class Vault:
    """A function that gives the local OMS's own key, as if it were good for a while, and counts."""

    def __init__(self, lifetime=None, takes=0.0):
        self.lifetime = lifetime
        self.takes = takes
        self.calls = 0
        self.at_once = 0
        self.most_at_once = 0
        self.fails = False
        self.lock = threading.Lock()

    def __call__(self):
        with self.lock:
            self.calls += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(self.takes)
        with self.lock:
            self.at_once -= 1
        if self.fails:
            raise OSError("the vault is sealed")
        if self.lifetime is None:
            return oms.AkSk(AK, SK)
        return oms.AkSk(AK, SK), dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=self.lifetime)


def test_a_thousand_calls_at_once_make_one_fetch(local):
    vault = Vault(takes=0.3)
    fill(local, 1000)

    async def run():
        async with oms.AsyncClient(**at(local, credentials=oms.FunctionCredentials(vault))) as client:
            await asyncio.gather(*(client.start_task(n, **KEYS) for n in range(1, 1001)))

    asyncio.run(run())
    assert vault.calls == 1


def test_threads_share_one_fetch(local):
    vault = Vault(takes=0.2)
    with (
        oms.Client(**at(local, credentials=oms.FunctionCredentials(vault))) as client,
        ThreadPoolExecutor(32) as pool,
    ):
        list(pool.map(lambda n: client.start_task(n, **KEYS), range(1, 33)))
    assert vault.calls == 1


def test_nobody_waits_while_the_old_credentials_are_good(local):
    vault = Vault(lifetime=2.0, takes=0.3)
    with oms.Client(**at(local, credentials=oms.FunctionCredentials(vault))) as client:
        client.start_task(1, **KEYS)
        slowest = 0.0
        end = time.monotonic() + 4.5
        number = 2
        while time.monotonic() < end:
            local.add_task(number)
            began = time.monotonic()
            client.start_task(number, **KEYS)
            slowest = max(slowest, time.monotonic() - began)
            number += 1
            time.sleep(0.005)
    assert 3 <= vault.calls <= 4
    assert vault.most_at_once == 1
    assert slowest < 0.25


def test_a_client_in_use_is_renewed_between_its_calls_and_an_idle_one_is_not(local):
    vault = Vault(lifetime=2.0)
    with oms.Client(**at(local, credentials=oms.FunctionCredentials(vault))) as client:
        client.start_task(1, **KEYS)
        client.start_task(2, **KEYS)
        time.sleep(1.9)
        assert vault.calls == 2  # by the timer
        time.sleep(2.2)
        assert vault.calls == 2


def test_a_renewal_that_fails_does_no_harm_while_the_old_credentials_are_good(local):
    vault = Vault(lifetime=2.0)
    with oms.Client(**at(local, credentials=oms.FunctionCredentials(vault))) as client:
        client.start_task(1, **KEYS)
        vault.fails = True
        time.sleep(1.85)
        for number in range(2, 12):
            client.start_task(number, **KEYS)
        assert vault.calls == 2  # and a pause before the next
        time.sleep(0.4)
        with pytest.raises(oms.CredentialsError, match="raised OSError"):
            client.start_task(20, **KEYS)
        vault.fails = False
        client.start_task(20, **KEYS)


@pytest.mark.parametrize("code", ["expired", "APIGW.0307", "APIG.0307"])
def test_one_retry_after_a_401_that_says_so(local, code):
    with oms.Client(**at(local, credentials=metadata(local))) as client:
        client.start_task(1, **KEYS)
        issued = local.issued
        if code == "expired":
            local.expire_issued()
        else:
            fault = Fault("status", status=401, error_code=code, error_msg="renew", times=1, operation="start_task")
            local.inject(fault)
        result = client.start_task(2, **KEYS)
        assert result.attempts == 2
        assert local.issued == issued + 1


def test_never_more_than_one_retry(local):
    with oms.Client(**at(local, credentials=metadata(local))) as client:
        client.start_task(1, **KEYS)
        issued = local.issued
        fault = Fault("status", status=401, error_code="APIGW.0307", error_msg="renew", times=5, operation="start_task")
        local.inject(fault)
        with pytest.raises(oms.AuthenticationError) as caught:
            client.start_task(2, **KEYS)
        assert caught.value.attempts == 2
        assert local.issued == issued + 1


def test_no_retry_after_another_401_with_the_same_key_or_with_a_fixed_one(local):
    wrong = Fault("status", status=401, error_code="APIGW.0301", error_msg="verify aksk signature fail", times=1)
    with oms.Client(**at(local, credentials=oms.FunctionCredentials(Vault()))) as client:
        client.start_task(1, **KEYS)
        local.inject(wrong)
        with pytest.raises(oms.AuthenticationError) as caught:
            client.start_task(2, **KEYS)
        assert caught.value.attempts == 1
        # The vault has no other key: the same one is not sent twice.
        local.inject(Fault("status", status=401, error_code="APIGW.0307", error_msg="renew", times=1))
        with pytest.raises(oms.AuthenticationError) as caught:
            client.start_task(2, **KEYS)
        assert caught.value.attempts == 1
    with oms.Client(**at(local, credentials=oms.AkSk(AK, SK))) as client:
        local.inject(Fault("status", status=401, error_code="APIGW.0307", error_msg="renew", times=1))
        with pytest.raises(oms.AuthenticationError) as caught:
            client.start_task(2, **KEYS)
        assert caught.value.attempts == 1


def test_a_token_is_renewed(local):
    source = oms.IamPasswordCredentials("user", "password", "domain")
    with oms.Client(**at(local, credentials=source, iam_endpoint=local.endpoint)) as client:
        client.start_task(1, **KEYS)
        local.expire_issued()
        assert client.start_task(2, **KEYS).attempts == 2


def test_a_profile_is_read_again_when_its_key_expired(local, tmp_path):
    path = tmp_path / "credentials"
    (first, _), (second, _) = metadata(local).get(), metadata(local).get()
    assert repr(first) == repr(second) == "AkSk(***)"
    path.write_text("[basic]\nak = old\nsk = old\n")
    with oms.Client(**at(local, credentials=oms.ProfileCredentials("basic", path))) as client:
        with pytest.raises(oms.AuthenticationError):
            client.start_task(1, **KEYS)
        path.write_text(f"[basic]\nak = {AK}\nsk = {SK}\n")
        local.inject(Fault("status", status=401, error_code="APIGW.0301", error_msg="securityToken expired", times=1))
        assert client.start_task(1, **KEYS).attempts == 2


def in_child(work):
    """Runs something in a forked child; gives its exit code."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return "hung"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_fetches_for_itself(local):
    with oms.Client(**at(local, credentials=metadata(local))) as client:
        client.start_task(1, **KEYS)
        assert local.issued == 1
        for number in (2, 3):
            assert in_child(lambda n=number: client.start_task(n, **KEYS)) == 0
        assert local.issued == 3
    vault = Vault(lifetime=60)
    with oms.Client(**at(local, credentials=oms.FunctionCredentials(vault))) as client:
        client.start_task(4, **KEYS)

        def start():
            client.start_task(5, **KEYS)
            assert vault.calls == 2

        assert in_child(start) == 0
    assert vault.calls == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_forks_under_a_renewal_never_hang():
    with temporary(0.4) as local:
        fill(local)
        with oms.Client(**at(local, credentials=metadata(local))) as client:
            stop = threading.Event()

            def busy():
                number = 100
                while not stop.is_set():
                    number += 1
                    local.add_task(number)
                    client.start_task(number, **KEYS)

            thread = threading.Thread(target=busy)
            thread.start()
            try:
                for number in range(1, 31):
                    assert in_child(lambda n=number: client.start_task(n, **KEYS)) == 0
            finally:
                stop.set()
                thread.join()


def test_an_interpreter_exits_while_a_function_is_at_work(local):
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    code = f"""
import asyncio, threading, time
import huaweicloud_oms as oms
def slow():
    time.sleep(30)
client = oms.Client(endpoint={local.endpoint!r}, project_id="p", credentials=oms.FunctionCredentials(slow))
threading.Thread(target=client.start_task, args=(1,), kwargs=dict(dst_ak="a", dst_sk="b"), daemon=True).start()
time.sleep(0.3)
"""
    for _ in range(5):
        began = time.monotonic()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=20, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        assert time.monotonic() - began < 5


async def load(client, calls, at_once, first=1):
    """That many starts, so many at a time, over at least `seconds`; gives each call's time."""
    times = []
    numbers = iter(range(first, first + calls))

    async def worker():
        for number in numbers:
            began = time.monotonic()
            await client.start_task(number, **KEYS)
            times.append(time.monotonic() - began)

    await asyncio.gather(*(worker() for _ in range(at_once)))
    return times


@pytest.mark.parametrize("delay", [0.0, 0.4])
def test_many_calls_across_expiries(delay):
    """A small edition of `benches/renewal.py`: a key that is good for two seconds."""
    with temporary(2.0, delay=delay) as local:
        calls, rounds = 500, 9

        async def run():
            times = []
            async with oms.AsyncClient(**at(local, credentials=metadata(local))) as client:
                for turn in range(rounds):
                    first = 1 + turn * calls
                    local.add_tasks(range(first, first + calls), duration=60.0)
                    began = time.monotonic()
                    times += await load(client, calls, 256, first)
                    await asyncio.sleep(max(0.0, 0.7 - (time.monotonic() - began)))
            return times

        began = time.monotonic()
        times = asyncio.run(run())
        took = time.monotonic() - began
        assert len(times) == calls * rounds
        assert len(local.starts) == calls * rounds
        # Every key is renewed once, some time in the last third of its life.
        assert local.issued <= 2 + took / (2.0 * 0.7)
        # The first calls, one a worker, wait for the first key; nobody after them does.
        assert sorted(times)[-257] < delay + 0.2

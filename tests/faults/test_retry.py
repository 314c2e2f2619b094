"""What is tried again, how long is waited, and what is final."""

from __future__ import annotations

import email.utils
import logging
import threading
import time

import pytest

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Emulator, Fault

from .support import KEYS, client, in_time

EAGER = oms.RetryPolicy(max_attempts=4, base_delay=0.001, max_delay=0.01)


def test_throttling_is_waited_out_as_long_as_the_service_asks(local):
    local.add_task(7, duration=3600)
    local.inject(Fault("status", status=429, retry_after=0.5))
    result = client(local.endpoint).start_task(7, **KEYS)
    assert result.attempts == 2
    assert 0.5 <= result.elapsed < 1.5
    assert not result.already_started


def test_retry_after_can_be_a_date_by_the_services_clock():
    with Emulator(project_id="p", clock_offset=7200.0) as local:
        local.add_task(7, duration=3600)
        until = email.utils.formatdate(int(time.time()) + 7200 + 2, usegmt=True)
        local.inject(Fault("status", status=429, retry_after=until))
        result = client(local.endpoint).start_task(7, **KEYS)
    assert result.attempts == 2
    assert 1.0 <= result.elapsed < 3.0


@pytest.mark.parametrize("wait", [3600, "Fri, 31 Dec 2100 23:59:59 GMT", "1e300"])
def test_a_wait_beyond_the_time_limit_ends_the_call_at_once(local, wait):
    local.add_task(7)
    local.inject(Fault("status", status=429, retry_after=wait))
    with in_time(0.1), pytest.raises(oms.RateLimitError) as caught:
        client(local.endpoint, timeout=30.0).start_task(7, **KEYS)
    assert caught.value.attempts == 1
    assert caught.value.retry_after >= 3600
    assert len(local.requests) == 1


def test_what_a_gateway_did_not_deliver_is_sent_again_without_a_look(local):
    local.add_task(7, duration=3600)
    for status, code in [(502, "APIGW.0610"), (503, "APIG.0613"), (500, "APIGW.0605")]:
        local.inject(Fault("status", status=status, error_code=code))
    assert client(local.endpoint).start_task(7, **KEYS).attempts == 4
    assert [request.operation for request in local.requests] == ["start_task"] * 4


def test_attempts_end_with_the_last_error(local):
    local.add_task(7)
    local.inject(Fault("status", status=429, share=1.0))
    with pytest.raises(oms.RateLimitError) as caught:
        client(local.endpoint, retry=EAGER).start_task(7, **KEYS)
    assert caught.value.attempts == len(local.requests) == 4


def test_one_attempt_can_be_asked_for(local):
    local.add_task(7)
    local.inject(Fault("status", status=429))
    with pytest.raises(oms.RateLimitError):
        client(local.endpoint, retry=oms.RetryPolicy(max_attempts=1)).start_task(7, **KEYS)
    assert len(local.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 409, 410, 413, 414, 422, 494])
def test_refusals_are_final(local, status):
    local.add_task(7)
    local.inject(Fault("status", status=status, retry_after=0))
    with pytest.raises(oms.ApiError) as caught:
        client(local.endpoint).start_task(7, **KEYS)
    assert (caught.value.status_code, caught.value.attempts) == (status, 1)
    assert len(local.requests) == 1


def test_a_wrong_key_is_never_tried_again():
    with Emulator(project_id="p", ak="AK", sk="another") as local:
        local.add_task(7)
        with pytest.raises(oms.AuthenticationError) as caught:
            client(local.endpoint).start_task(7, **KEYS)
        assert caught.value.attempts == len(local.requests) == 1


@pytest.mark.parametrize("offset", [3600.0, -3600.0])
def test_a_clock_that_is_off_is_corrected_once_and_for_all(caplog, offset):
    with Emulator(project_id="p", ak="AK", sk="SK", clock_offset=offset) as local:
        local.add_tasks([7, 8], duration=3600)
        calls = client(local.endpoint)
        with caplog.at_level(logging.WARNING, "huaweicloud_oms"):
            assert calls.start_task(7, **KEYS).attempts == 2
            assert calls.start_task(8, **KEYS).attempts == 1
        (record,) = caplog.records
        assert record.levelno == logging.WARNING
        assert abs(record.clock_offset - offset) < 3
        assert "clock is off" in record.getMessage()
        assert len(local.requests) == 3


def test_threads_that_meet_a_wrong_clock_together_are_all_corrected(caplog):
    with Emulator(project_id="p", ak="AK", sk="SK", clock_offset=3600.0) as local:
        local.add_tasks(range(32), duration=3600)
        local.inject(Fault("delay", seconds=0.05, share=1.0))
        calls = client(local.endpoint, timeout=30.0)
        results = []
        threads = [
            threading.Thread(target=lambda n=n: results.append(calls.start_task(n, **KEYS)), args=()) for n in range(32)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(results) == 32
        assert set(local.starts.values()) == {1}
    assert len([r for r in caplog.records if r.levelno == logging.WARNING]) <= 1


def test_an_expired_key_is_no_wrong_clock(local):
    local.add_task(7)
    local.inject(Fault("status", status=401, error_code="APIGW.0301", error_msg="The token has expired.", share=1.0))
    for credentials in (oms.AkSk("AK", "SK"), oms.Token("t" * 20)):
        with pytest.raises(oms.AuthenticationError) as caught:
            client(local.endpoint, credentials=credentials).start_task(7, **KEYS)
        assert caught.value.attempts == 1


def test_a_token_is_not_dated_and_so_not_tried_again():
    with Emulator(project_id="p", clock_offset=3600.0) as local:
        local.add_task(7)
        local.inject(Fault("status", status=401, error_msg="The token has expired.", share=1.0))
        with pytest.raises(oms.AuthenticationError) as caught:
            client(local.endpoint, credentials=oms.Token("t" * 20)).start_task(7, **KEYS)
        assert caught.value.attempts == len(local.requests) == 1


def test_a_clock_is_corrected_only_once_a_call():
    with Emulator(project_id="p", clock_offset=3600.0) as local:
        local.add_task(7)
        local.inject(Fault("status", status=401, error_msg="Signature expired.", share=1.0))
        with pytest.raises(oms.AuthenticationError) as caught:
            client(local.endpoint).start_task(7, **KEYS)
        assert caught.value.attempts == len(local.requests) == 2


def test_a_service_that_only_throttles_is_soon_left_alone(local):
    local.add_task(7)
    local.inject(Fault("status", status=429, share=1.0))
    calls = client(local.endpoint, retry=EAGER)
    attempts = []
    for _ in range(60):
        with pytest.raises(oms.RateLimitError) as caught:
            calls.start_task(7, **KEYS)
        attempts.append(caught.value.attempts)
    assert attempts[0] == 4
    assert attempts[-1] == 1
    assert sum(attempts) - len(attempts) <= 100


def test_a_service_that_only_fails_is_soon_left_alone(local):
    local.add_task(7)
    local.inject(Fault("status", status=503, share=1.0))
    calls = client(local.endpoint, retry=oms.RetryPolicy(base_delay=0.0, max_delay=5.0))
    for _ in range(3):
        with pytest.raises(oms.OutcomeUnknownError):
            calls.start_task(7, **KEYS, timeout=0.5)
    # Looks are paid for too: a start and a look each, and what the bucket held.
    assert len(local.requests) <= 500 + 60
    before = len(local.requests)
    with in_time(0.5), pytest.raises(oms.OutcomeUnknownError):
        calls.start_task(7, **KEYS, timeout=0.5)
    assert len(local.requests) - before == 2


def test_four_faults_in_ten_are_got_through(local):
    local.add_tasks(range(400), duration=3600)
    local.inject(Fault("status", status=503, share=0.4, seed=5))
    calls = client(local.endpoint, retry=EAGER, timeout=20.0)
    outcomes = []

    def outcome(n):
        try:
            return calls.start_task(n, **KEYS)
        except oms.OmsError as error:
            return error

    def work(mine):
        outcomes.extend((n, outcome(n)) for n in mine)

    threads = [threading.Thread(target=work, args=(range(i, 400, 8),)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [n for n, outcome in outcomes if isinstance(outcome, oms.StartResult)]
    # Four attempts at 40 % leave 2.6 %.
    assert len(done) >= 375
    assert all(local.starts["start_task", n] == 1 for n in done)
    assert set(local.starts.values()) == {1}
    assert len(local.starts) == len(done)

"""Services that break every rule: a call ends in time, and in an error that is true."""

from __future__ import annotations

import itertools
import threading
import time

import pytest

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Fault

from .server import OK, Server
from .support import KEYS, client, in_time

TIMEOUT = 0.5


def answering(*parts, every=0.0, hold=False):
    """A behaviour: every request is answered with these bytes; then the connection is closed, or held."""

    def behave(connection):
        while connection.request():
            connection.send(*parts, every=every)
            if hold:
                connection.hold()
            return

    return behave


def endless(head, chunk):
    """A behaviour: an answer that never ends."""

    def behave(connection):
        connection.request()
        connection.send(head, *itertools.repeat(chunk, 200_000))

    return behave


def trickling(connection):
    connection.request()
    connection.trickle(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000, every=0.05)


def talking_first(connection):
    connection.send(b"220 mail.example.com ESMTP\r\n")
    connection.hold()


def resetting(connection):
    connection.request()
    connection.reset()


CHUNK = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"

# All of them may have carried the start out, for all that the client can know.
UNTOLD = {
    "stall before the head": answering(hold=True),
    "stall in the head": answering(b"HTTP/1.1 200 O", hold=True),
    "stall in the headers": answering(b"HTTP/1.1 500 Error\r\nContent-Le", hold=True),
    "stall in the body": answering(b"HTTP/1.1 500 Error\r\nContent-Length: 9\r\n\r\n{", hold=True),
    "a byte at a time": trickling,
    "half a head": answering(b"HTTP/1.1 200 O"),
    "end in place of an answer": answering(),
    "reset in place of an answer": resetting,
    "half a body": answering(b'HTTP/1.1 500 Error\r\nContent-Length: 900\r\n\r\n{"error_code": "OMS'),
    "a body longer than it says": answering(
        b"HTTP/1.1 500 Error\r\nContent-Length: 2\r\n\r\n{}{}{}{}{}{}{}", hold=True
    ),
    "an endless error": endless(b"HTTP/1.1 500 Error\r\nTransfer-Encoding: chunked\r\n\r\n", CHUNK),
    "an endless success": endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", CHUNK),
    "broken chunks": answering(b"HTTP/1.1 500 Error\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n"),
    "two lengths": answering(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    "a length below zero": answering(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
    "a length beyond measure": answering(b"HTTP/1.1 500 E\r\nContent-Length: 99999999999999999999999\r\n\r\n"),
    "garbage": answering(bytes(range(256)) * 8),
    "another protocol": answering(b"SSH-2.0-OpenSSH_9.6\r\n", hold=True),
    "another version": answering(b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n"),
    "a status that is none": answering(b"HTTP/1.1 999999 OK\r\n\r\n"),
    "a huge header": endless(b"HTTP/1.1 200 OK\r\nX-Huge: ", b"x" * 65536),
    "endless headers": endless(b"HTTP/1.1 200 OK\r\n", b"X-Header: value\r\n" * 1000),
    "endless interim answers": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "a switch of protocols": answering(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", hold=True),
    "a page in place of success": answering(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 20\r\n\r\n<html>sign in</html>", hold=True
    ),
    "text in place of success": answering(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsign in", hold=True),
}


@pytest.mark.parametrize("behave", UNTOLD.values(), ids=UNTOLD)
def test_a_start_that_cannot_be_told_is_an_unknown_outcome_in_time(behave):
    with Server(behave) as server, in_time(TIMEOUT), pytest.raises(oms.OutcomeUnknownError) as caught:
        client(server.endpoint).start_task(7, **KEYS, timeout=TIMEOUT)
    error = caught.value
    assert (error.operation, error.resource_id) == ("start_task", "7")
    assert "start_task of 7" in str(error)
    assert "\n" not in str(error)
    # It was not sent again, because nothing said that the first was not carried out.
    assert sum(b"/start" in request.split(b"\r\n")[0] for request in server.requests) == 1


def test_a_server_that_talks_first_is_no_service():
    with Server(talking_first) as server, in_time(TIMEOUT), pytest.raises(oms.OmsError) as caught:
        client(server.endpoint).start_task(7, **KEYS, timeout=TIMEOUT)
    assert isinstance(caught.value, (oms.TransportError, oms.OutcomeUnknownError))


def test_interim_answers_are_passed_over():
    interim = b"HTTP/1.1 100 Continue\r\n\r\n" + b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    with Server(answering(interim + OK)) as server:
        assert client(server.endpoint).start_task(7, **KEYS).attempts == 1


@pytest.mark.parametrize("length", [b"5", b"500000000"])
def test_a_success_whose_body_does_not_come_is_a_success(length):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: " + length + b"\r\n\r\n"
    for hold in (False, True):
        with Server(answering(head, hold=hold)) as server:
            result = client(server.endpoint).start_task(7, **KEYS)
        assert (result.attempts, result.already_started) == (1, False)
        assert len(server.requests) == 1


def test_an_answer_before_the_request_was_read_counts(local):
    local.add_task(7, duration=3600)
    local.inject(Fault("early", status=429))
    result = client(local.endpoint).start_task(7, **KEYS)
    assert result.attempts == 2
    local.inject(Fault("early", status=403))
    with pytest.raises(oms.PermissionDeniedError):
        client(local.endpoint).start_task(7, **KEYS)
    assert local.starts == {("start_task", "7"): 1}


def test_connections_closed_between_calls_are_no_failed_starts():
    def behave(connection):
        connection.request()
        connection.send(OK)

    with Server(behave) as server:
        calls = client(server.endpoint)
        for n in range(20):
            assert calls.start_task(n, **KEYS).attempts == 1
            time.sleep(0.01)
    assert len(server.requests) == server.connections == 20


def test_a_pool_full_of_connections_that_died_is_no_failed_start(local):
    local.add_tasks(range(100), duration=3600)
    calls = client(local.endpoint)
    threads = [threading.Thread(target=calls.start_task, args=(n,), kwargs=KEYS) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    local.inject(Fault("refuse", seconds=0.05))
    time.sleep(0.15)
    assert [calls.start_task(n, **KEYS).attempts for n in range(16, 40)] == [1] * 24


def test_connections_closed_at_the_very_moment_of_a_call_are_settled():
    """The server's end crosses the client's next request: it is looked at, and sent again."""

    def behave(connection):
        request = connection.request()
        while request:
            if request.startswith(b"GET"):
                connection.send(b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"status":3}')
            else:
                connection.send(OK)
                return
            request = connection.request()

    with Server(behave) as server:
        calls = client(server.endpoint)
        results = [calls.start_task(n, **KEYS) for n in range(50)]
    assert all(1 <= result.attempts <= 4 for result in results)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(local, status):
    local.add_task(7)
    with Server(answering(OK)) as elsewhere:
        local.inject(Fault("redirect", status=status, location=f"{elsewhere.endpoint}/v2/p/tasks/7/start"))
        with pytest.raises(oms.ApiError) as caught:
            client(local.endpoint).start_task(7, **KEYS)
        assert caught.value.status_code == status
        assert caught.value.attempts == 1
        assert "redirect" in str(caught.value)
        assert elsewhere.connections == 0
    assert len(local.requests) == 1


@pytest.mark.parametrize("timeout", [0.001, 0.01, 0.05, 0.2])
def test_the_shortest_time_limits_are_kept(timeout):
    with Server(answering(hold=True)) as server, in_time(timeout), pytest.raises(oms.OmsError) as caught:
        client(server.endpoint).start_task(7, **KEYS, timeout=timeout)
    assert isinstance(caught.value, (oms.RequestTimeoutError, oms.OutcomeUnknownError))
    if isinstance(caught.value, oms.RequestTimeoutError):
        assert not caught.value.sent


def test_a_time_limit_beyond_all_measure_is_no_limit(local):
    local.add_task(7)
    assert client(local.endpoint, timeout=1e300).start_task(7, **KEYS).attempts == 1


def test_a_listener_that_does_not_accept_is_a_timeout():
    # 192.0.2.0/24 is for documentation: nobody answers, or the network says so.
    with in_time(TIMEOUT), pytest.raises(oms.TransportError) as caught:
        client("http://192.0.2.1:81", allow_http=True, connect_timeout=0.2).start_task(7, **KEYS, timeout=TIMEOUT)
    assert "Nothing was sent" in str(caught.value) or "nothing was sent" in str(caught.value)


def test_nobody_listening_is_a_connect_error_in_time(local):
    local.inject(Fault("refuse", seconds=30))
    with in_time(2.0), pytest.raises(oms.ConnectError) as caught:
        client(local.endpoint).start_task(7, **KEYS, timeout=2.0)
    assert caught.value.attempts == 4
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


def test_a_name_that_does_not_exist_is_a_connect_error_in_time():
    with in_time(3.0), pytest.raises(oms.TransportError) as caught:
        client("https://no-such-host.invalid").start_task(7, **KEYS, timeout=3.0)
    assert "othing was sent" in str(caught.value)

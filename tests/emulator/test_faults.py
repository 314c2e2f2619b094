"""Every fault, as it looks from the other end of the wire."""

from __future__ import annotations

import contextlib
import copy
import json
import pickle
import socket
import time
from urllib.parse import urlsplit

import pytest

from huaweicloud_oms.emulator import Fault

from .support import BODY, PROJECT, Raw, ask

START = f"/v2/{PROJECT}/tasks/1001/start"
SHOW = f"/v2/{PROJECT}/tasks/1001"


def started(local):
    return local.starts["start_task", 1001]


@pytest.mark.parametrize(("when", "count"), [("before", 0), ("after", 1)])
def test_reset(free, when, count):
    free.inject(Fault("reset", when=when))
    with Raw(free) as raw, pytest.raises(ConnectionResetError):
        raw.start().answer()
    assert started(free) == count
    assert free.requests[-1].status is None
    assert free.requests[-1].fault == "reset"


@pytest.mark.parametrize(("when", "count"), [("before", 0), ("after", 1)])
def test_close(free, when, count):
    free.inject(Fault("close", when=when))
    with Raw(free) as raw:
        assert raw.start().rest() == b""
    assert started(free) == count


@pytest.mark.parametrize(("when", "count"), [("before", 0), ("after", 1)])
def test_stall(free, when, count):
    free.inject(Fault("stall", when=when))
    with Raw(free, timeout=0.2) as raw, pytest.raises(TimeoutError):
        raw.start().answer()
    assert started(free) == count


@pytest.mark.parametrize(("when", "count"), [("before", 0), ("after", 1)])
def test_stall_body(free, when, count):
    free.inject(Fault("stall_body", when=when))
    with Raw(free, timeout=0.2) as raw, pytest.raises(TimeoutError):
        raw.start().answer()
    assert started(free) == count


def test_half_of_the_real_answer_comes_before_a_stall_or_an_end(free):
    for kind, end in [("stall_body", TimeoutError), ("truncate", EOFError)]:
        free.inject(Fault(kind))
        with Raw(free, timeout=0.2) as raw:
            data = raw.show().socket.recv(1 << 16)
            while data.count(b"\r\n\r\n") == 0 or len(data.partition(b"\r\n\r\n")[2]) < 100:
                data += raw.socket.recv(1 << 16)
            head, _, body = data.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"x-request-id: " in head
            assert body.startswith(b'{"id":1001,')
            with pytest.raises(end):
                raw._more()


@pytest.mark.parametrize(("when", "count"), [("before", 0), ("after", 1)])
def test_truncate(free, when, count):
    free.inject(Fault("truncate", when=when))
    with Raw(free) as raw, pytest.raises(EOFError):
        raw.start().answer()
    assert started(free) == count


def test_slow(free):
    free.inject(Fault("slow", seconds=0.002))
    with Raw(free) as raw:
        raw.start()
        assert raw.socket.recv(100) == b"H"
        assert raw.socket.recv(1) == b"T"
        assert raw.rest().endswith(b"\r\n\r\n")
    assert started(free) == 1


def test_slow_takes_a_second_a_byte_unless_told_otherwise(free):
    free.inject(Fault("slow"))
    with Raw(free, timeout=0.3) as raw:
        assert raw.start().socket.recv(100) == b"H"
        with pytest.raises(TimeoutError):
            raw.socket.recv(100)


@pytest.mark.parametrize("when", ["before", "after"])
def test_delay(free, when):
    free.inject(Fault("delay", seconds=0.2, when=when))
    began = time.monotonic()
    with Raw(free) as raw:
        raw.start()
        time.sleep(0.1)
        assert started(free) == (when == "after")
        assert raw.answer()[0] == 200
    assert time.monotonic() - began >= 0.2
    assert started(free) == 1


def test_a_delayed_start_is_carried_out_after_the_client_has_gone(free):
    free.inject(Fault("delay", seconds=0.2))
    with Raw(free) as raw:
        raw.start()
    assert started(free) == 0
    deadline = time.monotonic() + 5
    while not started(free) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert started(free) == 1


def test_refuse(free):
    parts = urlsplit(free.endpoint)
    with Raw(free) as kept:
        kept.show().answer()
        free.inject(Fault("refuse", seconds=0.3))
        assert kept.rest() == b""
    with pytest.raises(ConnectionRefusedError):
        Raw(free)
    time.sleep(0.4)
    assert ask(free, "GET", SHOW)[0] == 200
    free.inject(Fault("refuse", seconds=60))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((parts.hostname, parts.port), timeout=5)
    free.clear_faults()
    assert ask(free, "GET", SHOW)[0] == 200


def test_garbage(free):
    free.inject(Fault("garbage"))
    with Raw(free) as raw:
        assert not raw.start().rest().startswith(b"HTTP/")


def test_oversized(free):
    free.inject(Fault("oversized"))
    with Raw(free) as raw:
        raw.start()
        data, size = b"", 0
        while size < 3 << 20:
            more = raw._more()
            data, size = data or more, size + len(more)
        assert data.startswith(b"HTTP/1.1 500 ")


def test_not_json(free):
    free.inject(Fault("not_json"))
    status, headers, body = ask(free, "POST", START, BODY)
    assert (status, headers["content-type"]) == (500, "application/json")
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


def test_html(free):
    free.inject(Fault("html", status=504))
    status, headers, body = ask(free, "POST", START, BODY)
    assert (status, headers["content-type"]) == (504, "text/html")
    assert body.startswith(b"<html>")


def test_redirect(free):
    free.inject(Fault("redirect", location="http://example.com/"))
    status, headers, _ = ask(free, "POST", START, BODY)
    assert (status, headers["location"]) == (307, "http://example.com/")


def test_early(free):
    free.inject(Fault("early", status=413))
    with Raw(free) as raw:
        head = f"POST {START} HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n"
        raw.socket.sendall(head.encode())
        assert raw.answer()[0] == 413
    assert started(free) == 0
    assert free.requests[-1].body is None


def test_status_with_everything(free):
    free.inject(
        Fault(
            "status",
            status=429,
            error_code="APIGW.0308",
            error_msg="slow down",
            retry_after=7,
            headers={"X-Request-Id": "mine", "X-More": "1"},
            when="after",
        )
    )
    status, headers, body = ask(free, "POST", START, BODY)
    assert status == 429
    assert json.loads(body) == {"error_code": "APIGW.0308", "error_msg": "slow down"}
    assert (headers["retry-after"], headers["x-request-id"], headers["x-more"]) == ("7", "mine", "1")
    assert started(free) == 1
    assert free.requests[-1].status == 429


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", "text", b"{" * 1000])
def test_status_with_any_body(free, body):
    free.inject(Fault("status", status=500, body=body, content_type="application/json"))
    status, headers, answered = ask(free, "POST", START, BODY)
    assert (status, headers["content-type"]) == (500, "application/json")
    assert answered == (body.encode() if isinstance(body, str) else body)


def test_a_fault_meets_only_the_requests_it_is_for(free):
    free.add_task(7)
    free.inject(Fault("status", status=500, operation="start", id=7, times=2))
    assert ask(free, "GET", f"/v2/{PROJECT}/tasks/7")[0] == 200
    assert ask(free, "POST", START, BODY)[0] == 200
    codes = [ask(free, "POST", f"/v2/{PROJECT}/tasks/7/start", BODY)[0] for _ in range(3)]
    assert codes == [500, 500, 200]


def test_a_share_is_the_same_every_time(free):
    def draw(seed):
        free.clear_faults()
        free.inject(Fault("status", status=500, share=0.3, seed=seed))
        with Raw(free) as raw:
            return [raw.show().answer()[0] for _ in range(200)]

    first = draw(7)
    assert first == draw(7) != draw(8)
    assert 30 < first.count(500) < 90


def test_the_server_goes_on_after_every_fault(free):
    kinds = [
        "reset",
        "close",
        "stall",
        "stall_body",
        "truncate",
        "garbage",
        "oversized",
        "not_json",
        "html",
        "early",
    ]
    for kind in kinds:
        free.inject(Fault(kind))
        with Raw(free, timeout=0.05) as raw, contextlib.suppress(TimeoutError, ConnectionResetError):
            raw.start().socket.recv(1000)
    assert ask(free, "GET", SHOW)[0] == 200


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"kind": "resett"}, "no such fault.*reset"),
        ({"kind": "reset", "status": 500}, "takes no status"),
        ({"kind": "reset", "when": "later"}, "'before' or 'after'"),
        ({"kind": "early", "when": "after"}, "takes no when"),
        ({"kind": "status"}, "needs a status"),
        ({"kind": "redirect"}, "needs a location"),
        ({"kind": "refuse", "times": 1}, "is for everyone"),
        ({"kind": "reset", "times": 0}, "at least 1"),
        ({"kind": "reset", "share": 1.5}, "from 0 to 1"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_when_it_is_described(arguments, told):
    with pytest.raises(ValueError, match=told):
        Fault(**arguments)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault("status", status=100), "200 to 599"),
        (Fault("delay", seconds=-1), "seconds"),
        (Fault("reset", operation="begin"), "start_task"),
        (Fault("redirect", location="a\nb"), "location"),
        (Fault("status", status=500, headers={"a b": "c"}), "header name"),
    ],
)
def test_a_fault_that_cannot_be_brought_about_is_refused(free, fault, told):
    with pytest.raises(ValueError, match=told):
        free.inject(fault)


def test_a_fault_is_a_value():
    fault = Fault("reset", when="after", operation="start_task", times=2)
    assert fault == Fault("reset", when="after", operation="start_task", times=2)
    assert hash(fault) == hash(Fault("reset", when="after", operation="start_task", times=2))
    assert fault != Fault("reset")
    assert pickle.loads(pickle.dumps(fault)) == copy.copy(fault) == fault
    assert repr(fault) == "Fault('reset', operation='start_task', times=2, when='after')"
    with pytest.raises(AttributeError):
        fault.times = 3

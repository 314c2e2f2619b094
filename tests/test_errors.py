"""What goes wrong with a request, as exceptions: classes, attributes, one line of text, pickling, causes."""

from __future__ import annotations

import copy
import gzip
import pickle

import pytest

import huaweicloud_oms as oms
from huaweicloud_oms import exceptions
from huaweicloud_oms.emulator import Fault

from .support import START_TASK, Caller, answer, settings

KEYS = {"dst_ak": "destination-key", "dst_sk": "destination-secret"}
TREE = {
    oms.OmsError: Exception,
    oms.ConfigurationError: oms.OmsError,
    oms.CredentialsError: oms.OmsError,
    oms.ValidationError: oms.OmsError,
    oms.TransportError: oms.OmsError,
    oms.ConnectError: oms.TransportError,
    oms.RequestTimeoutError: oms.TransportError,
    oms.OutcomeUnknownError: oms.OmsError,
    oms.ApiError: oms.OmsError,
    oms.BadRequestError: oms.ApiError,
    oms.AlreadyStartedError: oms.BadRequestError,
    oms.AuthenticationError: oms.ApiError,
    oms.PermissionDeniedError: oms.ApiError,
    oms.NotFoundError: oms.ApiError,
    oms.ConflictError: oms.ApiError,
    oms.RateLimitError: oms.ApiError,
    oms.ServerError: oms.ApiError,
    oms.WaitTimeoutError: oms.OmsError,
    oms.MigrationFailedError: oms.OmsError,
    oms.MigrationPausedError: oms.MigrationFailedError,
}
ALSO = {
    oms.ConfigurationError: ValueError,
    oms.ValidationError: ValueError,
    oms.ConnectError: ConnectionError,
    oms.RequestTimeoutError: TimeoutError,
    oms.WaitTimeoutError: TimeoutError,
}


def failure(call: Caller, *, task_id: int | str = 1001, **more: object) -> oms.OmsError:
    """The exception of a start, which is one line and comes back from a pickle as it was."""
    with pytest.raises(oms.OmsError) as caught:
        call("start_task", task_id, **KEYS, **more)
    error = caught.value
    assert "\n" not in str(error)
    assert str(error).startswith(f"start_task of {task_id}: ")
    assert (error.operation, error.resource_id) == ("start_task", str(task_id))
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        same(error, pickle.loads(pickle.dumps(error, protocol)))
    same(error, copy.copy(error))
    return error


def same(error: BaseException, other: BaseException) -> None:
    assert type(other) is type(error)
    assert (str(other), other.args, vars(other)) == (str(error), error.args, vars(error))


# -- the tree


def test_the_tree_of_exceptions_is_the_documented_one():
    public = {getattr(exceptions, name) for name in exceptions.__all__} - {oms.FieldError, oms.ManyInterrupted}
    assert public == set(TREE)
    for kind, base in TREE.items():
        known = [k for k in kind.__mro__[1:] if k in TREE]
        assert (known or [Exception])[0] is base, kind
        others = {ValueError, TimeoutError, ConnectionError}
        assert {k for k in others if issubclass(kind, k)} == ({ALSO[kind]} if kind in ALSO else set()), kind


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_every_exception_is_documented_and_can_be_imported_from_the_package(kind):
    assert getattr(oms, kind.__name__) is kind
    assert kind.__doc__
    assert kind.__name__ in oms.__all__


ATTRIBUTES = {
    "operation": "start_task",
    "resource_id": "1001",
    "attempts": 3,
    "status_code": 429,
    "error_code": "OMS.0065",
    "error_msg": "message",
    "request_id": "r-1",
    "retry_after": 1.5,
    "sent": True,
    "seen": "its status is 3",
    "source": "profile",
    "errors": (oms.FieldError("task_id", "must be"),),
    "last": {"status": 2},
    "task": {"status": 4},
}


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_every_exception_comes_back_from_a_pickle_with_its_attributes(kind):
    own = {name: value for name, value in ATTRIBUTES.items() if hasattr(kind, name)}
    error = kind("what happened", **own)
    assert vars(error) == own
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        same(error, pickle.loads(pickle.dumps(error, protocol)))
    same(error, copy.deepcopy(error))


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_an_attribute_that_was_not_given_has_its_default(kind):
    error = kind("what happened")
    assert str(error) == "what happened"
    for name in ATTRIBUTES:
        assert not hasattr(kind, name) or not getattr(error, name)
    with pytest.raises(TypeError, match="has no attribute 'nonsense'"):
        kind("what happened", nonsense=1)


# -- statuses

STATUSES = [
    (400, "OMS.0064", oms.BadRequestError),
    (400, "OMS.0065", oms.AlreadyStartedError),
    (400, "OMS.1009", oms.NotFoundError),
    (400, "OMS.0054", oms.BadRequestError),
    (400, "OMS.0053", oms.BadRequestError),
    (400, None, oms.BadRequestError),
    (401, "APIGW.0301", oms.AuthenticationError),
    (401, "APIG.0307", oms.AuthenticationError),
    (402, "x", oms.ApiError),
    (403, "OMS.0206", oms.PermissionDeniedError),
    (403, "APIGW.0302", oms.PermissionDeniedError),
    (404, "OMS.1009", oms.NotFoundError),
    (404, "APIGW.0101", oms.NotFoundError),
    (405, "APIGW.0501", oms.ApiError),
    (409, "x", oms.ConflictError),
    (413, "APIGW.0201", oms.ApiError),
    (414, "APIGW.0201", oms.ApiError),
    (418, "OMS.0065", oms.ApiError),
    (429, "APIGW.0308", oms.RateLimitError),
    (494, "APIGW.0201", oms.ApiError),
    (499, None, oms.ApiError),
    (500, "APIGW.0601", oms.ServerError),
    (501, None, oms.ServerError),
    (502, "APIGW.0610", oms.ServerError),
    (502, "APIGW.0201", oms.ServerError),
    (503, "APIGW.0613", oms.ServerError),
    (599, None, oms.ServerError),
]


@pytest.mark.parametrize(("status", "code", "kind"), STATUSES)
def test_a_status_has_its_class_and_everything_that_was_told(local, call, status, code, kind):
    what = {"error_code": code, "error_msg": "words of the service"} if code else {"body": ""}
    local.inject(Fault("status", operation="start", status=status, headers={"X-Request-Id": "r-17"}, **what))
    error = failure(call)
    assert type(error) is kind
    assert (error.status_code, error.error_code, error.request_id) == (status, code, "r-17")
    assert error.error_msg == ("words of the service" if code else "")
    assert error.attempts == 1
    assert f"HTTP {status}" in str(error)
    assert "(request id r-17)" in str(error)
    assert error.__cause__ is None
    if code:
        assert f"{code}: words of the service" in str(error)
    assert local.starts == {}


@pytest.mark.parametrize(("status", "kind"), [(408, oms.ApiError), (504, oms.ServerError)])
def test_what_a_gateway_gave_up_may_still_arrive_so_nobody_can_tell(local, call, status, kind):
    local.inject(Fault("status", operation="start", status=status, error_code="APIGW.0201", error_msg="words"))
    error = failure(call)
    assert type(error) is oms.OutcomeUnknownError
    assert type(error.__cause__) is kind
    assert error.__cause__.status_code == status
    assert f"HTTP {status} came back; its status is 3" in str(error)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_is_told_and_not_followed(recorder, tell, status):
    elsewhere = f"Location: {recorder.endpoint}/elsewhere"
    recorder.answer = answer(status, b"", elsewhere)
    error = failure(tell)
    assert type(error) is oms.ApiError
    assert error.status_code == status
    assert "redirects, which is not followed" in str(error)
    assert len(recorder.requests) == 1


@pytest.mark.parametrize(("value", "seconds"), [("7", 7.0), ("0", 0.0), ("1.5", 1.5), ("soon", None), ("-1", None)])
def test_a_throttled_call_tells_how_long_to_wait(recorder, tell, value, seconds):
    recorder.answer = answer(429, b'{"error_code": "APIGW.0308"}', f"Retry-After: {value}")
    assert failure(tell).retry_after == seconds


def test_a_throttled_call_counts_a_date_by_the_services_clock(recorder, tell):
    dates = ("Date: Fri, 15 Nov 2019 03:36:55 GMT", "Retry-After: Fri, 15 Nov 2019 03:37:05 GMT")
    recorder.answer = answer(429, b"", *dates)
    assert failure(tell).retry_after == 10.0


def test_a_throttled_call_without_the_header_knows_no_time(recorder, tell):
    recorder.answer = answer(429)
    assert failure(tell).retry_after is None


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [
        (400, "OMS.0065", "It runs already"),
        (400, "OMS.1009", "Check the id, the project and the region"),
        (400, "OMS.0054", "Check the id, the project and the region"),
    ],
)
def test_a_refusal_says_what_to_do(recorder, tell, status, code, advice):
    recorder.answer = answer(status, f'{{"error_code": "{code}", "error_msg": "m"}}')
    assert advice in str(failure(tell))


# -- bodies

LONG = "long " * 1000
BODIES = [
    (b'{"error_code": "OMS.1", "error_msg": "words"}', "OMS.1", "words"),
    (b'{"error_code": "OMS.1", "error_msg": "words", "error_detail": "more"}', "OMS.1", "words (more)"),
    (b'{"error_code": "OMS.1", "error_msg": "words", "error_detail": null}', "OMS.1", "words"),
    (b'{"code": "OMS.1", "message": "words"}', "OMS.1", "words"),
    (b'{"errorCode": "OMS.1", "errorMsg": "words"}', "OMS.1", "words"),
    (b'{"error": {"code": "OMS.1", "message": "words"}}', "OMS.1", "words"),
    (b'{"error": {"code": 401, "message": "words"}}', "401", "words"),
    (b'{"request_id": "x", "error_code": "OMS.1"}', "OMS.1", ""),
    (b'{"error_msg": "words"}', None, "words"),
    (b'{"error_code": "", "error_msg": "words"}', None, "words"),
    (b'{"error_code": null, "error_msg": null}', None, '{"error_code": null, "error_msg": null}'),
    (b'{"error_code": ["x"], "error_msg": {"y": 1}}', None, '{"error_code": ["x"], "error_msg": {"y": 1}}'),
    (b'\r\n {"error_code": "OMS.1", "error_msg": "two\\nlines\\u0000"}', "OMS.1", "two lines"),
    ('{"error_code": "OMS.1", "error_msg": "数据 🦀"}'.encode(), "OMS.1", "数据 🦀"),
    (b'{"error_code": "OMS.1", "error_msg": "\\ud800"}', None, '{"error_code": "OMS.1", "error_msg": "\\ud800"}'),
    (b"", None, ""),
    (b" \r\n\t", None, ""),
    (b"no route to host", None, "no route to host"),
    (b"two\r\nlines \x00\x1b[31mred", None, "two lines [31mred"),
    (b"null", None, "null"),
    (b"[]", None, "[]"),
    (b"123", None, "123"),
    (b'"text"', None, '"text"'),
    (b'{"error_code": "OMS', None, '{"error_code": "OMS'),
    (b"\xff\xfe caf\xe9", None, "\ufffd\ufffd caf\ufffd"),
    (b"<html><head><title>502 Bad Gateway</title></head></html>", None, "an HTML page: 502 Bad Gateway"),
    (b"\n<!DOCTYPE html>\n<p>sign in<p>please</p>", None, "an HTML page: sign in please"),
    (b"<HTML><TITLE></TITLE>", None, "an HTML page:"),
    (b"[" * 100_000, None, "[" * 600 + "..."),
    (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, None, ('{"a":' * 120) + "..."),
    (b'{"error": ' * 100 + b'{"code": "OMS.1"}' + b"}" * 100, None, None),
    (gzip.compress(b'{"error_code": "OMS.1"}', mtime=0), None, None),
    (f'{{"error_code": "OMS.1", "error_msg": "{LONG}"}}'.encode(), "OMS.1", LONG[:600].rstrip() + "..."),
]


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize("shape", BODIES, ids=range(len(BODIES)))
def test_a_body_of_any_shape_becomes_code_and_message(recorder, tell, status, shape):
    body, code, text = shape
    recorder.answer = answer(status, body, "X-Request-Id: r-1")
    error = failure(tell)
    assert (error.status_code, error.error_code, error.request_id) == (status, code, "r-1")
    if text is not None:
        assert error.error_msg == text
    assert len(error.error_msg) <= 603
    assert error.error_msg.isprintable() or "\ufffd" in error.error_msg


@pytest.mark.parametrize("size", [2**20 - 1, 2**20, 2**20 + 1, 4 * 2**20])
def test_a_huge_body_is_an_answer_still(recorder, tell, size):
    head = b'{"error_code": "OMS.1", "error_msg": "'
    recorder.answer = answer(400, head + b"x" * (size - len(head) - 2) + b'"}')
    error = failure(tell)
    assert type(error) is oms.BadRequestError
    assert len(error.error_msg) <= 603


@pytest.mark.parametrize("kind", ["oversized", "not_json", "html"])
def test_an_answer_that_makes_no_sense_is_an_answer_still(local, call, kind):
    local.inject(Fault(kind, operation="start", status=400))
    error = failure(call)
    assert type(error) is oms.BadRequestError
    assert error.error_code is None


def test_headers_that_are_no_text_do_no_harm(recorder, tell):
    recorder.answer = (
        b"HTTP/1.1 429 \xff\r\nX-Request-Id: \xff\xfe\r\nRetry-After: \xff\r\nDate: \xff\r\nContent-Length: 0\r\n\r\n"
    )
    error = failure(tell)
    assert (error.status_code, error.request_id, error.retry_after) == (429, None, None)


def test_a_request_id_of_any_length_is_one_short_line(recorder, tell):
    recorder.answer = answer(400, b"", f"X-Request-Id: {'x' * 5000}")
    assert len(failure(tell).request_id) <= 103


# -- no answer


def test_no_connection_is_told_with_its_cause(call_with):
    error = failure(call_with(**settings("http://127.0.0.1:9")))
    assert type(error) is oms.ConnectError
    assert type(error.__cause__) is ConnectionRefusedError
    assert error.__cause__.errno == 111
    assert error.attempts == 1
    assert "Nothing was sent" in str(error)


def test_a_host_without_an_address_is_told(call_with):
    error = failure(call_with(**settings("https://oms.invalid", connect_timeout=5.0)))
    assert type(error) is oms.ConnectError
    assert isinstance(error.__cause__, OSError)
    assert "Check region or endpoint" in str(error)


def test_a_server_without_tls_is_told(call_with, local):
    error = failure(call_with(**settings(local.endpoint.replace("http", "https"))))
    assert type(error) is oms.ConnectError
    assert isinstance(error.__cause__, OSError)
    assert local.requests == ()


@pytest.mark.parametrize("kind", ["reset", "close", "garbage"])
def test_an_answer_that_breaks_off_is_told_with_its_cause(local, call, kind):
    local.inject(Fault(kind, operation="start"))
    error = failure(call)
    assert type(error) is oms.TransportError
    assert isinstance(error.__cause__, OSError)
    assert error.attempts == 1
    assert local.starts == {}


def test_a_request_that_nobody_said_no_to_may_still_arrive_when_time_is_over(local, call):
    local.inject(Fault("stall", operation="start"))
    error = failure(call, timeout=1.0)
    assert type(error) is oms.OutcomeUnknownError
    assert type(error.__cause__) is oms.RequestTimeoutError
    assert error.__cause__.sent is True
    assert "its status is 3 and it has no start time" in str(error)


def test_what_cannot_be_settled_is_told_as_unknown(recorder, tell):
    recorder.answer = answer(500)
    error = failure(tell, timeout=0.5)
    assert type(error) is oms.OutcomeUnknownError
    assert not isinstance(error, oms.ApiError)
    assert error.attempts == 1
    assert error.seen in str(error)
    assert "Look at the migration task before you start it again" in str(error)


def test_an_id_in_a_message_is_one_short_line(recorder, tell):
    recorder.answer = answer(400)
    with pytest.raises(oms.BadRequestError) as caught:
        tell(START_TASK, "\u2028\u202e\x20" + "x" * 1000, **KEYS)
    text = str(caught.value)
    assert len(text) < 300
    assert text.isprintable()
    assert caught.value.resource_id == "\u2028\u202e\x20" + "x" * 1000


def test_an_awaited_errors_traceback_leads_to_the_call(recorder, tell):
    recorder.answer = answer(400)
    with pytest.raises(oms.BadRequestError) as caught:
        tell(START_TASK, 1, **KEYS)
    assert caught.value.__context__ is None

"""What the local OMS answers to any client: credentials, projects, paths, limits, headers, records."""

from __future__ import annotations

import json
import warnings
from email.utils import parsedate_to_datetime

import pytest

from huaweicloud_oms.emulator import Emulator

from .support import AK, KEYS, PROJECT, SK, TOKEN, Raw, ask, vendor

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from huaweicloudsdkoms.v2 import model

TASK = f"/v2/{PROJECT}/tasks/1001"


def refusal(answer):
    status, _, body = answer
    return status, json.loads(body)["error_code"]


def start(local, body, task_id=1001):
    return ask(local, "POST", f"/v2/{PROJECT}/tasks/{task_id}/start", json.dumps(body).encode())


def test_a_token_opens_the_gate_and_no_other_does(local):
    assert ask(local, "GET", TASK, headers=f"X-Auth-Token: {TOKEN}\r\n")[0] == 200
    assert refusal(ask(local, "GET", TASK, headers="X-Auth-Token: other\r\n")) == (401, "APIGW.0307")
    assert refusal(ask(local, "GET", TASK)) == (401, "APIGW.0301")
    assert refusal(ask(local, "GET", TASK, headers="Authorization: Bearer x\r\n")) == (401, "APIGW.0301")
    signed = "Authorization: SDK-HMAC-SHA256 Access=a, SignedHeaders=host, Signature=00\r\n"
    assert refusal(ask(local, "GET", TASK, headers=signed)) == (401, "APIGW.0301")


def test_a_wrong_signature_is_echoed_as_the_gateway_does(local):
    headers = f"X-Sdk-Date: {vendor_date(local)}\r\nAuthorization: SDK-HMAC-SHA256 Access={AK}, "
    headers += "SignedHeaders=host;x-sdk-date, Signature=00ff\r\n"
    status, _, body = ask(local, "GET", TASK, headers=headers)
    answer = json.loads(body)
    assert (status, answer["error_code"], len(answer["request_id"])) == (401, "APIGW.0301", 32)
    assert "verify aksk signature fail" in answer["error_msg"]
    assert f"Access={AK}" in answer["error_msg"]
    assert "Signature=00ff" in answer["error_msg"]
    assert SK not in answer["error_msg"]


def vendor_date(local):
    _, headers, _ = ask(local, "GET", "/")
    return parsedate_to_datetime(headers["date"]).strftime("%Y%m%dT%H%M%SZ")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/v2"),
        ("GET", "/v3/p-1/tasks/1001"),
        ("POST", TASK),
        ("PUT", f"{TASK}/start"),
        ("POST", f"{TASK}/begin"),
        ("POST", f"/v2/{PROJECT}/taskgroups/g-1/start"),
        ("POST", f"/v2/{PROJECT}/tasks//start"),
    ],
)
def test_other_paths_are_no_apis(free, method, path):
    assert refusal(ask(free, method, path)) == (404, "APIGW.0101")


def test_another_project_is_forbidden(free):
    assert refusal(ask(free, "GET", "/v2/other/tasks/1001")) == (403, "OMS.0206")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"dst_ak": "a"},
        {"dst_ak": "", "dst_sk": "s"},
        {"dst_ak": "a" * 101, "dst_sk": "s"},
        {"dst_ak": None, "dst_sk": "s"},
        {"dst_ak": 1, "dst_sk": "s"},
        {"dst_ak": "a", "dst_sk": "s", "migrate_failed_object": "true"},
        {"dst_ak": "a", "dst_sk": "s", "src_ak": "only one half"},
        {"dst_ak": "a", "dst_sk": "s", "src_crypto_type": "kms"},
        {"dst_ak": "a", "dst_sk": "s", "src_kms_key_id": "x" * 35},
        {"dst_ak": "a", "dst_sk": "s", "json_auth_file": "x" * 65_536},
        [],
        "text",
        None,
    ],
)
def test_a_body_beyond_the_limits_is_refused(free, body):
    assert refusal(start(free, body)) == (400, "OMS.0064")
    assert free.starts == {}


@pytest.mark.parametrize(
    "body",
    [
        {"dst_ak": "a", "dst_sk": "s"},
        {"dst_ak": "数" * 100, "dst_sk": "🦀" * 100},
        {"dst_ak": "a", "dst_sk": "s", "json_auth_file": "x" * 65_535, "migrate_failed_object": False},
        {"dst_ak": "a", "dst_sk": "s", "something": {"new": [1, None]}},
    ],
)
def test_a_body_within_the_limits_is_taken_and_a_start_answers_nothing(free, body):
    status, headers, answer = start(free, body)
    assert (status, headers["content-length"], answer) == (200, "0", b"")
    assert len(headers["x-request-id"]) == 32
    assert int(headers["x-request-id"], 16) >= 0


def test_a_refusal_names_fields_and_no_values(free):
    _, _, body = start(free, {"dst_ak": "s3cret" * 20, "src_ak": "s3cret"})
    message = json.loads(body)["error_msg"]
    assert "dst_ak" in message
    assert "dst_sk" in message
    assert "src_sk" in message
    assert "s3cret" not in message


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"dst_ak":' * 1000])
def test_a_body_that_is_no_json_is_refused(free, body):
    assert refusal(ask(free, "POST", f"{TASK}/start", body)) == (400, "OMS.0064")


def test_an_impossible_id_is_refused(free):
    for task_id in ["%2e%2e", "a%2Fb", "a%0Ab", "%00", "x" * 1025]:
        assert refusal(ask(free, "GET", f"/v2/{PROJECT}/tasks/{task_id}")) == (400, "OMS.0054")
    assert refusal(ask(free, "GET", f"/v2/{PROJECT}/taskgroups/a%2Fb")) == (400, "OMS.0064")


def test_a_body_beyond_twelve_megabytes_is_refused(free):
    with Raw(free) as raw:
        try:
            raw.send("POST", f"{TASK}/start", b" " * (13 << 20))
        except OSError:
            pytest.skip("the answer came before the body was sent, as it may")
        assert refusal(raw.answer()) == (413, "APIGW.0201")


def test_answers_carry_the_emulators_own_time():
    with Emulator(project_id=PROJECT, clock_offset=-86_400.0) as early, Emulator(project_id=PROJECT) as now:
        times = []
        for local in (early, now):
            local.add_task(1001)
            start(local, {"dst_ak": "a", "dst_sk": "s"})
            _, headers, body = ask(local, "GET", TASK)
            started = json.loads(body)["start_time"] / 1000
            assert abs(parsedate_to_datetime(headers["date"]).timestamp() - started) < 5
            assert abs(local.requests[0].time - started) < 5
            times.append(started)
        assert 86_395 < times[1] - times[0] < 86_405


def test_a_connection_is_kept(free):
    with Raw(free) as raw:
        for _ in range(3):
            assert raw.show().answer()[0] == 200


def test_time_moves_a_task_on(free):
    free.add_task(7, duration=0.2, waiting=0.1)
    start(free, {"dst_ak": "a", "dst_sk": "s"}, 7)
    seen = []
    while not seen or seen[-1] != 5:
        status = free.state("task", 7)["status"]
        if status not in seen:
            seen.append(status)
    assert seen == [1, 2, 5]
    assert free.state("task", 7)["progress"] == 1
    assert free.state("task", 7)["total_time"] == 200


def test_only_the_failed_objects_are_migrated_when_asked(free):
    free.add_task(7, duration=0.0, failed_objects=3)
    for only_failed, status, failed in [(False, 4, 3), (False, 4, 3), (True, 5, 0)]:
        start(free, {"dst_ak": "a", "dst_sk": "s", "migrate_failed_object": only_failed}, 7)
        state = free.state("task", 7)
        assert (state["status"], state["failed_num"]) == (status, failed)
    assert free.starts["start_task", 7] == 3


def test_requests_are_recorded_without_their_secrets(local):
    body = model.StartTaskReq(**KEYS, migrate_failed_object=True)
    vendor(local).start_task(model.StartTaskRequest(task_id=1001, body=body))
    ask(local, "POST", f"{TASK}/stop?x=1", b"not json: src-key-one", headers=f"X-Auth-Token: {TOKEN}\r\n")
    first, second = local.requests
    assert (first.method, first.path, first.query) == ("POST", f"{TASK}/start", "")
    assert (first.operation, first.resource_id, first.status, first.fault) == (
        "start_task",
        "1001",
        200,
        None,
    )
    assert first.body == dict.fromkeys(KEYS, "***") | {"migrate_failed_object": True}
    assert first.headers["authorization"] == "***"
    assert first.headers["content-type"].startswith("application/json")
    assert (second.query, second.body, second.status, second.headers["x-auth-token"]) == (
        "x=1",
        "***",
        200,
        "***",
    )
    told = "".join(f"{r!r}{r.headers}{r.body}" for r in local.requests) + repr(local)
    for secret in (*KEYS.values(), SK, TOKEN):
        assert secret not in told


def test_only_the_last_requests_are_kept():
    with Emulator(project_id=PROJECT, max_requests=3) as local:
        for number in range(5):
            ask(local, "GET", f"/v2/{PROJECT}/tasks/{number}")
        assert [request.resource_id for request in local.requests] == ["2", "3", "4"]


def test_starts_are_counted_by_operation_and_id(free):
    body = {"dst_ak": "a", "dst_sk": "s"}
    start(free, body)
    start(free, body)
    starts = free.starts
    assert starts["start_task", 1001] == starts["start_task", "1001"] == 1
    assert starts["start_task", 7] == starts["start_task_group", "g-1"] == 0
    assert ("start_task", 1001) in starts
    assert ("start_task", "7") not in starts
    assert "start_task" not in starts
    assert dict(starts) == {("start_task", "1001"): 1}


def test_many_tasks_at_once(free):
    free.add_tasks(range(10_000), status="paused")
    assert free.state("task", 9_999)["status"] == 3


@pytest.mark.parametrize(
    ("add", "told"),
    [
        (lambda local: local.add_task(1, status="HALTED"), "WAITING.*PAUSING"),
        (lambda local: local.add_task_group("g", status="3"), "MONITORING.*DELETED"),
        (lambda local: local.add_sync_task("s", status="ON"), "SYNCHRONIZING.*STOPPED"),
        (lambda local: local.add_task(1, duration=-1), "duration"),
        (lambda local: local.add_task(1, duration=float("nan")), "duration"),
        (lambda local: local.add_task(1, total_objects=1, failed_objects=2), "cannot fail"),
        (lambda local: local.add_task(1, total_bytes=-1), "total_bytes"),
        (lambda local: local.add_task_group("g", tasks=-1), "tasks"),
        (lambda local: local.state("bucket", 1), "task_group"),
    ],
)
def test_nonsense_is_refused(free, add, told):
    with pytest.raises(ValueError, match=told):
        add(free)


@pytest.mark.parametrize("task_id", [True, 1.0, None, b"1"])
def test_an_id_is_an_int_or_a_str(free, task_id):
    with pytest.raises(TypeError, match="int or a str"):
        free.add_task(task_id)

"""Signatures, judged by the published vectors and by the vendor's own signer."""

from __future__ import annotations

import http.client
import warnings
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from urllib.parse import quote, unquote

import pytest
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Emulator

from . import support
from .support import OPERATIONS, START_TASK, Arrived, Flag, Operation, Recorder, Text, settings

with warnings.catch_warnings():
    # The vendor's SDK still uses what its own dependencies have deprecated.
    warnings.simplefilter("ignore")
    from huaweicloudsdkcore.sdk_request import SdkRequest
    from huaweicloudsdkcore.signer.signer import Signer

AK, SK = "QTWAOYTTINDUT2QVKYUC", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc"
KEY = oms.AkSk(AK, SK)
VECTOR_PATH = "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs"
VECTOR_DATE = datetime(2019, 11, 15, 3, 36, 55, tzinfo=timezone.utc)
DATE = "20191115T033655Z"


def vendors_authorization(method, path, *, headers, keys, query=(), body=b"") -> str:
    """What the vendor's signer says of a request with a date of its own."""
    request = SdkRequest(
        method=method,
        schema="https",
        host="never used: there is a header",
        resource_path=path,
        query_params=list(query),
        header_params=dict(headers),
        body=body,
    )
    Signer(SimpleNamespace(ak=keys[0], sk=keys[1])).sign(request)
    return request.header_params["Authorization"]


@pytest.mark.parametrize(
    ("host", "query", "signature"),
    [
        (
            "service.region.example.com",
            "?limit=2&marker=13551d6b-755d-4757-b956-536f674975c0",
            "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe",
        ),
        (
            "service.test-region-1.myhuaweicloud.com",
            "",
            "4a30e690c3032a1975323588d79e858f188834f91df411a47ada7def6ad8081f",
        ),
    ],
)
@pytest.mark.parametrize("method", ["GET", "get"])
def test_the_published_vectors_are_met(host, query, signature, method):
    headers = oms.sign_request(
        method,
        f"https://{host}{VECTOR_PATH}{query}",
        headers={"Content-Type": "application/json"},
        credentials=KEY,
        date=VECTOR_DATE,
    )
    assert headers == {
        "Content-Type": "application/json",
        "Host": host,
        "X-Sdk-Date": DATE,
        "Authorization": (
            f"SDK-HMAC-SHA256 Access={AK}, SignedHeaders=content-type;host;x-sdk-date, Signature={signature}"
        ),
    }


def test_the_order_of_a_query_does_not_change_its_signature():
    url = f"https://service.region.example.com{VECTOR_PATH}?marker=13551d6b-755d-4757-b956-536f674975c0&limit=2"
    signed = oms.sign_request(
        "GET", url, headers={"Content-Type": "application/json"}, credentials=KEY, date=VECTOR_DATE
    )
    assert signed["Authorization"].endswith("7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe")


HEADER_TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)
KEYS = st.tuples(HEADER_TEXT, st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=80))
ASCII_PIECES = st.text("aZ09-_.~ %+&=;:@!$'()*,|^`\"<>[]{}", max_size=8)
PIECES = ASCII_PIECES | st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
# Header names that the signer makes or reads itself are left to their own tests, and so are two spellings of one name.
HEADER_NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,20}", fullmatch=True).filter(
    lambda name: (
        name.lower()
        not in {"host", "content-type", "authorization", "x-sdk-date", "x-security-token", "x-sdk-content-sha256"}
    )
)
HEADERS = st.dictionaries(HEADER_NAMES, HEADER_TEXT | st.just("  two words\t"), max_size=5).filter(
    lambda headers: len({name.lower() for name in headers}) == len(headers)
)
CONTENT_TYPES = st.sampled_from(
    [None, "application/json", "application/json;charset=utf8", "application/bson", "text/plain", "multipart/form-data"]
)
# The vendor decodes a path before it cuts it into segments, so "%2F" becomes a slash there; the signing guide encodes
# each segment. Segments that a URL parser takes for directions, and the slashes in them, are therefore left out.
SEGMENTS = PIECES.map(lambda text: text.replace("/", "").replace("\\", "")).filter(lambda text: text not in (".", ".."))


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "post"]),
    segments=st.lists(SEGMENTS, min_size=1, max_size=5),
    query=st.lists(st.tuples(PIECES.filter(bool), PIECES), max_size=5),
    headers=HEADERS,
    content_type=CONTENT_TYPES,
    body=st.binary(max_size=60),
    keys=KEYS,
    seconds=st.integers(0, 4_000_000_000),
)
@hypothesis_settings(max_examples=1000, deadline=None)
def test_any_request_is_signed_as_the_vendors_signer_does(
    *, method, segments, query, headers, content_type, body, keys, seconds
):
    path = "".join(f"/{quote(segment, safe='')}" for segment in segments)
    assume(not any(part in (".", "..") for part in path.split("/")))
    text = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query)
    if content_type:
        headers = {**headers, "Content-Type": content_type}
    date = datetime.fromtimestamp(seconds, timezone.utc)
    signed = oms.sign_request(
        method,
        f"https://h.example.com:8443{path}{'?' if text else ''}{text}",
        headers=headers,
        body=body,
        credentials=oms.AkSk(*keys),
        date=date,
    )
    assert signed["X-Sdk-Date"] == date.strftime("%Y%m%dT%H%M%SZ")
    assert signed["Host"] == "h.example.com:8443"
    assert headers.items() <= signed.items()
    to_judge = {name: value for name, value in signed.items() if name != "Authorization"}
    expected = vendors_authorization(method, path, query=query, headers=to_judge, body=body, keys=keys)
    assert signed["Authorization"] == expected


def judge(request: Arrived, keys: tuple[str, str]) -> None:
    """Holds a request, as it arrived, against the vendor's signer."""
    authorization = request.header("Authorization")
    names = authorization.rpartition(" SignedHeaders=")[2].split(",")[0].split(";")
    assert names == sorted(names)
    assert {"host", "x-sdk-date", "content-type"} <= set(names)
    path, _, query = request.target.partition("?")
    assert query == ""
    # All headers that arrived, in the names' own spelling; those that a proxy may change are not signed.
    signed = {name: value for name, value in request.headers if name.lower() in names}
    assert len(signed) == len(names)
    unsigned = {name.lower() for name, _ in request.headers} - set(names)
    assert unsigned <= {"authorization", "user-agent", "accept", "content-length"}
    expected = vendors_authorization(request.method, path, headers=signed, body=request.body, keys=keys)
    assert authorization == expected


@pytest.fixture(scope="module")
def server():
    """A server that keeps what arrives, for many requests."""
    with Recorder() as recorder:
        yield recorder


def values_of(operation: Operation) -> st.SearchStrategy[dict[str, object]]:
    """Any fields that an operation takes."""

    def value(limit):
        if isinstance(limit, Flag):
            return st.booleans()
        if not isinstance(limit, Text):
            return st.sampled_from(limit.words)
        longest = min(limit.most, 40)
        return st.text(st.characters(exclude_categories=("Cs",)), min_size=limit.least, max_size=longest)

    strategies = {name: value(limit) for name, limit in operation.fields.items()}
    always = {name: strategies.pop(name) for name in ("src_ak", "src_sk", "dst_ak", "dst_sk")}
    return st.fixed_dictionaries(always, optional=strategies)


IN_SEGMENTS = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/\\")
IDS = (st.text(IN_SEGMENTS, min_size=1, max_size=30) | ASCII_PIECES.filter(bool)).filter(lambda s: s not in (".", ".."))
CALLS = st.sampled_from(OPERATIONS).flatmap(lambda operation: st.tuples(st.just(operation), values_of(operation)))


@given(
    project_id=IDS,
    keys=KEYS,
    security_token=st.none() | HEADER_TEXT,
    calls=st.lists(st.tuples(CALLS, IDS), min_size=1, max_size=10),
)
@hypothesis_settings(max_examples=400, deadline=None)
def test_any_request_arrives_signed_as_the_vendors_signer_does(*, server, project_id, keys, security_token, calls):
    credentials = oms.AkSk(*keys, security_token)
    server.requests.clear()
    with oms.Client(**settings(server.endpoint, project_id=project_id, credentials=credentials)) as client:
        for (operation, fields), resource_id in calls:
            getattr(client, operation.name)(resource_id, **fields)
    assert len(server.requests) == len(calls)
    for request, ((operation, _), resource_id) in zip(server.requests, calls, strict=True):
        judge(request, keys)
        assert unquote(request.target, errors="strict") == operation.path(resource_id, project_id)
        assert request.header("X-Security-Token") == security_token


def test_an_awaited_request_arrives_signed_as_the_vendors_signer_does(tell, recorder, operation):
    tell(operation, "ä ?%41", **operation.all_fields())
    judge(recorder.last, (support.AK, support.SK))


def test_a_request_is_dated_now(tell, recorder):
    before = datetime.now(timezone.utc).replace(microsecond=0)
    tell(START_TASK, 1, **START_TASK.least())
    dated = datetime.strptime(recorder.last.header("X-Sdk-Date"), "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    assert before <= dated <= datetime.now(timezone.utc)


def test_sign_request_dates_now_by_default():
    before = datetime.now(timezone.utc).replace(microsecond=0)
    date = oms.sign_request("GET", "https://h/", credentials=KEY)["X-Sdk-Date"]
    dated = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    assert before <= dated <= datetime.now(timezone.utc)


def test_a_date_is_signed_in_universal_time():
    there = VECTOR_DATE.astimezone(timezone(timedelta(hours=8)))
    assert oms.sign_request("GET", "https://h/", credentials=KEY, date=there)["X-Sdk-Date"] == DATE


def test_a_date_and_a_host_that_are_given_as_headers_stay():
    headers = {"x-sdk-date": DATE, "HOST": "other"}
    signed = oms.sign_request("GET", "https://h/", headers=headers, credentials=KEY)
    assert signed == {**headers, "Authorization": signed["Authorization"]}
    assert signed["Authorization"] == vendors_authorization("GET", "/", headers=headers, keys=(AK, SK))


def test_an_authorization_that_was_there_is_replaced():
    given_headers = {"authorization": "old", "X-Sdk-Date": DATE}
    signed = oms.sign_request("GET", "https://h/", headers=given_headers, credentials=KEY)
    assert [name for name in signed if name.lower() == "authorization"] == ["Authorization"]
    assert "authorization" not in signed["Authorization"].split("Signature")[0].lower().split("signedheaders=")[1]
    assert given_headers == {"authorization": "old", "X-Sdk-Date": DATE}


def test_a_temporary_keys_token_is_added_and_signed():
    signed = oms.sign_request("GET", "https://h/", credentials=oms.AkSk(AK, SK, "token"), date=VECTOR_DATE)
    assert signed["X-Security-Token"] == "token"
    assert "SignedHeaders=host;x-sdk-date;x-security-token," in signed["Authorization"]


def test_a_body_that_is_not_signed_is_said_to_be_so():
    signed = oms.sign_request(
        "PUT", "https://h/", headers={"Content-Type": "text/plain"}, body=b"x", credentials=KEY, date=VECTOR_DATE
    )
    assert signed["X-Sdk-Content-Sha256"] == "UNSIGNED-PAYLOAD"
    assert "x-sdk-content-sha256" in signed["Authorization"]


def test_a_bodys_declared_hash_is_signed():
    headers = {"X-Sdk-Content-Sha256": "UNSIGNED-PAYLOAD", "X-Sdk-Date": DATE, "Host": "h"}
    for body in (b"", b"body"):
        signed = oms.sign_request("PUT", "https://h/", headers=headers, body=body, credentials=KEY)
        assert signed["Authorization"] == vendors_authorization("PUT", "/", headers=headers, body=body, keys=(AK, SK))


def test_text_and_bytes_are_the_same_body():
    sign = [
        oms.sign_request("POST", "https://h/", body=b, credentials=KEY, date=VECTOR_DATE) for b in ("é", b"\xc3\xa9")
    ]
    assert sign[0] == sign[1]


def test_a_request_signed_by_hand_is_accepted_by_the_local_oms():
    body = b'{"dst_ak": "a", "dst_sk": "b"}'
    with Emulator(ak=AK, sk=SK, project_id="p") as local:
        local.add_task(1)
        for content_type, task_id in (("application/json", 1), ("text/plain", 2)):
            local.add_task(task_id)
            url = f"{local.endpoint}/v2/p/tasks/{task_id}/start"
            headers = oms.sign_request("POST", url, headers={"Content-Type": content_type}, body=body, credentials=KEY)
            connection = http.client.HTTPConnection(headers["Host"], timeout=10)
            connection.request("POST", f"/v2/p/tasks/{task_id}/start", body, headers)
            assert connection.getresponse().status == 200
            connection.close()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"method": ""}, "method must be an HTTP method"),
        ({"method": "GET\n"}, "method must be an HTTP method"),
        ({"method": "G T"}, "method must be an HTTP method"),
        ({"method": 5}, "method must be a string, not int"),
        ({"url": ""}, "url cannot be read"),
        ({"url": "/v2/p"}, "url cannot be read"),
        ({"url": "https://"}, "url cannot be read"),
        ({"url": "https://h:99999"}, "url cannot be read"),
        ({"url": "mailto:x"}, "url must name a host"),
        ({"url": b"https://h"}, "url must be a string, not bytes"),
        ({"url": "https://h/\ud800"}, "url must be Unicode text without lone surrogates"),
        ({"headers": 5}, "headers must be a mapping, not int"),
        ({"headers": {"a": 5}}, "headers: a value must be a string, not int"),
        ({"headers": {5: "a"}}, "headers: a name must be a string, not int"),
        ({"headers": {"a": "b\r\nc: d"}}, "headers: the value of a must be one line of text"),
        ({"headers": {"a\n": "b"}}, "is no name"),
        ({"headers": {"": "b"}}, "is no name"),
        ({"headers": {"a": "b", "A": "c"}}, "headers: A is there twice"),
        ({"body": 5}, "body must be bytes or text, not int"),
        ({"body": "\ud800"}, "body must be Unicode text without lone surrogates"),
        ({"date": datetime(2019, 11, 15)}, "date must be an aware datetime"),
        ({"date": 5}, "date must be an aware datetime"),
        ({"credentials": oms.Token("t")}, r"credentials must be AkSk\(...\)"),
        ({"credentials": (AK, SK)}, r"credentials must be AkSk\(...\) or Token\(...\), not tuple"),
    ],
)
def test_what_cannot_be_signed_is_told(changed, told):
    arguments = {"method": "GET", "url": "https://h/", "credentials": KEY, **changed}
    with pytest.raises(oms.ConfigurationError, match=f"sign_request: .*{told}"):
        oms.sign_request(arguments.pop("method"), arguments.pop("url"), **arguments)

"""Whatever arrives: right signatures are accepted, wrong ones are not, and nothing brings the server down."""

from __future__ import annotations

import contextlib
import json
import warnings
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huaweicloud_oms.emulator import Emulator, Fault

from .support import AK, PROJECT, SK, Raw, ask

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from huaweicloudsdkcore.auth.credentials import BasicCredentials
    from huaweicloudsdkcore.sdk_request import SdkRequest
    from huaweicloudsdkcore.signer.signer import Signer

visible = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="/\\"), max_size=20)
names = st.from_regex(r"X-[A-Za-z][A-Za-z0-9-]{0,15}", fullmatch=True).filter(
    lambda name: not name.lower().startswith(("x-sdk", "x-auth", "x-security"))
)
values = st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), max_size=30)


@pytest.fixture(scope="module")
def shared():
    with Emulator(ak=AK, sk=SK, project_id=PROJECT) as emulator:
        emulator.add_task(1001)
        yield emulator


def signed(request):
    """The request as the vendor's own signer sends it: a method, a target, and lines of headers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Signer(BasicCredentials(AK, SK, PROJECT)).sign(request)
    headers = {name: value.encode("latin-1") for name, value in request.header_params.items()}
    lines = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in headers.items())
    length = f"Content-Length: {len(request.body)}\r\n\r\n".encode()
    return f"{request.method} {request.uri} HTTP/1.1\r\n".encode() + lines + length + request.body


@given(
    segment=visible.filter(lambda text: text not in {"", ".", ".."}),
    query=st.lists(st.tuples(visible.filter(bool), visible), max_size=4),
    headers=st.dictionaries(names, values, max_size=3),
    body=st.binary(max_size=200),
    content_type=st.sampled_from(["application/json", "application/json;charset=UTF-8", "text/plain"]),
    flaw=st.sampled_from(["none", "none", "body", "query", "path", "signature"]),
)
@settings(max_examples=300, deadline=None)
def test_the_vendors_signatures_are_right_and_no_others(shared, *, segment, query, headers, body, content_type, flaw):
    request = SdkRequest(
        method="GET",
        schema="http",
        host=shared.endpoint.removeprefix("http://"),
        resource_path=f"/v2/{PROJECT}/tasks/{quote(segment, safe='')}",
        query_params=query,
        header_params={**headers, "Content-Type": content_type},
        body=body,
    )
    sent = signed(request)
    unsigned = b"UNSIGNED-PAYLOAD" in sent
    if flaw == "body":
        if unsigned or not body:
            return
        sent = sent[:-1] + bytes([sent[-1] ^ 1])
    elif flaw == "query":
        sent = sent.replace(b" HTTP/1.1", b"&z=1 HTTP/1.1" if query else b"?z=1 HTTP/1.1", 1)
    elif flaw == "path":
        sent = sent.replace(b"/tasks/", b"/tasks/x", 1)
    elif flaw == "signature":
        at = sent.index(b"Signature=") + 10
        sent = sent[:at] + (b"1" if sent[at : at + 1] == b"0" else b"0") + sent[at + 1 :]
    with Raw(shared) as raw:
        raw.socket.sendall(sent)
        status, _, answer = raw.answer()
    error = json.loads(answer)["error_code"] if answer else ""
    if flaw == "none":
        assert error != "APIGW.0301", answer
    else:
        assert (status, error) == (401, "APIGW.0301")


@given(data=st.binary(max_size=300) | st.from_regex(rb"(GET|POST|PUT) /[ -~]{0,60} HTTP/1.1\r\n(.{0,40}\r\n){0,5}\r\n"))
@settings(max_examples=200, deadline=None)
def test_nothing_that_arrives_brings_it_down(shared, data):
    with Raw(shared, timeout=0.02) as raw, contextlib.suppress(OSError):
        raw.socket.sendall(data)
        raw.socket.recv(1000)
    assert ask(shared, "GET", "/")[0] == 404


members = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | visible,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(visible, inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(["dst_ak", "dst_sk", "src_ak", "src_sk", "migrate_failed_object", "src_crypto_type", "x"])


@given(body=st.dictionaries(fields, members, max_size=7) | members)
@settings(max_examples=200, deadline=None)
def test_any_json_is_answered_and_recorded(body):
    with Emulator(project_id=PROJECT) as local:
        local.add_task(1001)
        path = f"/v2/{PROJECT}/tasks/1001/start"
        status, _, _ = ask(local, "POST", path, json.dumps(body).encode())
        good = isinstance(body, dict) and all(
            isinstance(body.get(name), str) and body[name] for name in ("dst_ak", "dst_sk")
        )
        assert status in {200, 400}
        assert good or status == 400
        assert local.starts["start_task", 1001] == (status == 200)
        assert isinstance(local.requests[0].body, dict if isinstance(body, dict) else str)


@given(share=st.floats(0, 1), seed=st.integers(0, 2**64 - 1), kinds=st.lists(st.sampled_from(["reset", "close"])))
@settings(max_examples=20, deadline=None)
def test_the_ledger_is_right_whatever_the_faults(share, seed, kinds):
    with Emulator(project_id=PROJECT) as local:
        local.add_task(1001, duration=0.0, failed_objects=1)
        for kind in kinds:
            local.inject(Fault(kind, when="after", share=share, seed=seed))
        for _ in range(10):
            with Raw(local) as raw, contextlib.suppress(EOFError, ConnectionResetError):
                raw.start().answer()
        assert local.starts["start_task", 1001] == 10
        assert all((request.status is None) == (request.fault is not None) for request in local.requests)

"""No secret is ever shown: not in a repr, message, attribute, pickle, log record, recorded request or traceback."""

from __future__ import annotations

import asyncio
import base64
import copy
import html
import json
import logging
import pickle
import re
import traceback
import urllib.parse
import warnings
from pathlib import Path

import pytest

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Emulator, Fault

from .support import OPERATIONS, PROJECT, START_TASK, Arrived, Caller, Operation, Text, answer, settings

PACKAGE = str(Path(oms.__file__).parent)

# The middle of each secret is the same in every spelling; its ends are not.
NAMES = [
    *{
        name: None
        for o in OPERATIONS
        for name, limit in o.fields.items()
        if isinstance(limit, Text) and limit.least < 36
    },
    *("ak", "sk", "security_token", "token", "proxy"),
]


def middle(name: str) -> str:
    return f"zQ7-{name}-Xk9"


def secret(name: str, *, plain: bool = False) -> str:
    """A secret; one that goes into a header or a URL has plain ends."""
    return f"a.{middle(name)}_z" if plain else f"a\"/\\ é&<+{middle(name)}>\n数'%z"


CREDENTIALS = {name: secret(name, plain=True) for name in ("ak", "sk", "security_token")}
KEY = oms.AkSk(**CREDENTIALS)


def secrets_of(operation: Operation) -> dict[str, object]:
    """A secret in every field that holds one."""
    return {name: secret(name) for name in NAMES if name in operation.fields}


def spellings(name: str) -> list[str]:
    """What gives a secret away: its middle, also in base64 however it is aligned, and in hexadecimal."""
    core = middle(name).encode()
    aligned = [base64.b64encode(b"x" * shift + core).decode().rstrip("=")[4:-4] for shift in range(3)]
    return [middle(name), middle(name)[::-1], core.hex(), *aligned]


GIVEAWAYS = {name: spellings(name) for name in NAMES}


def search(where: str, text: object) -> None:
    shown = text if isinstance(text, str) else repr(text)
    for name, forms in GIVEAWAYS.items():
        for form in forms:
            assert form not in shown, f"{name} stands in {where}"


def search_value(where: str, value: object, depth: int = 4) -> None:
    """Searches a value: shown, pickled, and what it is made of."""
    search(f"repr of {where}", repr(value))
    search(f"str of {where}", str(value))
    if isinstance(value, (str, bytes, int, float, type(None), type)) or depth == 0:
        return
    try:
        pickled = pickle.dumps(value, protocol=4)
    except (TypeError, AttributeError, pickle.PicklingError):
        pickled = b""
    search(f"pickle of {where}", pickled.decode("latin-1"))
    parts = dict(value) if isinstance(value, dict) else dict(getattr(value, "__dict__", {}))
    if isinstance(value, (list, tuple, set, frozenset)):
        parts = dict(enumerate(value))
    for slot in getattr(type(value), "__slots__", ()):
        if not slot.startswith("__"):
            parts[slot] = getattr(value, slot, None)
    for name, part in parts.items():
        search_value(f"{where}.{name}", part, depth - 1)


def search_exception(error: BaseException | None) -> None:
    """Searches an exception, all that led to it, and the package's own frames in its traceback."""
    while error is not None:
        search_value(type(error).__name__, error)
        search("args", error.args)
        search("the message", "".join(traceback.format_exception_only(error)))
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename.startswith(PACKAGE):
                for name, value in frame.f_locals.items():
                    search_value(f"local {name} of {frame.f_code.co_name}", value)
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        for summary in told.stack:
            if summary.filename.startswith(PACKAGE):
                search(f"locals of {summary.name}", summary.locals)
        error = error.__cause__ or error.__context__


@pytest.fixture
def records():
    """Every log record of any logger."""
    kept: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record):
            kept.append(record)

    root, own = logging.getLogger(), logging.getLogger("huaweicloud_oms")
    handler, levels = Keep(level=0), (root.level, own.level)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    own.setLevel(logging.DEBUG)
    yield kept
    root.removeHandler(handler)
    root.setLevel(levels[0])
    own.setLevel(levels[1])


def run(call: Caller, operation: Operation, *args: object, **fields: object) -> object:
    """Makes a call, gives its result or exception, and searches both and the client."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            outcome: object = call(operation, *args, **fields)
        except Exception as error:
            outcome = error
            search_exception(error)
        else:
            search_value("the result", outcome)
    assert warned == []
    search_value("the client", call.client)
    return outcome


def search_records(records: list[logging.LogRecord]) -> None:
    formatter = logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s")
    for record in records:
        search("a log line", formatter.format(record))
        search_value("a log record", record)


@pytest.fixture
def guarded():
    """A local OMS whose own key is a secret too."""
    with Emulator(project_id=PROJECT, token=secret("token", plain=True), **CREDENTIALS) as emulator:
        emulator.add_task(1001, duration=60.0)
        emulator.add_task_group("g-1", duration=60.0)
        emulator.add_sync_task("s-1")
        yield emulator


@pytest.fixture(params=["key", "token"])
def credentials(request):
    """Each kind of credentials."""
    return KEY if request.param == "key" else oms.Token(secret("token", plain=True))


def test_the_search_finds_what_it_looks_for():
    text = secret("dst_sk")
    finds = [
        text,
        json.dumps({"a": text}),
        urllib.parse.quote(text, safe=""),
        html.escape(text),
        base64.b64encode(text.encode()).decode(),
        text.encode().hex(),
        {"deep": [("er", text)]},
    ]
    for found in finds:
        with pytest.raises(AssertionError, match="dst_sk stands in"):
            search_value("it", found)
    with pytest.raises(AssertionError):
        search_exception(ValueError(text))


def test_a_start_that_succeeds_shows_no_secret(guarded, call_with, records, credentials, operation):
    call = call_with(**settings(guarded.endpoint, credentials=credentials))
    result = run(call, operation, operation.good_id, **secrets_of(operation))
    assert isinstance(result, oms.StartResult)
    assert len(records) >= 2
    search_records(records)
    search_value("the local OMS", guarded)
    search_value("the recorded requests", guarded.requests)
    search_value("the state", guarded.state("task", 1001))


FAULTS = [
    Fault("status", status=400, error_code="OMS.0064"),
    Fault("status", status=400, error_code="OMS.0065"),
    Fault("status", status=403),
    Fault("status", status=429, retry_after=60),
    Fault("status", status=500),
    Fault("status", status=503, error_code="APIGW.0613"),
    Fault("html", status=400),
    Fault("not_json", status=400),
    Fault("oversized", status=400),
    Fault("redirect", location="https://oms.example.com"),
    Fault("reset"),
    Fault("close", when="after"),
    Fault("garbage"),
    Fault("truncate", operation="start"),
    Fault("stall", operation="start"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind}-{fault.status}")
def test_a_start_that_fails_shows_no_secret(guarded, call_with, records, fault):
    call = call_with(**settings(guarded.endpoint, credentials=KEY, timeout=1.0))
    guarded.inject(fault)
    run(call, START_TASK, 1001, **secrets_of(START_TASK))
    search_records(records)
    search_value("the recorded requests", guarded.requests)


def test_a_connection_that_fails_shows_no_secret(call_with, records, operation):
    proxy = f"http://user:{secret('proxy', plain=True)}@127.0.0.1:9"
    for more in ({}, {"proxy": proxy}, {"endpoint": "https://127.0.0.1:9"}, {"endpoint": "https://h", "proxy": proxy}):
        call = call_with(**settings(**{"endpoint": "http://127.0.0.1:9", "credentials": KEY, "timeout": 2.0, **more}))
        assert isinstance(run(call, operation, operation.good_id, **secrets_of(operation)), oms.ConnectError)
    search_records(records)


def test_wrong_credentials_show_no_secret(guarded, call_with, records):
    for wrong in (oms.AkSk("other", CREDENTIALS["sk"]), oms.AkSk(CREDENTIALS["ak"], "other"), KEY):
        guarded.inject(Fault("status", status=401, error_msg=f"verify aksk signature fail, Access={CREDENTIALS['ak']}"))
        call = call_with(**settings(guarded.endpoint, credentials=wrong))
        for _ in range(2):
            run(call, START_TASK, 1001, **secrets_of(START_TASK))
    search_records(records)


def bad_arguments(operation: Operation) -> list[tuple[tuple[object, ...], dict[str, object]]]:
    fields = secrets_of(operation)
    long = {name: f"{value}{'x' * 70_000}" for name, value in fields.items()}
    return [
        ((operation.good_id,), long),
        ((operation.good_id,), {name: [value] for name, value in fields.items()}),
        ((operation.good_id,), {name: str(value).encode() for name, value in fields.items()}),
        ((operation.good_id,), {name: f"{value}\ud800" for name, value in fields.items()}),
        ((operation.good_id,), {**fields, "timeout": -1}),
        ((operation.good_id,), {**fields, "src_crypto_type": secret("sk"), "src_kms_key_id": "short"}),
        ((None,), fields),
        ((-1.5,), fields),
        (("..",), fields),
        ((), fields),
        ((1, *fields.values()), {}),
        ((operation.good_id,), {**fields, operation.id_name: "again"}),
        ((operation.good_id,), {**fields, "dst_secret": secret("dst_sk")}),
        ((operation.good_id,), {**fields, "json_auth_file": {secret("sk"): {secret("ak")}}}),
        ((operation.good_id,), {**fields, "timeout": secret("token")}),
    ]


@pytest.mark.parametrize("which", range(len(bad_arguments(START_TASK))))
def test_bad_arguments_show_no_secret(guarded, call_with, records, operation, which):
    call = call_with(**settings(guarded.endpoint, credentials=KEY))
    args, fields = bad_arguments(operation)[which]
    assert isinstance(run(call, operation, *args, **fields), (oms.ValidationError, TypeError))
    assert guarded.requests == ()
    search_records(records)


def test_a_closed_client_shows_no_secret(guarded, call_with, operation):
    call = call_with(**settings(guarded.endpoint, credentials=KEY))
    call.close()
    outcome = run(call, operation, operation.good_id, **secrets_of(operation))
    assert isinstance(outcome, oms.ConfigurationError)


@pytest.mark.parametrize("is_async", [False, True])
def test_the_functions_show_no_secret(is_async, operation, monkeypatch, guarded):
    def call() -> BaseException | None:
        fields = secrets_of(operation)
        name = f"{operation.name}_async" if is_async else operation.name
        try:
            outcome = getattr(oms, name)(operation.good_id, **fields)
            search_value("result", asyncio.run(outcome) if is_async else outcome)
        except oms.OmsError as error:
            return error
        return None

    def search_failure(kind: type[oms.OmsError]) -> None:
        error = call()
        assert isinstance(error, kind)
        search_exception(error)

    search_failure(oms.ConfigurationError)
    monkeypatch.setenv("HUAWEICLOUD_OMS_ENDPOINT", guarded.endpoint)
    monkeypatch.setenv("HUAWEICLOUD_SDK_PROJECT_ID", PROJECT)
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", CREDENTIALS["ak"])
    search_failure(oms.ConfigurationError)
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", CREDENTIALS["sk"])
    monkeypatch.setenv("HUAWEICLOUD_SDK_SECURITY_TOKEN", CREDENTIALS["security_token"])
    assert call() is None
    search_failure(oms.AlreadyStartedError)


# -- what the service says back


def headers_of(request: Arrived) -> str:
    return ", ".join(f"{name}: {value}" for name, value in request.headers)


def said_back(fields: dict[str, object]) -> str:
    return " | ".join([*map(str, fields.values()), *CREDENTIALS.values()])


ECHOES = {
    "text": said_back,
    "JSON": lambda fields: json.dumps({"error_code": "OMS.1", "error_msg": said_back(fields)}),
    "JSON in Unicode": lambda fields: json.dumps(
        {"error_code": "OMS.1", "error_msg": said_back(fields)}, ensure_ascii=False
    ),
    "JSON in JSON": lambda fields: json.dumps({"error_code": "OMS.1", "error_msg": json.dumps({"body": fields})}),
    "other JSON": lambda fields: json.dumps({"body": {"more": fields}}),
    "other JSON in Unicode": lambda fields: json.dumps({"body": {"more": fields}}, ensure_ascii=False),
    "JSON with slashes": lambda fields: json.dumps({"body": {"more": fields}}).replace("/", "\\/"),
    "code": lambda fields: json.dumps({"error_code": said_back(fields)}),
    "nested": lambda fields: json.dumps({"error": {"code": said_back(fields), "message": said_back(fields)}}),
    "percent": lambda fields: urllib.parse.quote(said_back(fields), safe=""),
    "form": lambda fields: urllib.parse.urlencode({k: str(v) for k, v in fields.items()}),
    "small percent": lambda fields: re.sub(
        "%..", lambda found: found[0].lower(), urllib.parse.quote(said_back(fields))
    ),
    "HTML": lambda fields: f"<html><body>{html.escape(said_back(fields))}</body></html>",
    "HTML title": lambda fields: f"<html><title>{html.escape(said_back(fields))}</title></html>",
    "HTML without escapes": lambda fields: f"<html>{said_back(fields)}</html>",
}


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("name", [None, *secrets_of(START_TASK)])
def test_what_the_service_says_back_is_redacted(recorder, call_with, records, echo, name):
    fields = secrets_of(START_TASK)
    call = call_with(**settings(recorder.endpoint, credentials=KEY))
    said = fields if name is None else {name: fields[name]}
    recorder.answer = answer(400, ECHOES[echo](said), f"X-Request-Id: {CREDENTIALS['ak']}")
    assert isinstance(run(call, START_TASK, 1001, **fields), oms.BadRequestError)
    search_records(records)


@pytest.mark.parametrize("status", [302, 401, 403, 404, 409, 429])
def test_a_signed_request_that_is_said_back_is_redacted(recorder, call_with, records, status):
    def echo(request: Arrived) -> None:
        text = f"canonical request: {headers_of(request)}; body: {request.body.decode()}"
        recorder.answer = answer(status, json.dumps({"error_code": "APIGW.0301", "error_msg": text}))

    recorder.on_request = echo
    call = call_with(**settings(recorder.endpoint, credentials=KEY))
    error = run(call, START_TASK, 1001, **secrets_of(START_TASK))
    assert isinstance(error, oms.ApiError)
    assert "Access=***" in error.error_msg
    signature = recorder.last.header("Authorization").rpartition("=")[2]
    assert signature not in str(error)
    search_records(records)


@pytest.mark.parametrize("offset", range(560, 620, 3))
def test_a_secret_that_a_long_message_is_cut_in_is_redacted(recorder, call_with, offset):
    call = call_with(**settings(recorder.endpoint, credentials=KEY))
    for body in (lambda text: json.dumps({"error_msg": text}), lambda text: text):
        recorder.answer = answer(400, body("x" * offset + CREDENTIALS["sk"] + " " + CREDENTIALS["security_token"]))
        error = run(call, START_TASK, 1001, **secrets_of(START_TASK))
        assert "zQ7" not in str(error)
        assert "zQ7" not in error.error_msg


@pytest.mark.parametrize("body", ["text", "JSON"])
def test_what_is_said_back_while_settling_is_redacted(recorder, call_with, records, body):
    fields = secrets_of(START_TASK)
    call = call_with(**settings(recorder.endpoint, credentials=KEY, timeout=0.4))
    told = ECHOES[body](fields)
    status = json.dumps({"status": f"{fields['dst_sk']}", "error_msg": said_back(fields)})
    recorder.answers = [answer(500, told, f"X-Request-Id: {CREDENTIALS['sk']}"), answer(503, told)]
    recorder.answer = answer(200, status)
    assert isinstance(run(call, START_TASK, 1001, **fields), oms.OutcomeUnknownError)
    search_records(records)


# -- things that hold secrets


@pytest.mark.parametrize("holder", [KEY, oms.Token(secret("token", plain=True))], ids=["AkSk", "Token"])
def test_credentials_cannot_be_shown_or_copied(holder):
    search_value("credentials", holder)
    assert repr(holder) in ("AkSk(***)", "Token(***)")
    assert not hasattr(holder, "__dict__")
    public = [name for name in dir(holder) if not name.startswith("__")]
    assert public == []
    for copier in (pickle.dumps, copy.copy, copy.deepcopy, lambda one: pickle.dumps({"a": [one]})):
        with pytest.raises(TypeError, match="credentials are not pickled"):
            copier(holder)
    with pytest.raises(AttributeError):
        holder.sk = "x"


def test_clients_cannot_be_pickled_or_copied(call_with, recorder):
    client = call_with(**settings(recorder.endpoint, credentials=KEY)).client
    for copier in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="a client holds credentials and is not pickled"):
            copier(client)
    with pytest.raises(TypeError):
        pickle.dumps(client._core)


@pytest.mark.parametrize(
    "wrong",
    [
        {"proxy": f"ftp://user:{secret('proxy', plain=True)}@127.0.0.1"},
        {"proxy": f"http://user:{secret('proxy', plain=True)}@127.0.0.1:99999"},
        {"endpoint": f"https://user:{secret('sk', plain=True)}@oms.example.com"},
        {"endpoint": f"https://oms.example.com/{secret('sk', plain=True)}"},
        {"credentials": (secret("ak"), secret("sk"))},
        {"timeout": 0, "proxy": f"http://user:{secret('proxy', plain=True)}@127.0.0.1"},
    ],
)
def test_a_client_that_cannot_be_made_shows_no_secret(wrong):
    for kind in (oms.Client, oms.AsyncClient):
        with pytest.raises(oms.ConfigurationError) as caught:
            kind(**{**settings("https://oms.example.com"), **wrong})
        search_exception(caught.value)


def test_keys_from_the_environment_and_the_profile_are_not_shown(monkeypatch, tmp_path):
    place = tmp_path / "credentials"
    place.write_text(f"[basic]\nak = {CREDENTIALS['ak']}\nsk = {CREDENTIALS['sk']}\nproject_id = p\n")
    monkeypatch.setenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", str(place))
    search_value("client", oms.Client(region="cn-north-4"))
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", CREDENTIALS["ak"])
    with pytest.raises(oms.ConfigurationError) as caught:
        oms.Client(region="cn-north-4")
    search_exception(caught.value)


def test_sign_request_shows_no_secret_when_it_fails():
    for more in ({"method": "\n"}, {"headers": {"a": secret("sk")}}, {"body": 5}, {"date": 5}, {"url": "h"}):
        arguments = {"method": "GET", "url": "https://h/", "credentials": KEY, **more}
        with pytest.raises(oms.ConfigurationError) as caught:
            oms.sign_request(**arguments)
        search_exception(caught.value)

"""Limits: every row of the table at both ends, every violation at once, nothing sent, no secret told."""

from __future__ import annotations

import json
import math
import types
from collections import OrderedDict, UserDict, UserString
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import huaweicloud_oms as oms

from .support import (
    KMS_KEY,
    OPERATIONS,
    START_SYNC_TASK,
    START_TASK,
    START_TASK_GROUP,
    Caller,
    Flag,
    Operation,
    Recorder,
    Text,
    Word,
    settings,
)

ROWS = [(operation, name, limit) for operation in OPERATIONS for name, limit in operation.fields.items()]
TEXTS = [row for row in ROWS if isinstance(row[2], Text)]
WORDS = [row[:2] for row in ROWS if isinstance(row[2], Word)]
FLAGS = [row[:2] for row in ROWS if isinstance(row[2], Flag)]


def row_name(row: tuple[Operation, str, object]) -> str:
    return f"{row[0].name}-{row[1]}"


# One to four bytes of UTF-8, and one that is two UTF-16 units.
CHARACTERS = ["a", "é", "数", "🦀"]


def faults(tell: Caller, operation: Operation, *args: object, **fields: object) -> dict[str, str]:
    """What is wrong with a call, by argument."""
    with pytest.raises(oms.ValidationError) as caught:
        tell(operation, *args, **fields)
    errors = caught.value.errors
    assert all(type(error) is oms.FieldError for error in errors)
    told = {error.field: error.message for error in errors}
    assert len(told) == len(errors), "an argument was told twice"
    text = str(caught.value)
    assert text.startswith(f"{operation.name}: ")
    assert text.endswith("Nothing was sent")
    assert "\n" not in text
    assert all(f"{name} {message}" in text for name, message in told.items())
    return told


def with_pair(operation: Operation, name: str, value: object) -> dict[str, object]:
    """Good arguments with this one, and the other half of a source key where it is one."""
    other = {"src_ak": "src_sk", "src_sk": "src_ak"}.get(name)
    return operation.least(**{name: value}, **({other: "other-half"} if other else {}))


@pytest.mark.parametrize("row", TEXTS, ids=row_name)
@pytest.mark.parametrize("character", CHARACTERS)
def test_a_text_may_have_its_least_and_its_most_characters(recorder, tell, row, character):
    operation, name, limit = row
    for length in {limit.least, limit.most}:
        fields = with_pair(operation, name, character * length)
        tell(operation, operation.good_id, **fields)
        assert json.loads(recorder.last.body) == fields


@pytest.mark.parametrize("row", TEXTS, ids=row_name)
@pytest.mark.parametrize("character", CHARACTERS)
def test_a_text_may_not_have_fewer_or_more(recorder, tell, row, character):
    operation, name, limit = row
    for length in {limit.least - 1, limit.most + 1} - {-1}:
        told = faults(tell, operation, operation.good_id, **with_pair(operation, name, character * length))
        assert set(told) == {name}
        assert str(limit.most) in told[name]
        assert told[name].endswith(f", not {length}")
    assert recorder.requests == []


@pytest.mark.parametrize(("operation", "name"), WORDS)
def test_a_word_is_one_of_two(recorder, tell, operation, name):
    for word in ("DEFAULT", "KMS"):
        tell(operation, operation.good_id, **operation.least(**{name: word}))
        assert json.loads(recorder.last.body)[name] == word
    for wrong in ("", "kms", "Default", "KMS ", "AES"):
        told = faults(tell, operation, operation.good_id, **operation.least(**{name: wrong}))
        assert told == {name: "must be DEFAULT or KMS"}
    assert len(recorder.requests) == 2


@pytest.mark.parametrize(("operation", "name"), FLAGS)
@pytest.mark.parametrize("wrong", [0, 1, "true", "", 1.0, b"", [], ()])
def test_only_a_boolean_is_a_boolean(recorder, tell, operation, name, wrong):
    told = faults(tell, operation, 1, **operation.least(**{name: wrong}))
    assert told == {name: f"must be a boolean (True or False), not {type(wrong).__name__}"}
    assert recorder.requests == []


@pytest.mark.parametrize("row", TEXTS, ids=row_name)
@pytest.mark.parametrize("wrong", [b"bytes", bytearray(b"x"), 1, True, 1.5, ["x"], object(), UserString("x")])
def test_only_a_string_is_a_text(recorder, tell, row, wrong):
    operation, name, _ = row
    told = faults(tell, operation, operation.good_id, **with_pair(operation, name, wrong))
    assert set(told) == {name}
    assert "string" in told[name]
    assert type(wrong).__name__ in told[name]
    assert recorder.requests == []


@pytest.mark.parametrize(("operation", "name"), [row[:2] for row in ROWS if not isinstance(row[2], Flag)])
@pytest.mark.parametrize("lone", ["\ud800", "x\udfffx"])
def test_a_lone_surrogate_is_a_violation_like_any_other(recorder, tell, operation, name, lone):
    told = faults(tell, operation, operation.good_id, **with_pair(operation, name, lone))
    assert told == {name: "must be Unicode text without lone surrogates"}
    assert recorder.requests == []


def test_a_strings_subclass_is_a_string(recorder, tell):
    class Shouting(str):
        def __str__(self):
            return "no"

    tell("start_task", Shouting("7"), dst_ak=Shouting("a"), dst_sk=Shouting("b"))
    assert json.loads(recorder.last.body) == {"dst_ak": "a", "dst_sk": "b"}
    assert recorder.last.target.endswith("/tasks/7/start")


@pytest.mark.parametrize(("operation", "name", "limit"), [row for row in TEXTS if row[2].required])
def test_what_is_required_must_be_there(recorder, tell, operation, name, limit):
    fields = operation.least()
    del fields[name]
    for absent in ({}, {name: None}):
        told = faults(tell, operation, operation.good_id, **fields, **absent)
        assert told == {name: f"is required: a string of {limit.least} to {limit.most} characters"}
    assert recorder.requests == []


@pytest.mark.parametrize("operation", [START_TASK, START_TASK_GROUP], ids=lambda o: o.name)
@pytest.mark.parametrize(("name", "other"), [("src_ak", "src_sk"), ("src_sk", "src_ak")])
def test_a_source_key_comes_with_its_other_half(recorder, tell, operation, name, other):
    told = faults(tell, operation, operation.good_id, **operation.least(**{name: "half-a-key"}))
    assert told == {other: f"is required together with {name} (leave out both for a URL list)"}
    assert recorder.requests == []


def test_every_violation_of_a_call_is_told_at_once(recorder, tell):
    told = faults(
        tell,
        START_TASK,
        -1,
        src_ak="",
        src_sk=5,
        src_security_token="x" * 16385,
        connection_string="\ud800",
        json_auth_file=3.5,
        dst_ak="x" * 101,
        source_cdn_authentication_key="x" * 256,
        migrate_failed_object=1,
        src_crypto_type="none",
        src_kms_key_id="short",
        timeout=0,
    )
    assert set(told) == {
        "task_id",
        "src_ak",
        "src_sk",
        "src_security_token",
        "connection_string",
        "json_auth_file",
        "dst_ak",
        "dst_sk",
        "source_cdn_authentication_key",
        "migrate_failed_object",
        "src_crypto_type",
        "src_kms_key_id",
        "timeout",
    }
    assert recorder.requests == []


@pytest.mark.parametrize("task_id", [0, 1, 999_999_999_999_999, "0", "-1", "abc", "1" * 1024, "数" * 1024])
def test_a_task_id_is_an_integer_or_a_string(recorder, tell, task_id):
    result = tell("start_task", task_id, dst_ak="a", dst_sk="b")
    assert result.resource_id == str(task_id)
    assert unquote(recorder.last.target) == START_TASK.path(str(task_id))


@pytest.mark.parametrize("task_id", [-1, 10**15, 10**40, -(10**40), 2**63, 2**128])
def test_an_integer_beyond_the_documents_range_is_no_task_id(recorder, tell, task_id):
    told = faults(tell, START_TASK, task_id, dst_ak="a", dst_sk="b")
    assert told == {"task_id": "must be an integer from 0 to 999999999999999"}
    assert recorder.requests == []


@pytest.mark.parametrize("wrong", [True, False, 1.0, b"1", [1], math.nan, object()])
def test_nothing_else_is_an_id(recorder, tell, operation, wrong):
    told = faults(tell, operation, wrong, **operation.least())
    kinds = "an integer or a string" if operation is START_TASK else "a string"
    assert told == {operation.id_name: f"must be {kinds}, not {type(wrong).__name__}"}
    assert recorder.requests == []


@pytest.mark.parametrize("operation", [START_TASK_GROUP, START_SYNC_TASK], ids=lambda o: o.name)
def test_an_integer_is_the_id_of_a_task_only(recorder, tell, operation):
    assert faults(tell, operation, 1, **operation.least()) == {operation.id_name: "must be a string, not int"}
    assert recorder.requests == []


def test_an_integers_subclass_is_an_integer_by_its_value(recorder, tell):
    class Number(int):
        def __str__(self):
            return "../elsewhere"

    tell("start_task", Number(7), dst_ak="a", dst_sk="b")
    assert recorder.last.target == START_TASK.path("7")


def test_an_id_of_none_is_missing(recorder, tell, operation):
    assert faults(tell, operation, None, **operation.least()) == {operation.id_name: "is required"}
    assert recorder.requests == []


@pytest.mark.parametrize("character", CHARACTERS)
def test_an_id_has_its_most_characters_and_at_least_one(recorder, tell, operation, character):
    longest = character * operation.id_most
    tell(operation, longest, **operation.least())
    assert unquote(recorder.last.target) == operation.path(longest)
    for wrong in ("", longest + character):
        told = faults(tell, operation, wrong, **operation.least())
        assert told == {operation.id_name: f"must be a string of 1 to {operation.id_most} characters, not {len(wrong)}"}
    assert len(recorder.requests) == 1


CONTROLS = [chr(n) for n in (*range(0x20), *range(0x7F, 0xA0))]


def test_an_id_with_a_control_character_is_refused(recorder, tell, operation):
    for control in CONTROLS:
        for text in (control, f"a{control}b"):
            told = faults(tell, operation, text, **operation.least())
            assert set(told) == {operation.id_name}
            assert "control characters" in told[operation.id_name]
    assert recorder.requests == []


@pytest.mark.parametrize("text", [".", "..", "/", "a/b", "../..", "\\", "a\\b", "/start", "1/start?"])
def test_an_id_that_would_name_another_path_is_refused(recorder, tell, operation, text):
    told = faults(tell, operation, text, **operation.least())
    assert "would name another path" in told[operation.id_name]
    assert recorder.requests == []


@pytest.mark.parametrize("lone", ["\ud800", "a\udfff"])
def test_an_id_with_a_lone_surrogate_is_refused(recorder, tell, operation, lone):
    told = faults(tell, operation, lone, **operation.least())
    assert told == {operation.id_name: "must be Unicode text without lone surrogates"}
    assert recorder.requests == []


@pytest.mark.parametrize(
    "text",
    [
        *(
            "...",
            ". ",
            "%2e%2e",
            "%2F",
            "%",
            "%%",
            "%zz",
            "a b",
            " ",
            "?",
            "#",
            "a?b=c",
            "a#b",
            ":@!$&'()*+,;=",
            "~-_.",
        ),
        *("[x]", "{x}", "|", "^", "`", '"', "<>", "é", "e\u0301", "数据", "🦀", "\u2028", "\ufeff", "\U0010ffff", "+"),
    ],
)
def test_any_other_id_is_percent_encoded_so_that_the_service_sees_that_very_id(recorder, tell, operation, text):
    result = tell(operation, text, **operation.least())
    assert result.resource_id == text
    assert unquote(recorder.last.target, errors="strict") == operation.path(text)
    assert recorder.last.target.count("/") == operation.path("x").count("/")
    assert not set(recorder.last.target) & set("?# ")


ALLOWED_IN_IDS = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/\\")
IDS = st.text(ALLOWED_IN_IDS, min_size=1, max_size=40).filter(lambda text: text not in (".", ".."))
ANY_TEXT = st.text(max_size=60) | st.text("./\\%?#&=;:@2eEfFcC5\0\n\r\t 数\ud800", max_size=12)


@pytest.fixture(scope="module")
def steady():
    """A recording server with a client, for many requests."""
    with Recorder() as server, oms.Client(**settings(server.endpoint)) as client:
        yield server, client


@given(operation=st.sampled_from(OPERATIONS), text=IDS)
@hypothesis_settings(max_examples=400, deadline=None)
def test_whatever_id_is_accepted_arrives_decoded_exactly(steady, operation, text):
    server, client = steady
    getattr(client, operation.name)(text, **operation.least())
    before, after = operation.path("\0").split("\0")
    target = server.last.target
    assert target.startswith(before)
    assert target.endswith(after)
    segment = target[len(before) : -len(after)]
    assert "/" not in segment
    assert unquote(segment, errors="strict") == text
    assert (server.last.method, server.last.target.isascii()) == (operation.method, True)


@given(operation=st.sampled_from(OPERATIONS), text=ANY_TEXT, other=ANY_TEXT, number=st.integers())
@hypothesis_settings(max_examples=400, deadline=None)
def test_whatever_a_value_is_it_never_changes_which_url_is_called(steady, operation, text, other, number):
    server, client = steady
    server.requests.clear()
    fields = {name: other for name, limit in operation.fields.items() if isinstance(limit, Text) and limit.least < 36}
    for value in (text, number):
        try:
            getattr(client, operation.name)(value, **fields)
        except oms.ValidationError:
            assert server.requests == []
        else:
            [request] = server.requests
            assert unquote(request.target, errors="strict") == operation.path(str(value))
            assert request.target.count("/") == operation.path("x").count("/")
            assert json.loads(request.body) == fields
        server.requests.clear()


@given(arguments=st.dictionaries(st.sampled_from(list(START_TASK.fields)), st.none() | st.text() | st.integers()))
@hypothesis_settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_arguments_are_either_sent_as_they_are_or_refused_by_name(steady, arguments):
    server, client = steady
    server.requests.clear()
    try:
        client.start_task(1, **arguments)
    except oms.ValidationError as error:
        told = {fault.field for fault in error.errors}
        assert (told <= set(START_TASK.fields), server.requests) == (True, [])
    else:
        given_fields = {name: value for name, value in arguments.items() if value is not None}
        assert json.loads(server.last.body) == given_fields


@pytest.mark.parametrize("region", [region for region in oms.REGIONS if region not in ("cn-north-4", "cn-east-3")])
def test_a_sync_task_is_refused_in_a_region_that_has_none(call_with, region):
    tell = call_with(region=region, project_id="p", credentials=oms.Token("t"))
    told = faults(tell, START_SYNC_TASK, "s", **START_SYNC_TASK.least())
    assert set(told) == {"region"}
    assert "cn-north-4 and cn-east-3" in told["region"]
    assert region in told["region"]


def test_a_region_without_sync_tasks_is_told_with_everything_else(call_with):
    tell = call_with(region="cn-south-1", project_id="p", credentials=oms.Token("t"))
    assert set(faults(tell, START_SYNC_TASK, "", **{**START_SYNC_TASK.least(), "src_ak": ""})) == {
        "sync_task_id",
        "src_ak",
        "region",
    }


@pytest.mark.parametrize("region", ["cn-south-1", "eu-west-0", "cn-north-4"])
def test_an_explicit_endpoint_is_not_second_guessed(call_with, recorder, region):
    tell = call_with(**settings(recorder.endpoint, region=region))
    assert tell(START_SYNC_TASK, "s", **START_SYNC_TASK.least()).status_code == 200


def test_the_environments_endpoint_of_a_region_is_not_second_guessed(call_with, recorder, monkeypatch):
    monkeypatch.setenv("HUAWEICLOUD_SDK_REGION_OMS_CN_SOUTH_1", recorder.endpoint)
    tell = call_with(**settings(None, region="cn-south-1"))
    assert tell(START_SYNC_TASK, "s", **START_SYNC_TASK.least()).status_code == 200


@pytest.mark.parametrize("timeout", [0, 0.0, -1, -0.5, math.nan, math.inf, -math.inf, True, "5", b"5", [], 10**400])
def test_a_timeout_is_a_positive_number_of_seconds(recorder, tell, operation, timeout):
    told = faults(tell, operation, operation.good_id, **operation.least(), timeout=timeout)
    assert set(told) == {"timeout"}
    assert told["timeout"].startswith("must be a positive number of seconds")
    assert recorder.requests == []


@pytest.mark.parametrize("timeout", [5, 5.5, 1e300, 10**30, None])
def test_a_timeout_of_any_length_is_taken(tell, timeout):
    assert tell("start_task", 1, dst_ak="a", dst_sk="b", timeout=timeout).status_code == 200


def key_file(recorder, tell, value) -> str:
    tell("start_task", 1, dst_ak="a", dst_sk="b", json_auth_file=value)
    return json.loads(recorder.last.body)["json_auth_file"]


KEY_FILE = {"type": "service_account", "private_key": "-----BEGIN\nx\n", "n": [1, 2.5, None, True], "é": {"数": "🦀"}}


@pytest.mark.parametrize("kind", [dict, OrderedDict, UserDict, types.MappingProxyType])
def test_a_key_file_as_a_mapping_is_sent_as_json_text(recorder, tell, kind):
    assert json.loads(key_file(recorder, tell, kind(KEY_FILE))) == KEY_FILE


def test_a_key_file_as_text_is_sent_as_it_is(recorder, tell):
    assert key_file(recorder, tell, '{"a":\t1}\r\n') == '{"a":\t1}\r\n'


def test_a_key_file_as_a_path_is_read(recorder, tell, tmp_path):
    place = tmp_path / "schlüssel.json"
    place.write_bytes('{"é":\r\n1}'.encode())
    assert key_file(recorder, tell, place) == '{"é":\r\n1}'


def test_a_key_file_can_be_any_path_like(recorder, tell, tmp_path):
    place = tmp_path / "key.json"
    place.write_text("{}")

    class Place:
        def __init__(self, path):
            self.path = path

        def __fspath__(self):
            return self.path

    assert key_file(recorder, tell, Place(str(place))) == "{}"


def test_a_key_file_of_the_greatest_length_is_read_and_a_longer_one_refused(recorder, tell, tmp_path):
    place = tmp_path / "key.json"
    place.write_text("🦀" * 65535)
    assert key_file(recorder, tell, place) == "🦀" * 65535
    for length in (65536, 500_000):
        place.write_text("🦀" * length)
        told = faults(tell, START_TASK, 1, dst_ak="a", dst_sk="b", json_auth_file=place)
        assert told["json_auth_file"].startswith("must be a string of at most 65535 characters")


def test_an_endless_key_file_is_refused_at_once(tell):
    told = faults(tell, START_TASK, 1, dst_ak="a", dst_sk="b", json_auth_file=Path("/dev/zero"))
    assert set(told) == {"json_auth_file"}


@pytest.mark.parametrize("operation", [START_TASK, START_TASK_GROUP], ids=lambda o: o.name)
def test_a_key_file_that_cannot_be_read_is_told_with_its_path(recorder, tell, operation, tmp_path):
    (tmp_path / "latin").write_bytes(b"top-secret \xff")
    for name in ("missing", "latin", "."):
        place = tmp_path / name
        told = faults(tell, operation, operation.good_id, **operation.least(json_auth_file=place))
        assert told["json_auth_file"].startswith(f"cannot be read from '{place}': ")
        assert "top-secret" not in told["json_auth_file"]
    assert recorder.requests == []


def test_a_path_that_is_none_is_told(recorder, tell):
    class Broken:
        def __fspath__(self):
            raise RuntimeError("top-secret")

    class Wrong:
        def __fspath__(self):
            return 5

    for place in (Broken(), Wrong(), Path("nul\0inside")):
        told = faults(tell, START_TASK, 1, dst_ak="a", dst_sk="b", json_auth_file=place)
        assert set(told) == {"json_auth_file"}
        assert "top-secret" not in told["json_auth_file"]
    assert recorder.requests == []


def test_a_mapping_that_is_no_json_is_told_without_its_content(recorder, tell):
    class Broken(UserDict):
        def __iter__(self):
            raise RuntimeError("top-secret")

    circle: dict[str, object] = {"private_key": "top-secret"}
    circle["self"] = circle
    for mapping in (
        {"top-secret": {1, 2}},
        {("top", "secret"): 1},
        circle,
        Broken(),
        {"a": b"top-secret"},
        {"a": math.nan},
    ):
        told = faults(tell, START_TASK, 1, dst_ak="a", dst_sk="b", json_auth_file=mapping)
        assert told["json_auth_file"].startswith("cannot be written as JSON (")
        assert "secret" not in told["json_auth_file"]
    assert recorder.requests == []


def test_a_mapping_with_a_lone_surrogate_is_sent_as_json_can_say_it(recorder, tell):
    assert json.loads(key_file(recorder, tell, {"a": "\ud800"})) == {"a": "\ud800"}


@pytest.mark.parametrize("wrong", [1, True, 1.5, ["x"], b"x"])
def test_nothing_else_is_a_key_file(recorder, tell, wrong):
    told = faults(tell, START_TASK, 1, dst_ak="a", dst_sk="b", json_auth_file=wrong)
    assert set(told) == {"json_auth_file"}
    assert type(wrong).__name__ in told["json_auth_file"]
    assert recorder.requests == []


def test_an_unknown_argument_is_a_type_error_that_names_it(recorder, tell, operation):
    with pytest.raises(TypeError, match=rf"{operation.name}\(\) got an unexpected keyword argument 'dst_akk'"):
        tell(operation, operation.good_id, **operation.least(), dst_akk="x")
    assert recorder.requests == []


@pytest.mark.parametrize(
    ("operation", "foreign"),
    [
        (operation, name)
        for operation in OPERATIONS
        for name in {*START_TASK.fields, "task_id"} - {*operation.fields, operation.id_name}
    ],
)
def test_a_field_of_another_operation_is_unknown(tell, operation, foreign):
    with pytest.raises(TypeError, match=f"'{foreign}'"):
        tell(operation, operation.good_id, **operation.least(), **{foreign: KMS_KEY})


def test_the_id_must_be_given_and_only_once(tell, operation):
    with pytest.raises(TypeError, match=f"missing 1 required positional argument: '{operation.id_name}'"):
        tell(operation, **operation.least())
    with pytest.raises(TypeError, match=f"multiple values for argument '{operation.id_name}'"):
        tell(operation, operation.good_id, **{operation.id_name: operation.good_id})
    with pytest.raises(TypeError, match="takes 1 positional argument"):
        tell(operation, operation.good_id, "key")


def test_the_id_can_be_given_by_name(recorder, tell, operation):
    tell(operation, **{operation.id_name: operation.good_id}, **operation.least())
    assert recorder.last.target == operation.path(str(operation.good_id))


def test_a_violation_is_a_value(tell):
    with pytest.raises(oms.ValidationError) as caught:
        tell("start_task", 1, dst_ak="a")
    [error] = caught.value.errors
    assert error == oms.FieldError("dst_sk", "is required: a string of 1 to 100 characters")
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value.errors, tuple)

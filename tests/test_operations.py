"""The three operations: blocking and awaited, on a client and as functions, and what they put on the wire."""

from __future__ import annotations

import asyncio
import inspect
import json
import threading

import pytest

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Fault

from .support import AK, OPERATIONS, PROJECT, SK, Flag, Operation, Recorder, answer, settings

FIELDS = [(operation, name) for operation in OPERATIONS for name in operation.fields]


@pytest.fixture
def environment(monkeypatch):
    """Settings for the default client of a server on this machine."""

    def lead_to(endpoint: str) -> None:
        monkeypatch.setenv("HUAWEICLOUD_OMS_ENDPOINT", endpoint)
        monkeypatch.setenv("HUAWEICLOUD_SDK_PROJECT_ID", PROJECT)
        monkeypatch.setenv("HUAWEICLOUD_SDK_AK", AK)
        monkeypatch.setenv("HUAWEICLOUD_SDK_SK", SK)

    return lead_to


def test_a_start_is_carried_out_once_and_told(local, call, operation):
    result = call(operation, operation.good_id, **operation.least())
    assert type(result) is oms.StartResult
    assert (result.operation, result.resource_id) == (operation.name, str(operation.good_id))
    assert (result.status_code, result.attempts, result.already_started) == (200, 1, False)
    assert 0 < result.elapsed < 20
    [request] = local.requests
    assert len(result.request_id) == 32
    assert request.operation == operation.name
    assert local.starts == {(operation.name, str(operation.good_id)): 1}


def test_the_functions_use_the_environments_settings(local, environment, operation):
    environment(local.endpoint)
    result = getattr(oms, operation.name)(operation.good_id, **operation.least())
    assert (result.operation, result.status_code) == (operation.name, 200)
    assert local.starts[operation.name, operation.good_id] == 1


def test_the_functions_async_twins_use_the_environments_settings(local, environment, operation):
    environment(local.endpoint)
    result = asyncio.run(getattr(oms, f"{operation.name}_async")(operation.good_id, **operation.least()))
    assert (result.operation, result.status_code) == (operation.name, 200)
    assert local.starts[operation.name, operation.good_id] == 1


def test_a_sync_function_works_inside_a_running_event_loop(local, environment):
    environment(local.endpoint)

    async def cell():
        return oms.start_task(1001, dst_ak="a", dst_sk="b")

    assert asyncio.run(cell()).status_code == 200


def test_an_async_client_works_in_one_event_loop_after_another(local):
    client = oms.AsyncClient(**settings(local.endpoint))
    for task_id in range(3):
        local.add_task(task_id)
        assert asyncio.run(client.start_task(task_id, dst_ak="a", dst_sk="b")).attempts == 1
    asyncio.run(client.close())


def test_the_awaited_names_are_coroutine_functions(operation):
    assert asyncio.iscoroutinefunction(getattr(oms.AsyncClient, operation.name))
    assert asyncio.iscoroutinefunction(getattr(oms, f"{operation.name}_async"))
    assert not asyncio.iscoroutinefunction(getattr(oms.Client, operation.name))
    assert not asyncio.iscoroutinefunction(getattr(oms, operation.name))


def test_every_form_of_an_operation_has_the_same_signature_and_documentation(operation):
    method = getattr(oms.Client, operation.name)
    signature = inspect.signature(method)
    assert inspect.signature(getattr(oms.AsyncClient, operation.name)) == signature
    own, *rest = signature.parameters.values()
    assert own.name == "self"
    as_function = signature.replace(parameters=rest)
    for name in (operation.name, f"{operation.name}_async"):
        function = getattr(oms, name)
        assert inspect.signature(function) == as_function
        assert function.__doc__ == method.__doc__
        assert (function.__name__, function.__module__) == (name, "huaweicloud_oms.client")
    assert f"Client.{operation.name}" == method.__qualname__


def test_everything_but_the_id_is_taken_by_name_only(operation):
    parameters = dict(inspect.signature(getattr(oms.Client, operation.name)).parameters)
    del parameters["self"]
    first = parameters.pop(operation.id_name)
    assert first.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert first.default is inspect.Parameter.empty
    assert {p.kind for p in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert parameters.pop("wait").default is False
    assert {p.default for p in parameters.values()} == {None}
    assert set(parameters) == {*operation.fields, "timeout", "wait_timeout", "poll_interval", "progress"}


def test_the_documentation_names_every_argument(operation):
    text = inspect.getdoc(getattr(oms.Client, operation.name))
    for name in (operation.id_name, *operation.fields, "timeout"):
        assert f"\n    {name}: " in text


def test_every_field_reaches_the_wire_under_its_own_name(recorder, tell, operation):
    fields = operation.all_fields()
    tell(operation, operation.good_id, **fields)
    assert json.loads(recorder.last.body) == fields


@pytest.mark.parametrize(("operation", "name"), FIELDS)
def test_a_field_travels_alone(recorder, tell, operation: Operation, name: str):
    fields = operation.least(**{name: operation.all_fields()[name]})
    # A source key comes with its other half.
    if name in ("src_ak", "src_sk"):
        fields |= {"src_ak": "one", "src_sk": "two"}
    tell(operation, operation.good_id, **fields)
    assert json.loads(recorder.last.body) == fields


def test_what_is_none_is_left_out_and_never_null(recorder, tell, operation):
    nothing = dict.fromkeys(operation.fields)
    tell(operation, operation.good_id, **{**nothing, **operation.least()}, timeout=None)
    assert json.loads(recorder.last.body) == operation.least()


@pytest.mark.parametrize("name", ["migrate_failed_object"])
@pytest.mark.parametrize("flag", [True, False])
def test_a_boolean_is_sent_as_it_was_given(recorder, tell, name, flag):
    [operation] = [o for o in OPERATIONS if isinstance(o.fields.get(name), Flag)]
    tell(operation, 1, **operation.least(**{name: flag}))
    assert json.loads(recorder.last.body)[name] is flag


def test_an_empty_text_that_is_allowed_is_sent(recorder, tell):
    tell("start_task", 1, dst_ak="a", dst_sk="b", src_security_token="", connection_string="", json_auth_file="")
    body = json.loads(recorder.last.body)
    assert (body["src_security_token"], body["connection_string"], body["json_auth_file"]) == ("", "", "")


def test_any_text_arrives_as_it_was_given(recorder, tell):
    strange = 'quote " backslash \\ line\r\n tab\t nul\0 é 数 🦀 \u2028 </script>'
    tell("start_task", 1, dst_ak=strange, dst_sk=strange, connection_string=strange)
    body = json.loads(recorder.last.body)
    assert (body["dst_ak"], body["dst_sk"], body["connection_string"]) == (strange,) * 3


def test_a_request_is_made_as_the_document_says(recorder, tell, operation):
    tell(operation, operation.good_id, **operation.least())
    request = recorder.last
    assert (request.method, request.target) == (operation.method, operation.path(str(operation.good_id)))
    assert request.header("Host") == f"127.0.0.1:{recorder.port}"
    assert request.header("Content-Type") == "application/json"
    assert request.header("Content-Length") == str(len(request.body))
    assert request.header("X-Project-Id") == PROJECT
    assert request.header("User-Agent") == f"huaweicloud-oms/{oms.__version__}"
    assert request.header("Authorization").startswith(f"SDK-HMAC-SHA256 Access={AK}, SignedHeaders=")
    assert request.header("X-Auth-Token") is None
    assert request.header("X-Security-Token") is None
    assert request.header("Cookie") is None
    assert request.header("Referer") is None


def test_a_token_stands_in_for_a_signature(recorder, call_with, operation):
    tell = call_with(**settings(recorder.endpoint, credentials=oms.Token("to-k-en")))
    tell(operation, operation.good_id, **operation.least())
    assert recorder.last.header("X-Auth-Token") == "to-k-en"
    assert recorder.last.header("Authorization") is None
    assert recorder.last.header("X-Sdk-Date") is None


def test_a_temporary_keys_token_is_sent_and_signed(recorder, call_with):
    tell = call_with(**settings(recorder.endpoint, credentials=oms.AkSk(AK, SK, "temporary")))
    tell("start_task", 1, dst_ak="a", dst_sk="b")
    assert recorder.last.header("X-Security-Token") == "temporary"
    assert "x-security-token" in recorder.last.header("Authorization")


def test_a_project_id_is_percent_encoded_into_its_segment(recorder, call_with):
    tell = call_with(**settings(recorder.endpoint, project_id="my project?#%2f"))
    tell("start_task", 1, dst_ak="a", dst_sk="b")
    assert recorder.last.target == "/v2/my%20project%3F%23%252f/tasks/1/start"


def test_nothing_is_sent_until_the_call_is_awaited(recorder, operation):
    async def main():
        async with oms.AsyncClient(**settings(recorder.endpoint)) as client:
            started = getattr(client, operation.name)(operation.good_id, **operation.least())
            await asyncio.sleep(0.05)
            assert recorder.requests == []
            await started
            assert len(recorder.requests) == 1

    asyncio.run(main())


def test_bad_arguments_are_raised_when_the_call_is_awaited(recorder):
    async def main():
        async with oms.AsyncClient(**settings(recorder.endpoint)) as client:
            started = client.start_task(-1)
            with pytest.raises(oms.ValidationError):
                await started

    asyncio.run(main())
    assert recorder.requests == []


def test_connections_are_kept_alive_between_calls(call_with):
    seen = []
    with Recorder() as server:
        server.on_request = lambda _: seen.append(threading.get_ident())
        call = call_with(**settings(server.endpoint))
        for task_id in range(5):
            call("start_task", task_id, dst_ak="a", dst_sk="b")
        assert len(seen) == 5
        assert len(set(seen)) == 1


def test_many_calls_of_one_client_run_at_once(local):
    local.add_tasks(range(1, 101))

    async def main():
        async with oms.AsyncClient(**settings(local.endpoint)) as client:
            return await asyncio.gather(*(client.start_task(n, dst_ak="a", dst_sk="b") for n in range(1, 101)))

    results = asyncio.run(main())
    assert [result.resource_id for result in results] == [str(n) for n in range(1, 101)]
    assert set(local.starts.values()) == {1}


def test_a_client_is_used_by_many_threads(local):
    local.add_tasks(range(1, 65))
    done = []
    with oms.Client(**settings(local.endpoint)) as client:

        def work(first):
            done.extend(client.start_task(n, dst_ak="a", dst_sk="b") for n in range(first, first + 8))

        threads = [threading.Thread(target=work, args=(first,)) for first in range(1, 65, 8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert len(done) == 64
    assert set(local.starts.values()) == {1}


def test_a_with_block_closes_a_client(recorder):
    with oms.Client(**settings(recorder.endpoint)) as client:
        client.start_task(1, dst_ak="a", dst_sk="b")
    with pytest.raises(oms.ConfigurationError, match="closed"):
        client.start_task(1, dst_ak="a", dst_sk="b")
    assert len(recorder.requests) == 1


def test_an_async_with_block_closes_an_async_client(recorder):
    async def main():
        async with oms.AsyncClient(**settings(recorder.endpoint)) as client:
            await client.start_task(1, dst_ak="a", dst_sk="b")
        with pytest.raises(oms.ConfigurationError, match="closed"):
            await client.start_task(1, dst_ak="a", dst_sk="b")

    asyncio.run(main())
    assert len(recorder.requests) == 1


def test_a_with_block_does_not_swallow_an_error(recorder):
    with pytest.raises(ZeroDivisionError), oms.Client(**settings(recorder.endpoint)):
        raise ZeroDivisionError


def test_a_client_that_never_called_can_be_closed_and_closed_again(call_with, recorder):
    call = call_with(**settings(recorder.endpoint))
    call.close()
    call.close()
    with pytest.raises(oms.ConfigurationError, match="closed"):
        call("start_task", 1, dst_ak="a", dst_sk="b")


def test_bad_arguments_are_told_even_by_a_closed_client(call_with, recorder):
    call = call_with(**settings(recorder.endpoint))
    call.close()
    with pytest.raises(oms.ValidationError):
        call("start_task", -1)


def test_a_clients_settings_can_be_read(call_with):
    call = call_with(region="cn-north-4", project_id="p", credentials=oms.Token("t"))
    client = call.client
    assert (client.region, client.project_id) == ("cn-north-4", "p")
    assert client.endpoint == "https://oms.cn-north-4.myhuaweicloud.com"
    told = f"(region='cn-north-4', project_id='p', endpoint='{client.endpoint}')"
    assert repr(client) == f"{type(client).__name__}{told}"
    for name in ("region", "project_id", "endpoint"):
        with pytest.raises(AttributeError):
            setattr(client, name, "x")


def test_a_result_is_an_immutable_value(tell):
    result = tell("start_task", 1, dst_ak="a", dst_sk="b")
    with pytest.raises(AttributeError, match="immutable"):
        result.attempts = 2
    with pytest.raises(AttributeError, match="immutable"):
        del result.attempts
    names = ("operation", "resource_id", "status_code", "request_id", "attempts", "elapsed", "already_started", "task")
    assert result.__match_args__ == names
    same = oms.StartResult(*(getattr(result, name) for name in names))
    assert same == result
    assert hash(same) == hash(result)
    assert same != oms.StartResult(**{**vars(result), "attempts": 2})
    assert result != "start_task"


def test_an_answer_without_a_request_id_has_none(tell):
    assert tell("start_task", 1, dst_ak="a", dst_sk="b").request_id is None


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_is_a_start(recorder, tell, operation, status):
    recorder.answer = answer(status, b"", "X-Request-Id: r-1")
    result = tell(operation, operation.good_id, **operation.least())
    assert (result.status_code, result.request_id, result.already_started) == (status, "r-1", False)


@pytest.mark.parametrize("body", [b"{}", b"null", b' {"task": 1}\n'])
def test_json_in_a_successs_body_does_not_matter(recorder, tell, body):
    recorder.answer = answer(200, body)
    assert tell("start_task", 1, dst_ak="a", dst_sk="b").status_code == 200


@pytest.mark.parametrize("body", [b"not json", b"\xff\xfe", b"[" * 10_000, b"<html>sign in</html>"])
def test_a_success_that_is_not_the_services_own_is_settled_by_looking(recorder, tell, body):
    recorder.answer = answer(200, body)
    with pytest.raises(oms.OutcomeUnknownError, match="HTTP 200 came with"):
        tell("start_task", 1, dst_ak="a", dst_sk="b", timeout=0.3)
    assert [request.method for request in recorder.requests[:2]] == ["POST", "GET"]


def test_a_call_keeps_to_its_own_timeout(local, call):
    local.inject(Fault("delay", seconds=10))
    with pytest.raises((oms.RequestTimeoutError, oms.OutcomeUnknownError)):
        call("start_task", 1001, dst_ak="a", dst_sk="b", timeout=0.3)


def test_a_clients_timeout_goes_for_its_calls(local, call_with):
    call = call_with(**settings(local.endpoint, timeout=0.3))
    local.inject(Fault("delay", seconds=10))
    with pytest.raises((oms.RequestTimeoutError, oms.OutcomeUnknownError)):
        call("start_task", 1001, dst_ak="a", dst_sk="b")


def test_cancelling_closes_the_connection(local):
    async def main():
        async with oms.AsyncClient(**settings(local.endpoint)) as client:
            local.inject(Fault("stall"))
            task = asyncio.ensure_future(client.start_task(1001, dst_ak="a", dst_sk="b"))
            while not local.requests:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await client.start_task(1001, dst_ak="a", dst_sk="b")

    assert asyncio.run(main()).attempts == 1

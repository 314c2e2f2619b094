"""What Airflow finds: the provider, its connection types, their forms, and the hooks behind them."""

from __future__ import annotations

import asyncio
import copy
import json
import os
import pickle
import subprocess
import sys

import pytest
from airflow.models.connection import Connection
from airflow.providers_manager import ProvidersManager

import huaweicloud_oms as oms
from huaweicloud_oms.airflow.hooks import ObjectStoreKeysHook, OmsHook
from huaweicloud_oms.emulator import Emulator

from .support import AIRFLOW_3, OMS_AK, OMS_SK, PROJECT, SECRETS, held_by_the_traceback


def test_airflow_finds_the_provider():
    provider = ProvidersManager().providers["huaweicloud-oms"]
    assert provider.version == oms.__version__
    assert provider.data["name"] == "Huawei Cloud OMS"


@pytest.mark.parametrize(
    ("connection_type", "hook"), [("huaweicloud_oms", OmsHook), ("huaweicloud_oms_keys", ObjectStoreKeysHook)]
)
def test_airflow_knows_the_connection_types(connection_type, hook):
    found = ProvidersManager().hooks[connection_type]
    assert found.hook_class_name == f"{hook.__module__}.{hook.__name__}"
    assert found.hook_name == hook.hook_name


def test_the_forms_hide_the_secret_fields():
    manager = ProvidersManager()
    widgets = {name: widget for name, widget in manager.connection_form_widgets.items() if "huaweicloud" in name}
    assert {name.rpartition("__")[2] for name in widgets if "oms__" in name} == {
        *("region", "project_id", "endpoint", "security_token", "auth_token"),
    }
    hidden = {name.rpartition("__")[2] for name, widget in widgets.items() if widget.is_sensitive}
    assert hidden == {
        *("security_token", "auth_token", "connection_string", "json_auth_file", "source_cdn_authentication_key"),
    }
    behaviours = manager.field_behaviours
    assert behaviours["huaweicloud_oms"]["relabeling"]["login"] == "Access key (AK)"
    assert "agency" in behaviours["huaweicloud_oms"]["placeholders"]["login"]
    assert not behaviours["huaweicloud_oms_keys"]["placeholders"]


def test_importing_the_client_imports_no_airflow():
    program = (
        "import sys, huaweicloud_oms, huaweicloud_oms.emulator, huaweicloud_oms.airflow.provider_info;"
        "from huaweicloud_oms import *;"
        "sys.exit(any(name.split('.')[0] == 'airflow' for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_a_connection_is_tested_by_asking_the_service(local):
    good, why = OmsHook().test_connection()
    assert good, why
    assert PROJECT in why
    assert [request.operation for request in local.requests] == ["list_tasks"]


def test_a_wrong_key_is_told_and_not_shown(local):
    good, why = OmsHook("wrong").test_connection()
    assert not good
    assert "401" in why
    assert not [secret for secret in SECRETS if secret in why]


def test_airflow_itself_can_test_a_connection(local):
    connection = Connection(
        conn_id="by_screen",
        conn_type="huaweicloud_oms",
        login=OMS_AK,
        password=OMS_SK,
        extra=json.dumps({"endpoint": local.endpoint, "project_id": PROJECT}),
    )
    os.environ["AIRFLOW_CONN_BY_SCREEN"] = connection.get_uri()
    try:
        good, why = connection.test_connection()
    finally:
        del os.environ["AIRFLOW_CONN_BY_SCREEN"]
    assert good, why


def test_keys_are_tested_for_being_there(local, monkeypatch):
    assert ObjectStoreKeysHook("source").test_connection()[0]
    monkeypatch.setenv("AIRFLOW_CONN_HALF", json.dumps({"conn_type": "huaweicloud_oms_keys", "login": "AK"}))
    monkeypatch.setenv("AIRFLOW_CONN_NONE", json.dumps({"conn_type": "huaweicloud_oms_keys"}))
    assert not ObjectStoreKeysHook("half").test_connection()[0]
    assert not ObjectStoreKeysHook("none").test_connection()[0]


def test_a_connection_can_be_a_uri(local, monkeypatch):
    endpoint = local.endpoint.replace(":", "%3A").replace("/", "%2F")
    uri = f"huaweicloud-oms://{OMS_AK}:{OMS_SK}@/?endpoint={endpoint}&project_id={PROJECT}"
    monkeypatch.setenv("AIRFLOW_CONN_BY_URI", uri)
    assert OmsHook("by_uri").test_connection()[0]


def test_what_a_connection_does_not_say_comes_from_the_environment(local, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_EMPTY", json.dumps({"conn_type": "huaweicloud_oms"}))
    monkeypatch.setenv("HUAWEICLOUD_OMS_ENDPOINT", local.endpoint)
    monkeypatch.setenv("HUAWEICLOUD_SDK_PROJECT_ID", PROJECT)
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", OMS_AK)
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", OMS_SK)
    assert OmsHook("empty").test_connection()[0]


def test_a_connection_without_keys_takes_those_of_the_workers_agency(local, monkeypatch):
    connection = {"conn_type": "huaweicloud_oms", "extra": {"region": "cn-north-4"}}
    monkeypatch.setenv("AIRFLOW_CONN_AGENCY", json.dumps(connection))
    monkeypatch.setenv("HUAWEICLOUD_SDK_REGION_OMS_CN_NORTH_4", local.endpoint)
    monkeypatch.setenv("HUAWEICLOUD_SDK_IAM_ENDPOINT", local.endpoint)
    assert not OmsHook("agency").test_connection()[0]
    monkeypatch.setenv("HUAWEICLOUD_METADATA_ENDPOINT", local.endpoint)
    hook = OmsHook("agency")
    assert hook.test_connection()[0]
    assert hook.client.credentials_source == "ServerMetadataCredentials"
    assert hook.client.project_id == PROJECT

    async def as_a_trigger_does():
        async with await OmsHook("agency").get_async_client() as client:
            assert client.credentials_source is None  # Making it has asked nobody, and held up no event loop.
            assert [task async for task in client.list_tasks()] == []
            return client.credentials_source

    assert asyncio.run(as_a_trigger_does()) == "ServerMetadataCredentials"


@pytest.mark.parametrize(
    "given",
    [
        {"login": "AK"},
        {"password": SECRETS[0]},
        {"extra": {"security_token": SECRETS[2]}},
        {"login": "AK", "password": SECRETS[0], "extra": {"auth_token": SECRETS[2]}},
    ],
    ids=["only AK", "only SK", "only a security token", "keys and an auth token"],
)
def test_half_or_twofold_credentials_are_refused_and_not_guessed_at(local, monkeypatch, given):
    connection = {"conn_type": "huaweicloud_oms", **given}
    connection["extra"] = {"endpoint": local.endpoint, "project_id": PROJECT, **given.get("extra", {})}
    monkeypatch.setenv("AIRFLOW_CONN_UNCLEAR", json.dumps(connection))
    with pytest.raises(oms.ConfigurationError, match="connection 'unclear' has ") as caught:
        OmsHook("unclear").client  # noqa: B018  # it is made now
    assert "'given'" in held_by_the_traceback(caught.value)
    assert not [secret for secret in SECRETS if secret in held_by_the_traceback(caught.value)]
    assert not local.requests


@pytest.mark.parametrize("good", [True, False])
def test_an_auth_token_stands_for_keys(monkeypatch, good):
    with Emulator(token=SECRETS[2] if good else "another", project_id=PROJECT) as local:
        extra = {"endpoint": local.endpoint, "project_id": PROJECT, "auth_token": SECRETS[2]}
        monkeypatch.setenv("AIRFLOW_CONN_TOKEN", json.dumps({"conn_type": "huaweicloud_oms", "extra": extra}))
        assert OmsHook("token").test_connection()[0] == good


def test_the_client_is_made_once_and_copies_make_their_own(local):
    hook = OmsHook()
    assert hook.client is hook.client is hook.get_conn()
    for other in (copy.copy(hook), copy.deepcopy(hook), pickle.loads(pickle.dumps(hook))):
        assert other.huaweicloud_oms_conn_id == hook.huaweicloud_oms_conn_id
        assert other.client is not hook.client
        assert other.test_connection()[0]


def test_the_awaited_client_is_made_once_and_serves_one_event_loop_after_another(local):
    hook = OmsHook()

    async def ask():
        client = await hook.get_async_client()
        assert client is await hook.get_async_client()
        assert [task async for task in client.list_tasks()] == []
        return client

    assert asyncio.run(ask()) is asyncio.run(ask())


def test_a_hook_works_on_in_a_forked_child(local):
    hook = OmsHook()
    assert hook.test_connection()[0]
    child = os.fork()
    if not child:
        os._exit(0 if hook.test_connection()[0] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert hook.test_connection()[0]


def test_source_and_destination_keys_have_the_names_of_the_service(local):
    assert set(ObjectStoreKeysHook("source").get_source_keys()) == {
        *("src_ak", "src_sk", "src_security_token"),
        *("connection_string", "json_auth_file", "source_cdn_authentication_key"),
    }
    assert ObjectStoreKeysHook("destination").get_destination_keys() == {
        "dst_ak": "DESTINATIONAK",
        "dst_sk": SECRETS[3],
        "dst_security_token": SECRETS[4],
    }


@pytest.mark.skipif(not AIRFLOW_3, reason="Airflow 2 validates it when it discovers the provider")
def test_the_provider_info_keeps_to_airflows_schema():
    import jsonschema  # noqa: PLC0415
    from airflow.providers_manager import _create_provider_info_schema_validator  # noqa: PLC0415

    from huaweicloud_oms.airflow.provider_info import get_provider_info  # noqa: PLC0415

    assert isinstance(_create_provider_info_schema_validator(), jsonschema.protocols.Validator)
    _create_provider_info_schema_validator().validate(get_provider_info())

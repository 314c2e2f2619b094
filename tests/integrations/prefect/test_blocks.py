"""The blocks: saved and loaded, from the environment, and never a key where one can be read."""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import pickle
import subprocess
import sys

import cloudpickle
import pytest
from prefect.client.orchestration import get_client
from prefect.plugins import load_prefect_collections
from pydantic import SecretStr

import huaweicloud_oms as oms
import huaweicloud_oms.prefect as integration
from huaweicloud_oms.prefect import ObjectStoreCredentials, OmsCredentials
from huaweicloud_oms.prefect.credentials import plain

from .support import PROJECT

ACCOUNT_SECRETS = {name: SecretStr(f"zQ7-{name}-Xk9") for name in ("ak", "sk", "security_token", "proxy")}
STORE_SECRETS = {name: SecretStr(f"zQ7-{name}-Xk9") for name in ObjectStoreCredentials.model_fields}


def test_prefect_discovers_the_collection():
    entry = {one.name: one for one in importlib.metadata.entry_points(group="prefect.collections")}["huaweicloud_oms"]
    assert entry.load() is integration
    assert load_prefect_collections()["huaweicloud_oms"] is integration


@pytest.mark.parametrize("kind", [OmsCredentials, ObjectStoreCredentials])
def test_every_field_that_holds_a_key_is_secret_and_the_form_has_a_name(kind):
    schema = kind.model_json_schema()
    secret = {name for name, field in schema["properties"].items() if "password" in str(field)}
    assert secret == set(ACCOUNT_SECRETS) | {"token"} if kind is OmsCredentials else set(STORE_SECRETS)
    assert kind.get_block_type_name().startswith("Huawei Cloud OMS")
    assert all(field.get("description") or field.get("title") for field in schema["properties"].values())


def blocks():
    return [OmsCredentials(region="cn-north-4", **ACCOUNT_SECRETS), ObjectStoreCredentials(**STORE_SECRETS)]


@pytest.mark.parametrize("block", blocks(), ids=lambda block: type(block).__name__)
def test_no_text_and_no_pickle_of_a_block_holds_a_key(block):
    for dump in (pickle.dumps, cloudpickle.dumps):
        with pytest.raises(TypeError, match=r"save\(\) it first"):
            dump(block)
    block.save("pickled", overwrite=True)
    for dump in (pickle.dumps, cloudpickle.dumps):
        pickled = dump(block)
        assert b"zQ7" not in pickled
        again = pickle.loads(pickled)
        assert again == type(block).load("pickled")
        assert again.sk.get_secret_value() == "zQ7-sk-Xk9"
    for text in (repr(block), str(block), block.model_dump_json(), repr(block.model_dump())):
        assert "zQ7" not in text


def test_a_client_is_made_of_what_was_saved(local):
    local.add_task(1)
    account = OmsCredentials.load("account")
    with account.get_client() as client:
        assert (client.project_id, client.show_task(1).id) == (PROJECT, 1)

    async def look():
        async with account.get_async_client() as client:
            return await client.show_task(1)

    assert asyncio.run(look()).id == 1


def test_a_token_stands_in_for_a_key():
    account = OmsCredentials(region="cn-north-4", project_id="p", token=SecretStr("t"), timeout=5)
    with account.get_client() as client:
        assert client.region == "cn-north-4"


@pytest.mark.parametrize(
    "fields", [{"ak": "a"}, {"sk": "b"}, {"ak": "a", "sk": "b", "token": "t"}, {"security_token": "t"}, {"timeout": 0}]
)
def test_what_makes_no_account_is_refused(fields):
    with pytest.raises(ValueError, match=r"together|either|belongs|greater"):
        OmsCredentials(**fields)


@pytest.mark.parametrize(
    "fields", [{"ak": "zQ7-ak"}, {"sk_": "zQ7-sk"}, {"ak": "zQ7", "sk": "zQ7", "timeout": "zQ7"}], ids=min
)
def test_a_refusal_shows_no_value(fields):
    with pytest.raises(ValueError, match=r"together|no such field: sk_|number") as caught:
        OmsCredentials(**fields)
    assert "zQ7" not in f"{caught.value} {caught.value!r}"


def test_blocks_are_read_from_uris():
    uri = "huaweicloud-oms://A%2FK:S%40%26K@/?endpoint=http://127.0.0.1:1&project_id=p&timeout=5&security_token=t%3D"
    account = OmsCredentials.from_uri(uri)
    assert (account.endpoint, account.project_id, account.timeout) == ("http://127.0.0.1:1", "p", 5.0)
    assert [plain(value) for value in (account.ak, account.sk, account.security_token)] == ["A/K", "S@&K", "t="]
    assert OmsCredentials.from_uri("huaweicloud-oms://@?region=cn-north-4&token=t").token == SecretStr("t")
    assert OmsCredentials.from_uri("huaweicloud-oms://@") == OmsCredentials()
    azure = ObjectStoreCredentials.from_uri("huaweicloud-oms-keys://@/?connection_string=a%3Bb%3Dc")
    assert azure.source_arguments() == {"connection_string": "a;b=c"}
    for wrong in (
        "zQ7",
        "huaweicloud-oms-keys://zQ7:zQ7@",
        "huaweicloud-oms://zQ7:zQ/7@",
        "huaweicloud-oms://zQ7@",
        "huaweicloud-oms://zQ7:zQ7@host",
        "huaweicloud-oms://zQ7:zQ7@/?token=zQ7&zQ7=",
        "huaweicloud-oms://zQ7:zQ7@/?security_token=t&timeout=zQ7",
    ):
        with pytest.raises(ValueError, match=r"form|together|else than|number") as caught:
            OmsCredentials.from_uri(wrong)
        assert "zQ7" not in str(caught.value)


def test_keys_are_read_from_the_environment(monkeypatch):
    with pytest.raises(ValueError, match="none of OMS_SRC_AK, OMS_SRC_SK"):
        ObjectStoreCredentials.from_environment("OMS_SRC_")
    monkeypatch.setenv("OMS_SRC_AK", "a")
    monkeypatch.setenv("OMS_SRC_SK", "b")
    keys = ObjectStoreCredentials.from_environment("OMS_SRC_")
    assert keys.source_arguments() == {"src_ak": "a", "src_sk": "b"}
    assert keys.destination_arguments() == {"dst_ak": "a", "dst_sk": "b"}
    assert oms.StartTask(1, **keys.source_arguments(), **keys.destination_arguments()).resource_id == "1"


def test_a_source_of_another_provider_is_no_destination():
    azure = ObjectStoreCredentials(connection_string=SecretStr("c"))
    assert azure.source_arguments() == {"connection_string": "c"}
    with pytest.raises(ValueError, match="only a source has that"):
        azure.destination_arguments()


def test_the_blocks_can_be_registered(prefect_api):
    command = [sys.executable, "-m", "prefect", "block", "register", "-m", "huaweicloud_oms.prefect"]
    environment = {**os.environ, "PREFECT_API_URL": prefect_api}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    with get_client(sync_client=True) as prefect:
        known = {kind.slug for kind in prefect.read_block_types()}
    assert {"huaweicloud-oms-credentials", "huaweicloud-oms-object-store-credentials"} <= known

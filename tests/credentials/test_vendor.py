"""The vendor's SDK is the judge: what it asks of IAM and its like we ask too, and the local ones serve it."""

from __future__ import annotations

import contextlib
import json
import warnings

import pytest

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import POD_PATH

from .support import AK, PROJECT, REGION, SK, TOKEN, answering, at

with warnings.catch_warnings():
    # The vendor's SDK still uses what its own dependencies have deprecated.
    warnings.simplefilter("ignore")
    from huaweicloudsdkcore.auth import internal
    from huaweicloudsdkcore.auth import provider as vendor
    from huaweicloudsdkcore.auth.credentials import BasicCredentials
    from huaweicloudsdkcore.http.http_config import HttpConfig
    from huaweicloudsdkcore.region.region import Region
    from huaweicloudsdkoms.v2 import OmsClient, ShowTaskRequest

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def token_file(tmp_path):
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    return str(path)


def vendor_client(local, credentials):
    config = HttpConfig.get_default_config()
    config.timeout = (5, 5)
    builder = OmsClient.new_builder().with_http_config(config).with_credentials(credentials)
    return builder.with_region(Region(REGION, local.endpoint)).build()


def show(client):
    return client.show_task(ShowTaskRequest(task_id=1)).id


# The local services serve the vendor's SDK.


def test_it_gets_a_servers_key(local, monkeypatch):
    monkeypatch.setattr(internal.MetadataAccessor, "_METADATA_ENDPOINT", local.endpoint)
    credentials = vendor.MetadataCredentialProvider.get_basic().get_credentials().with_project_id(PROJECT)
    assert show(vendor_client(local, credentials)) == 1


def test_it_gets_a_pods_key(local, monkeypatch, token_file):
    monkeypatch.setenv("HC_CONTAINER_CREDENTIALS_FULL_URI", local.endpoint + POD_PATH)
    monkeypatch.setenv("HC_CONTAINER_AUTHORIZATION_TOKEN_FILE", token_file)
    credentials = vendor.PodIdentityCredentialProvider.get_basic().get_credentials().with_project_id(PROJECT)
    assert show(vendor_client(local, credentials)) == 1


def oidc_environment(monkeypatch, endpoint, token_file):
    monkeypatch.setenv("HUAWEICLOUD_OIDC_PROVIDER_URN", "urn:p")
    monkeypatch.setenv("HUAWEICLOUD_OIDC_AGENCY_URN", "urn:a")
    monkeypatch.setenv("HUAWEICLOUD_OIDC_TOKEN_FILE", token_file)
    monkeypatch.setenv("HUAWEICLOUD_OIDC_POLICY_IDS", "one, two")
    monkeypatch.setenv("HUAWEICLOUD_OIDC_DURATION_SECONDS", "900")
    monkeypatch.setenv("HUAWEICLOUD_SDK_STS_ENDPOINT", endpoint)
    monkeypatch.setenv("HUAWEICLOUD_SDK_PROJECT_ID", PROJECT)


def test_it_assumes_an_agency(local, monkeypatch, token_file):
    oidc_environment(monkeypatch, local.endpoint, token_file)
    assert show(vendor_client(local, vendor.OidcStsCredentialProvider.get_basic().get_credentials())) == 1


def test_it_is_known_by_an_identity_provider(local, monkeypatch, token_file):
    monkeypatch.setenv("HUAWEICLOUD_SDK_IDP_ID", "idp")
    monkeypatch.setenv("HUAWEICLOUD_SDK_ID_TOKEN_FILE", token_file)
    monkeypatch.setenv("HUAWEICLOUD_SDK_IAM_ENDPOINT", local.endpoint)
    monkeypatch.setenv("HUAWEICLOUD_SDK_PROJECT_ID", PROJECT)
    assert show(vendor_client(local, vendor.EnvCredentialProvider.get_basic().get_credentials())) == 1


def test_it_looks_up_the_project(local, monkeypatch):
    monkeypatch.setenv("HUAWEICLOUD_SDK_IAM_ENDPOINT", local.endpoint)
    assert show(vendor_client(local, BasicCredentials(AK, SK))) == 1


# We ask what it asks.

JSON = {"Content-Type": "application/json"}
KEY = {
    "access": "a",
    "secret": "s",
    "securitytoken": "t",
    "expires_at": "2999-01-01T00:00:00.000000Z",
    "expiration": "2999-01-01T00:00:00.000000Z",
}
OURS = ("authorization", "x-metadata-token", "x-metadata-token-ttl-seconds", "x-idp-id", "content-type")


def recorded(ask):
    """The requests that `ask(endpoint)` makes: method, path, body and the headers that matter."""
    requests = []

    def answer(method, path, headers, body):
        shown = {name: headers[name] for name in OURS if name in headers and not headers[name].startswith("SDK-")}
        if shown.get("content-type", "").lower().startswith("application/json"):
            shown["content-type"] = "json"
        requests.append((method, path, json.loads(body) if body else None, shown))
        if path.endswith("/token"):
            return 200, {}, b"session"
        if path.endswith("id-token/tokens"):
            return 201, {**JSON, "X-Subject-Token": "unscoped"}, b"{}"
        if path.startswith("/v3/projects"):
            return 200, JSON, b'{"projects": [{"id": "p"}]}'
        return 200, JSON, json.dumps({"credential": KEY}).encode()

    with answering(answer, with_body=True) as endpoint:
        ask(endpoint)
    return requests


def test_the_metadata_service_is_asked_alike(monkeypatch):
    def theirs(endpoint):
        monkeypatch.setattr(internal.MetadataAccessor, "_METADATA_ENDPOINT", endpoint)
        internal.MetadataAccessor().get_credential()

    ours = recorded(lambda endpoint: oms.ServerMetadataCredentials(endpoint=endpoint).get())
    assert ours == recorded(theirs)
    assert len(ours) == 2


def test_a_pods_identity_is_asked_for_alike(token_file):
    ours = recorded(lambda endpoint: oms.PodIdentityCredentials(uri=f"{endpoint}/x?y=z", token_file=token_file).get())
    theirs = recorded(lambda endpoint: internal.PodIdentityAccessor(f"{endpoint}/x?y=z", token_file).get_credential())
    assert ours == theirs
    assert len(ours) == 1


def test_an_agency_is_assumed_alike(monkeypatch, token_file):
    def theirs(endpoint):
        oidc_environment(monkeypatch, endpoint, token_file)
        credentials = vendor.OidcStsCredentialProvider.get_basic().get_credentials()
        client = OmsClient.new_builder().with_credentials(credentials).with_endpoint(endpoint).build()
        credentials.process_sts(client._http_client)

    def ours(endpoint):
        oidc_environment(monkeypatch, endpoint, token_file)
        oms.OidcCredentials().get()

    assert recorded(ours) == recorded(theirs)


def test_an_identity_providers_token_is_changed_alike(monkeypatch, token_file):
    def prepare(endpoint):
        monkeypatch.setenv("HUAWEICLOUD_SDK_IDP_ID", "idp")
        monkeypatch.setenv("HUAWEICLOUD_SDK_ID_TOKEN_FILE", token_file)
        monkeypatch.setenv("HUAWEICLOUD_SDK_IAM_ENDPOINT", endpoint)
        monkeypatch.setenv("HUAWEICLOUD_REGION", REGION)

    def theirs(endpoint):
        prepare(endpoint)
        credentials = vendor.EnvCredentialProvider.get_basic().get_credentials().with_project_id("p")
        client = OmsClient.new_builder().with_credentials(credentials).with_endpoint(endpoint).build()
        credentials.process_sts(client._http_client)

    def ours(endpoint):
        prepare(endpoint)
        oms.EnvironmentCredentials().get()

    asked = recorded(ours)
    assert asked == recorded(theirs)
    assert len(asked) == 2


def test_the_project_is_asked_for_alike(monkeypatch):
    def theirs(endpoint):
        monkeypatch.setenv("HUAWEICLOUD_SDK_IAM_ENDPOINT", endpoint)
        BasicCredentials("their-ak", "sk").process_auth_params(
            OmsClient.new_builder()
            .with_credentials(BasicCredentials("a", "b", "c"))
            .with_endpoint(endpoint)
            .build()
            ._http_client,
            REGION,
        )

    def ours(endpoint):
        with oms.Client(
            region=REGION, endpoint=endpoint, iam_endpoint=endpoint, credentials=oms.AkSk("our-ak", "sk")
        ) as client:
            client.start_task(1, dst_ak="a", dst_sk="b")

    [asked, _start] = recorded(ours)
    assert asked[:3] == recorded(theirs)[0][:3]


def test_the_chain_has_the_vendors_order(local, monkeypatch, token_file, tmp_path):
    """Sources are added from the last to the first: each new one takes over, with the vendor's chain and with ours."""
    profile = tmp_path / "profile"
    profile.write_text("[basic]\nak = profile\nsk = x\n")

    def with_pod():
        monkeypatch.setenv("HC_CONTAINER_CREDENTIALS_FULL_URI", local.endpoint + POD_PATH)
        monkeypatch.setenv("HC_CONTAINER_AUTHORIZATION_TOKEN_FILE", token_file)

    def with_metadata():
        monkeypatch.setattr(internal.MetadataAccessor, "_METADATA_ENDPOINT", local.endpoint)
        monkeypatch.setenv("HUAWEICLOUD_METADATA_ENDPOINT", local.endpoint)

    def with_environment():
        monkeypatch.setenv("HUAWEICLOUD_SDK_AK", "environment")
        monkeypatch.setenv("HUAWEICLOUD_SDK_SK", "x")

    for add, theirs, ours in [
        # The vendor's chain does not get past a metadata service that is not there.
        (with_pod, None, "PodIdentityCredentials"),
        (with_metadata, "MetadataAccessor", "ServerMetadataCredentials"),
        (
            lambda: monkeypatch.setenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", str(profile)),
            "profile",
            "ProfileCredentials",
        ),
        (with_environment, "environment", "EnvironmentCredentials"),
        (lambda: oidc_environment(monkeypatch, local.endpoint, token_file), "OidcStsAccessor", "OidcCredentials"),
    ]:
        add()
        if theirs is not None:
            chosen = vendor.CredentialProviderChain.get_basic().get_credentials()
            assert theirs in (chosen.ak, type(chosen.sts_accessor).__name__)
        local.add_task(1)
        with oms.Client(**at(local)) as client:
            with contextlib.suppress(oms.AuthenticationError):
                client.start_task(1, dst_ak="a", dst_sk="b")
            assert client.credentials_source == ours

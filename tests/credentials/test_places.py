"""The project is looked up, and endpoints are found, and passed over where they cannot be reached."""

from __future__ import annotations

import socket

import pytest

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Emulator, Fault, Identity

from .support import AK, PROJECT, REGION, SK, at, fill

KEYS = {"dst_ak": "dst-ak", "dst_sk": "dst-sk"}


def client(local, **settings):
    known = {"project_id": None, "iam_endpoint": local.endpoint, "credentials": oms.AkSk(AK, SK)}
    return oms.Client(**at(local, **{**known, **settings}))


def lookups(local):
    return [request for request in local.requests if request.path == "/v3/projects"]


@pytest.fixture
def local(request):
    """A local OMS whose key nobody has looked up a project for yet."""
    global AK  # noqa: PLW0603
    AK = f"AK{abs(hash(request.node.nodeid))}"
    with Emulator(ak=AK, sk=SK, project_id=PROJECT, identity=Identity(region=REGION)) as emulator:
        fill(emulator)
        yield emulator


def test_the_project_is_looked_up_once(local):
    with client(local) as first:
        assert first.project_id is None
        first.start_task(1, **KEYS)
        first.start_task(2, **KEYS)
        assert first.project_id == PROJECT
    with client(local) as second:  # cached per key and region
        second.start_task(3, **KEYS)
    assert len(lookups(local)) == 1
    assert lookups(local)[0].query == f"name={REGION}"


@pytest.mark.parametrize("signing", ["V11-HMAC-SHA256", "SDK-HMAC-SM3", "SDK-ECDSA-P256-SHA256", "SDK-SM2-SM3"])
def test_the_look_up_is_signed_as_iam_takes_it(local, signing):
    with client(local, signing=signing) as made:
        made.start_task(1, **KEYS)
    assert lookups(local)[0].status == 200


def test_the_project_is_looked_up_with_temporary_keys_and_tokens(local):
    for credentials in (
        oms.ServerMetadataCredentials(endpoint=local.endpoint),
        oms.IamPasswordCredentials("user", "password", "domain"),
    ):
        local.add_task(1)
        with client(local, credentials=credentials) as made:
            made.start_task(1, **KEYS)
            assert made.project_id == PROJECT


@pytest.mark.parametrize(
    ("projects", "told"), [((), "knows no project of region"), (("a", "b"), "knows several projects of .*: a, b")]
)
def test_no_project_or_several(projects, told):
    identity = Identity(region=REGION, projects=projects)
    with Emulator(ak=f"x{len(projects)}", sk=SK, project_id=PROJECT, identity=identity) as local:
        credentials = oms.AkSk(f"x{len(projects)}", SK)
        with (
            client(local, credentials=credentials) as made,
            pytest.raises(oms.ConfigurationError, match=told) as caught,
        ):
            made.start_task(1, **KEYS)
        assert "project_id=" in str(caught.value)


def test_iam_that_refuses_or_is_not_there(local):
    local.inject(Fault("status", status=403, error_code="IAM.0002", error_msg="no right"))
    with (
        client(local) as made,
        pytest.raises(oms.CredentialsError, match=r"IAM refused .* HTTP 403 IAM\.0002 no right"),
    ):
        made.start_task(1, **KEYS)
    with (
        client(local, iam_endpoint="http://127.0.0.1:9") as made,
        pytest.raises(oms.CredentialsError, match=r"no connection to 127\.0\.0\.1"),
    ):
        made.start_task(1, **KEYS)


def test_without_a_region_there_is_nothing_to_look_for(local):
    with pytest.raises(oms.ConfigurationError, match="no region is known"):
        oms.Client(endpoint=local.endpoint, credentials=oms.AkSk(AK, SK))


def test_iam_endpoints_are_passed_over_too(local):
    with client(local, iam_endpoint=f"http://127.0.0.1:9,{local.endpoint}") as made:
        made.start_task(1, **KEYS)


# Endpoints.


def settings(**more):
    return {"project_id": PROJECT, "credentials": oms.AkSk("a", "b"), **more}


def test_overrides_of_a_region(monkeypatch, tmp_path):
    monkeypatch.setenv("HUAWEICLOUD_SDK_REGION_OMS_EU_WEST_101", "https://oms.eu-west-101.myhuaweicloud.eu")
    assert oms.Client(**settings(region="eu-west-101")).endpoint == "https://oms.eu-west-101.myhuaweicloud.eu"
    path = tmp_path / "regions.yaml"
    path.write_text("OMS:\n  - id: xx-test-1\n    endpoint: https://oms.example.com\n")
    monkeypatch.setenv("HUAWEICLOUD_SDK_REGIONS_FILE", str(path))
    assert oms.Client(**settings(region="xx-test-1")).endpoint == "https://oms.example.com"
    monkeypatch.setenv("HUAWEICLOUD_SDK_REGION_OMS_XX_TEST_1", "https://first.example.com")
    assert oms.Client(**settings(region="xx-test-1")).endpoint == "https://first.example.com"
    path.write_text("OMS: [\n")
    with pytest.raises(oms.ConfigurationError, match="not YAML, line"):
        oms.Client(**settings(region="cn-north-4"))
    path.unlink()
    with pytest.raises(oms.ConfigurationError, match="cannot read"):
        oms.Client(**settings(region="cn-north-4"))


def test_the_regions_file_in_its_usual_place(tmp_path):
    (tmp_path / ".huaweicloud").mkdir()
    text = "OMS:\n- id: cn-north-4\n  endpoints:\n  - https://one.example.com\n  - https://two.example.com\n"
    (tmp_path / ".huaweicloud/regions.yaml").write_text(text)
    assert oms.Client(**settings(region="cn-north-4")).endpoint == "https://one.example.com"


def test_another_site_by_its_domain():
    made = oms.Client(**settings(region="eu-west-101", domain="myhuaweicloud.eu"))
    assert made.endpoint == "https://oms.eu-west-101.myhuaweicloud.eu"
    for wrong in ({"region": "a/b", "domain": "c"}, {"region": "a", "domain": "b/c"}, {"region": "a", "domain": ""}):
        with pytest.raises(oms.ConfigurationError, match="must be a name of letters"):
            oms.Client(**settings(**wrong))


def test_endpoints_that_cannot_be_reached_are_passed_over(local):
    endpoints = f"http://127.0.0.1:9, http://localhost:9,{local.endpoint}"
    with client(local, endpoint=endpoints, project_id=PROJECT) as made:
        assert made.endpoint == "http://127.0.0.1:9"
        assert made.start_task(1, **KEYS).attempts == 1
        assert made.endpoint == local.endpoint
        made.start_task(2, **KEYS)


def test_a_request_that_may_have_arrived_goes_nowhere_else(local):
    with Emulator(ak=AK, sk=SK, project_id=PROJECT) as other:
        fill(other)
        for fault in (
            Fault("reset", when="after", times=1),
            Fault("status", status=503, times=1),
            Fault("stall", seconds=None, times=1),
        ):
            local.add_task(1)
            local.inject(fault)
            policy = oms.RetryPolicy(base_delay=0.01, attempt_timeout=0.5)
            endpoint = f"{local.endpoint},{other.endpoint}"
            with client(local, endpoint=endpoint, project_id=PROJECT, retry=policy) as made:
                made.start_task(1, **KEYS)
        assert other.requests == ()


def test_all_endpoints_out_of_reach(local):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        endpoints = f"http://127.0.0.1:9,http://127.0.0.1:{taken.getsockname()[1]}"
        policy = oms.RetryPolicy(max_attempts=2, base_delay=0.01)
        with (
            client(local, endpoint=endpoints, project_id=PROJECT, retry=policy) as made,
            pytest.raises(oms.ConnectError) as caught,
        ):
            made.start_task(1, **KEYS)
        assert caught.value.attempts == 2


def test_endpoints_are_all_alike():
    with pytest.raises(oms.ConfigurationError, match="all begin with https"):
        oms.Client(**settings(endpoint="http://127.0.0.1:1,https://oms.example.com"))
    with pytest.raises(oms.ConfigurationError, match="endpoint must be a URL"):
        oms.Client(**settings(endpoint="https://oms.example.com,"))

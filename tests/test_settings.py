"""Where settings come from, what is missing or wrong, and where connections go."""

from __future__ import annotations

import asyncio
import base64
import math
import os
import pickle
from typing import TYPE_CHECKING

import pytest

import huaweicloud_oms as oms

from .support import AK, PROJECT, SK, Caller, answer, settings

if TYPE_CHECKING:
    from pathlib import Path

PROFILE = """\
; the vendor's file
[other]
ak = other-ak
[basic]
ak = {ak}
SK={sk}
project_id = from-profile
iam_endpoint = https://iam.example.com
"""


@pytest.fixture
def profile(tmp_path, monkeypatch):
    """Writes a profile file, and names it in the environment."""

    def write(text: str | bytes) -> Path:
        place = tmp_path / "credentials"
        place.write_bytes(text.encode() if isinstance(text, str) else text)
        monkeypatch.setenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", str(place))
        return place

    return write


def signer(recorder, call: Caller) -> str:
    """The access key that a client signs with."""
    call("start_task", 1, dst_ak="a", dst_sk="b")
    return recorder.last.header("Authorization").split("Access=")[1].split(",")[0]


def refusal(**given: object) -> str:
    """What both clients say of settings."""
    told = []
    for kind in (oms.Client, oms.AsyncClient):
        with pytest.raises(oms.ConfigurationError) as caught:
            kind(**given)
        told.append(str(caught.value))
    assert told[0] == told[1]
    assert "\n" not in told[0]
    return told[0]


def good(**more: object) -> dict[str, object]:
    return settings(**{"endpoint": "https://oms.example.com", **more})


# -- precedence


def test_arguments_go_before_the_environment_and_that_before_the_profile(call_with, recorder, monkeypatch, profile):
    profile(PROFILE.format(ak="profile-ak", sk="profile-sk"))
    here = {"endpoint": recorder.endpoint}
    tell = call_with(**here)
    assert (signer(recorder, tell), tell.client.project_id) == ("profile-ak", "from-profile")

    monkeypatch.setenv("CLOUD_SDK_AK", "sample-ak")
    monkeypatch.setenv("CLOUD_SDK_SK", "sample-sk")
    assert signer(recorder, call_with(**here)) == "sample-ak"

    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", "variable-ak")
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", "variable-sk")
    monkeypatch.setenv("HUAWEICLOUD_SDK_PROJECT_ID", "from-variable")
    tell = call_with(**here)
    assert (signer(recorder, tell), tell.client.project_id) == ("variable-ak", "from-variable")

    tell = call_with(**here, credentials=oms.AkSk("argument-ak", "sk"), project_id="from-argument")
    assert (signer(recorder, tell), tell.client.project_id) == ("argument-ak", "from-argument")


def test_a_security_token_comes_with_its_key(call_with, recorder, monkeypatch, profile):
    here = {"endpoint": recorder.endpoint, "project_id": "p"}
    profile("[basic]\nak=a\nsk=b\nsecurity_token = from-profile\n")
    assert signer(recorder, call_with(**here)) == "a"
    assert recorder.last.header("X-Security-Token") == "from-profile"
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", "c")
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", "d")
    signer(recorder, call_with(**here))
    assert recorder.last.header("X-Security-Token") is None
    monkeypatch.setenv("HUAWEICLOUD_SDK_SECURITY_TOKEN", "from-variable")
    signer(recorder, call_with(**here))
    assert recorder.last.header("X-Security-Token") == "from-variable"


def test_the_profile_is_looked_for_in_the_home_directory(call_with, recorder, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".huaweicloud").mkdir()
    (tmp_path / ".huaweicloud" / "credentials").write_text(PROFILE.format(ak="home-ak", sk="s"))
    tell = call_with(endpoint=recorder.endpoint)
    assert (signer(recorder, tell), tell.client.project_id) == ("home-ak", "from-profile")


def test_a_profiles_values_are_taken_as_they_stand(call_with, local, profile):
    profile(f"[basic]\r\n  ak = {AK} \r\n  sk = {SK}\r\n  project_id = {PROJECT}\r\n  extra = \"a\\n#;='\r\n")
    assert call_with(endpoint=local.endpoint)("start_task", 1001, dst_ak="a", dst_sk="b").status_code == 200


def test_an_empty_variable_counts_as_missing(monkeypatch):
    for name in ("HUAWEICLOUD_REGION", "HUAWEICLOUD_SDK_PROJECT_ID", "HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"):
        monkeypatch.setenv(name, "")
    told = refusal()
    assert "no region" in told
    assert "no project id" in told
    assert "no credentials" in told


def test_region_and_endpoint_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("HUAWEICLOUD_REGION", "cn-east-3")
    rest = {"project_id": "p", "credentials": oms.Token("t")}
    client = oms.Client(**rest)
    assert (client.region, client.endpoint) == ("cn-east-3", "https://oms.cn-east-3.myhuaweicloud.com")
    monkeypatch.setenv("HUAWEICLOUD_SDK_REGION_OMS_CN_EAST_3", "https://override.example.com")
    assert oms.Client(**rest).endpoint == "https://override.example.com"
    monkeypatch.setenv("HUAWEICLOUD_OMS_ENDPOINT", "https://variable.example.com")
    client = oms.Client(**rest)
    assert (client.region, client.endpoint) == ("cn-east-3", "https://variable.example.com")
    assert oms.Client(**rest, endpoint="https://argument.example.com").endpoint == "https://argument.example.com"


def test_a_region_that_was_given_is_not_led_elsewhere_by_the_environments_endpoint(monkeypatch):
    monkeypatch.setenv("HUAWEICLOUD_OMS_ENDPOINT", "https://elsewhere.example.com")
    monkeypatch.setenv("HUAWEICLOUD_REGION", "cn-north-4")
    client = oms.Client(region="cn-south-1", project_id="p", credentials=oms.Token("t"))
    assert client.endpoint == "https://oms.cn-south-1.myhuaweicloud.com"


@pytest.mark.parametrize("region", oms.REGIONS)
def test_every_known_region_has_its_endpoint(region):
    client = oms.Client(region=region, project_id="p", credentials=oms.Token("t"))
    assert client.endpoint == f"https://oms.{region}.myhuaweicloud.com"


def test_the_known_regions_are_the_documented_ones():
    documented = (
        "cn-north-1 cn-north-4 cn-north-9 cn-north-12 cn-east-2 cn-east-3 cn-east-4 cn-south-1 cn-south-4 "
        "cn-southwest-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 la-south-2 "
        "la-north-2 sa-brazil-1 tr-west-1 me-east-1 af-south-1"
    )
    assert tuple(documented.split()) == oms.REGIONS


@pytest.mark.parametrize("region", ["nowhere-1", "CN-NORTH-4", "", "cn-north-4/../x", "cn-north-4\n"])
def test_an_unknown_region_is_told_with_the_known_ones(region):
    told = refusal(region=region, project_id="p", credentials=oms.Token("t"))
    assert "is not known" in told
    assert "endpoint=" in told
    assert "ap-southeast-3" in told


# -- what is missing


def test_everything_that_is_missing_is_told_at_once_with_where_it_was_looked_for():
    told = refusal()
    for name in (
        *("region=", "endpoint=", "HUAWEICLOUD_REGION", "HUAWEICLOUD_OMS_ENDPOINT"),
        *("project_id=", "HUAWEICLOUD_SDK_PROJECT_ID", "[basic]"),
        *("credentials=AkSk(...)", "Token(...)", "HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"),
        os.path.join(os.environ["HOME"], ".huaweicloud", "credentials"),
        "No such file",
    ):
        assert name in told, name


def test_a_home_that_is_missing_is_no_mystery(monkeypatch):
    monkeypatch.delenv("HOME")
    monkeypatch.delenv("USERPROFILE", raising=False)
    told = refusal(region="cn-north-4", credentials=oms.ProfileCredentials())
    assert told == "ProfileCredentials: there is no home directory"


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"),
        ("HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_AK"),
        ("CLOUD_SDK_AK", "CLOUD_SDK_SK"),
        ("CLOUD_SDK_SK", "CLOUD_SDK_AK"),
    ],
)
def test_half_a_key_pair_is_told_and_nothing_else_is_used_for_it(monkeypatch, profile, there, missing):
    profile(PROFILE.format(ak="a", sk="b"))
    monkeypatch.setenv(there, "top-secret")
    told = refusal(region="cn-north-4")
    assert told == f"EnvironmentCredentials: {there} is set, but {missing} is not"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no section [basic]"),
        ("[default]\nak = top-secret\nsk = top-secret\n", "no section [basic]"),
        ("[basic]\nak = top-secret\n", "has no sk"),
        ("[basic]\nsk = top-secret\n", "has no ak"),
        ("[basic]\nak =\nsk = top-secret\n", "has no ak"),
        ("[basic]\nak = top-secret\ntop-secret\n[unclosed\n", "not an INI file, line "),
        ("[basic\nak = top-secret\n", "not an INI file, line "),
        (b"[basic]\nak = top-secret \xff\xfe\n", "UTF-8"),
        ("[basic]\nak = top secret\nsk = x\n", "ak must be printable ASCII"),
        ("[basic]\nak = töpsecret\nsk = x\n", "ak must be printable ASCII"),
    ],
)
def test_a_profile_that_cannot_be_used_is_told_without_its_content(profile, text, told):
    place = profile(text)
    refused = refusal(region="cn-north-4", project_id="p", credentials=oms.ProfileCredentials())
    assert told in refused
    assert str(place) in refused
    assert "secret" not in refused.replace(str(place), "")


def test_a_profile_that_is_a_directory_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", str(tmp_path))
    assert str(tmp_path) in refusal(region="cn-north-4", project_id="p")


def test_a_variable_that_is_not_text_is_told_as_missing(monkeypatch):
    monkeypatch.setitem(os.environb, b"HUAWEICLOUD_SDK_PROJECT_ID", b"\xff")
    assert "no project id" in refusal(endpoint="https://oms.example.com", credentials=oms.Token("t"))


def test_a_profile_without_a_project_id_is_told_where_one_was_needed(profile):
    profile("[basic]\nak = a\nsk = b\n")
    told = refusal(endpoint="https://oms.example.com")
    assert told.startswith("no project id, and it cannot be looked up (no region is known): ")
    assert "write project_id into section [basic]" in told


# -- endpoints


@pytest.mark.parametrize(
    ("endpoint", "told"),
    [
        ("", "must be a URL"),
        ("oms.example.com", "must be a URL"),
        ("ftp://oms.example.com", "must begin with https://"),
        ("https://", "must be a URL"),
        ("https://user@oms.example.com", "must not hold a user name or password"),
        ("https://user:top-secret@oms.example.com", "must not hold a user name or password"),
        ("https://oms.example.com/v2", "without a path or query"),
        ("https://oms.example.com?x=top-secret", "without a path or query"),
        ("https://oms.example.com#top-secret", "without a path or query"),
        ("https://oms.example.com:0x", "must be a URL"),
        ("http://oms.example.com", "must begin with https://"),
        ("http://10.0.0.1", "must begin with https://"),
        ("http://0.0.0.0:80", "must begin with https://"),
        ("http://localhost.example.com", "must begin with https://"),
        ("http://127.0.0.1.example.com", "must begin with https://"),
        ("http://[::ffff:10.0.0.1]", "must begin with https://"),
    ],
)
def test_an_endpoint_that_cannot_be_used_is_told(endpoint, told, monkeypatch):
    refused = refusal(**settings(endpoint))
    assert told in refused
    assert "secret" not in refused
    if endpoint:
        monkeypatch.setenv("HUAWEICLOUD_OMS_ENDPOINT", endpoint)
        assert told in refusal(**settings(None))


@pytest.mark.parametrize(
    ("endpoint", "known_as"),
    [
        ("https://oms.example.com", "https://oms.example.com"),
        ("https://OMS.example.com:443/", "https://oms.example.com"),
        ("https://oms.example.com:8443", "https://oms.example.com:8443"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://127.255.0.1:8080/", "http://127.255.0.1:8080"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:1", "http://[::1]:1"),
    ],
)
def test_an_endpoint_is_used_as_given(endpoint, known_as):
    assert oms.Client(**settings(endpoint)).endpoint == known_as


def test_plain_http_leaves_the_machine_only_when_it_was_allowed():
    assert oms.Client(**settings("http://oms.example.com", allow_http=True)).endpoint == "http://oms.example.com"
    assert "allow_http=True" in refusal(**settings("http://oms.example.com", allow_http=False))


# -- proxies


def proxied(call: Caller) -> oms.OmsError | oms.StartResult:
    try:
        return call("start_task", 1, dst_ak="a", dst_sk="b")
    except oms.ConnectError as error:
        return error


def test_an_explicit_proxy_on_this_machine_is_used(call_with, recorder):
    tell = call_with(**settings("http://127.0.0.1:9", proxy=recorder.endpoint))
    assert proxied(tell).status_code == 200
    assert recorder.last.target == "http://127.0.0.1:9/v2/p-1/tasks/1/start"
    assert recorder.last.header("Host") == "127.0.0.1:9"


def test_a_proxy_is_asked_for_a_tunnel_and_sees_no_keys(call_with, recorder):
    recorder.answer = answer(403)
    error = proxied(call_with(**good(proxy=recorder.endpoint.replace("//", "//user:pass-word@"))))
    assert isinstance(error, oms.ConnectError)
    [request] = recorder.requests
    assert (request.method, request.target) == ("CONNECT", "oms.example.com:443")
    assert request.header("Proxy-Authorization") == "Basic " + base64.b64encode(b"user:pass-word").decode()
    assert request.header("Authorization") is None
    assert request.body == b""
    assert "pass-word" not in str(error)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_the_environments_proxy_is_used(call_with, recorder, monkeypatch, name):
    recorder.answer = answer(403)
    monkeypatch.setenv(name, recorder.endpoint)
    assert isinstance(proxied(call_with(**good())), oms.ConnectError)
    assert [request.method for request in recorder.requests] == ["CONNECT"]


def test_an_explicit_proxy_goes_before_the_environments(call_with, recorder, monkeypatch):
    recorder.answer = answer(403)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert isinstance(proxied(call_with(**good(proxy=recorder.endpoint))), oms.ConnectError)
    assert len(recorder.requests) == 1


def test_hosts_that_the_environment_excepts_are_called_directly(call_with, recorder, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", recorder.endpoint)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    error = proxied(call_with(**settings("https://127.0.0.1:9")))
    assert isinstance(error.__cause__, ConnectionRefusedError)
    assert recorder.requests == []


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_the_environments_proxy_never_sees_what_is_meant_for_this_machine(call_with, recorder, monkeypatch, name):
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert proxied(call_with(**settings(recorder.endpoint))).status_code == 200
    assert recorder.last.target == "/v2/p-1/tasks/1/start"


def test_plain_http_that_was_allowed_takes_the_environments_proxy(call_with, recorder, monkeypatch):
    monkeypatch.setenv("http_proxy", recorder.endpoint)
    assert proxied(call_with(**settings("http://oms.example.com", allow_http=True))).status_code == 200
    assert recorder.last.target == "http://oms.example.com/v2/p-1/tasks/1/start"


@pytest.mark.parametrize(
    "proxy",
    ["", "nonsense", "http://", "http://[::1", "ftp://u:top-secret@127.0.0.1", "socks5://u:top-secret@h", "h:1"],
)
def test_a_proxy_that_cannot_be_used_is_told_when_the_client_is_made(proxy):
    told = refusal(**good(proxy=proxy))
    assert told.startswith("proxy must be a URL")
    assert "secret" not in told


def test_a_proxy_elsewhere_must_not_see_plain_http():
    proxy = "http://user:top-secret@proxy.example.com:8080"
    told = refusal(**settings("http://127.0.0.1:9", proxy=proxy))
    assert told.startswith("proxy must be on this machine")
    assert "secret" not in told
    assert oms.Client(**settings("http://127.0.0.1:9", proxy=proxy, allow_http=True))
    assert oms.Client(**good(proxy=proxy))


# -- certificates


@pytest.mark.parametrize(
    ("bundle", "told"),
    [
        (b"", "ca_bundle holds no certificate"),
        (b"not PEM", "ca_bundle holds no certificate"),
        (b"-----BEGIN CERTIFICATE-----\neHg=\n-----END CERTIFICATE-----\n", "ca_bundle holds an unusable certificate"),
        (b"-----BEGIN CERTIFICATE-----\n&&&&\n-----END CERTIFICATE-----\n", "ca_bundle is not PEM"),
        (b"-----BEGIN CERTIFICATE-----\neHg=\n", "ca_bundle is not PEM"),
    ],
)
def test_a_bundle_that_cannot_be_used_is_told_when_the_client_is_made(bundle, told, tmp_path):
    assert refusal(**good(ca_bundle=bundle)).startswith(told)
    place = tmp_path / "bundle.pem"
    place.write_bytes(bundle)
    for path in (place, str(place)):
        assert refusal(**good(ca_bundle=path)).startswith(told)


def test_a_bundle_that_cannot_be_read_is_told_with_its_path(tmp_path):
    for place in (tmp_path, tmp_path / "missing"):
        assert refusal(**good(ca_bundle=place)).startswith(f"ca_bundle cannot be read from '{place}': ")


# -- types


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("region", 5, "region must be a string, not int"),
        ("region", b"cn-north-4", "region must be a string, not bytes"),
        ("endpoint", 5, "endpoint must be a string, not int"),
        ("endpoint", "https://\ud800", "endpoint must be Unicode text without lone surrogates"),
        ("project_id", 5, "project_id must be a string, not int"),
        (
            "credentials",
            "ak:sk",
            r"credentials must be AkSk(...), Token(...) or another source of credentials, not str",
        ),
        (
            "credentials",
            ("ak", "sk"),
            r"credentials must be AkSk(...), Token(...) or another source of credentials, not tuple",
        ),
        (
            "credentials",
            oms.AkSk,
            r"credentials must be AkSk(...), Token(...) or another source of credentials, not type",
        ),
        ("timeout", "60", "timeout must be a positive number of seconds, not str"),
        ("timeout", None, "timeout must be a positive number of seconds, not NoneType"),
        ("timeout", True, "timeout must be a positive number of seconds, not bool"),
        ("timeout", 0, "timeout must be a positive number of seconds"),
        ("timeout", -1.0, "timeout must be a positive number of seconds"),
        ("timeout", math.nan, "timeout must be a positive number of seconds"),
        ("connect_timeout", 0, "connect_timeout must be a positive number of seconds"),
        ("connect_timeout", "5", "connect_timeout must be a positive number of seconds, not str"),
        ("retry", 4, "retry must be a RetryPolicy, not int"),
        ("proxy", 5, "proxy must be a string, not int"),
        ("ca_bundle", 5, "ca_bundle must be a path to a PEM file or its content as bytes, not int"),
        ("ca_bundle", True, "ca_bundle must be a path to a PEM file or its content as bytes, not bool"),
        ("allow_http", 1, "allow_http must be a boolean, not int"),
        ("allow_http", None, "allow_http must be a boolean, not NoneType"),
    ],
)
def test_every_setting_has_one_type(name, value, told):
    assert refusal(**good(**{name: value})).startswith(told)


@pytest.mark.parametrize("project_id", ["", ".", "..", "a/b", "a\\b", "a\nb", "x" * 1025])
def test_a_project_id_never_names_another_path(project_id, monkeypatch):
    assert refusal(**good(project_id=project_id)).startswith("project_id must ")
    if project_id:
        monkeypatch.setenv("HUAWEICLOUD_SDK_PROJECT_ID", project_id)
        assert refusal(**good(project_id=None)).startswith("project_id must ")


def test_every_setting_that_is_wrong_is_told_at_once():
    told = refusal(region=1, endpoint=2, project_id=3, credentials=4, timeout=-5, retry=6, proxy=7, allow_http=8)
    for name in ("region", "endpoint", "project_id", "credentials", "timeout", "retry", "proxy", "allow_http"):
        assert f"{name} must " in told
    told = refusal(endpoint="nonsense", project_id="..", credentials=None)
    assert all(part in told for part in ("endpoint must ", "project_id must ", "no credentials"))


def test_an_unknown_setting_is_a_type_error():
    with pytest.raises(TypeError, match="reqion"):
        oms.Client(reqion="cn-north-4")
    with pytest.raises(TypeError, match="positional"):
        oms.Client("cn-north-4")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: oms.AkSk("", "sk"), "ak must have 1 to 16384 characters"),
        (lambda: oms.AkSk("ak", ""), "sk must not be empty"),
        (lambda: oms.AkSk("ak", "sk", ""), "security_token must have 1 to 16384 characters"),
        (lambda: oms.AkSk("ak", "sk", "x" * 16385), "security_token must have 1 to 16384 characters"),
        (lambda: oms.AkSk("top-secret\n", "sk"), "ak must be printable ASCII"),
        (lambda: oms.AkSk("ak", "sk", "top secret"), "security_token must be printable ASCII"),
        (lambda: oms.AkSk(5, "sk"), "ak must be a string, not int"),
        (lambda: oms.AkSk("ak", b"top-secret"), "sk must be a string, not bytes"),
        (lambda: oms.AkSk("ak", "top-secret\ud800"), "sk must be Unicode text without lone surrogates"),
        (lambda: oms.AkSk("ak", None), "sk must be a string, not NoneType"),
        (lambda: oms.Token(""), "token must have 1 to 16384 characters"),
        (lambda: oms.Token("x" * 16385), "token must have 1 to 16384 characters"),
        (lambda: oms.Token("top-secret\r\nX-Other: 1"), "token must be printable ASCII"),
        (lambda: oms.Token(5), "token must be a string, not int"),
    ],
)
def test_credentials_that_cannot_be_used_are_told_without_their_values(make, told):
    with pytest.raises(oms.ConfigurationError) as caught:
        make()
    assert str(caught.value).startswith(told)
    assert "secret" not in str(caught.value)


def test_credentials_of_the_greatest_length_are_taken():
    assert oms.Token("x" * 16384)
    assert oms.AkSk("ak", "sk", "x" * 16384)


# -- the default client


def test_the_default_client_follows_the_environment(monkeypatch, recorder):
    monkeypatch.setenv("HUAWEICLOUD_OMS_ENDPOINT", recorder.endpoint)
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", "first")
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", "sk")
    monkeypatch.setenv("HUAWEICLOUD_SDK_PROJECT_ID", "p")
    for ak in ("first", "second"):
        monkeypatch.setenv("HUAWEICLOUD_SDK_AK", ak)
        oms.start_task(1, dst_ak="a", dst_sk="b")
        assert f"Access={ak}," in recorder.last.header("Authorization")
        asyncio.run(oms.start_task_async(1, dst_ak="a", dst_sk="b"))
        assert f"Access={ak}," in recorder.last.header("Authorization")


def test_the_default_client_follows_its_regions_endpoint(monkeypatch, recorder):
    monkeypatch.setenv("HUAWEICLOUD_REGION", "cn-south-1")
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", "a")
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", "b")
    monkeypatch.setenv("HUAWEICLOUD_SDK_PROJECT_ID", "p")
    monkeypatch.setenv("HUAWEICLOUD_SDK_REGION_OMS_CN_SOUTH_1", "http://127.0.0.1:9")
    with pytest.raises(oms.ConnectError):
        oms.start_task(1, dst_ak="a", dst_sk="b", timeout=2)
    monkeypatch.setenv("HUAWEICLOUD_SDK_REGION_OMS_CN_SOUTH_1", recorder.endpoint)
    assert oms.start_task(1, dst_ak="a", dst_sk="b").status_code == 200


def test_the_default_client_keeps_its_connections(monkeypatch, recorder):
    for name, value in (("AK", "a"), ("SK", "b"), ("PROJECT_ID", "p")):
        monkeypatch.setenv(f"HUAWEICLOUD_SDK_{name}", value)
    monkeypatch.setenv("HUAWEICLOUD_OMS_ENDPOINT", recorder.endpoint)
    for _ in range(3):
        oms.start_task(1, dst_ak="a", dst_sk="b")
    assert len(recorder.requests) == 3
    assert len(recorder._connections) == 1


def test_a_default_client_without_settings_says_what_it_needs():
    with pytest.raises(oms.ConfigurationError, match="HUAWEICLOUD_REGION"):
        oms.start_task(1, dst_ak="a", dst_sk="b")
    with pytest.raises(oms.ConfigurationError, match="HUAWEICLOUD_REGION"):
        asyncio.run(oms.start_task_async(1, dst_ak="a", dst_sk="b"))


# -- the retry policy


def test_a_retry_policy_is_a_value():
    policy = oms.RetryPolicy()
    values = (policy.max_attempts, policy.base_delay, policy.max_delay, policy.attempt_timeout)
    assert values == (4, 0.5, 20.0, None)
    other = oms.RetryPolicy(max_attempts=7, base_delay=0, max_delay=1.5, attempt_timeout=3)
    assert repr(other) == "RetryPolicy(max_attempts=7, base_delay=0.0, max_delay=1.5, attempt_timeout=3.0)"
    for one in (policy, other):
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            copy = pickle.loads(pickle.dumps(one, protocol))
            assert copy == one
            assert hash(copy) == hash(one)
    assert policy != other
    assert policy != 4
    with pytest.raises(AttributeError):
        policy.max_attempts = 5


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        *(("max_attempts", value, "an integer of at least 1") for value in (0, -1, True, 1.0, "4", 2**32)),
        *(
            ("base_delay", value, "a number of seconds, 0 or more")
            for value in (-1, -0.1, True, "1", math.nan, math.inf)
        ),
        *(("max_delay", value, "a number of seconds, 0 or more") for value in (-1, True, "1", math.nan, math.inf)),
        *(("attempt_timeout", value, "a positive number") for value in (0, -1, True, "1", math.nan, math.inf)),
    ],
)
def test_a_retry_policy_checks_its_values(name, value, told):
    with pytest.raises(ValueError, match=f"{name} must be {told}"):
        oms.RetryPolicy(**{name: value})


def test_a_retry_policy_takes_names_only():
    with pytest.raises(TypeError):
        oms.RetryPolicy(4)
    with pytest.raises(TypeError):
        oms.RetryPolicy(attempts=4)

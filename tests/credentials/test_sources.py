"""Every source gives credentials that the local OMS accepts; bad input is told, without secrets."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import pickle
import time
import traceback

import pytest

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import POD_PATH, Emulator, Fault, Identity

from .support import AK, PROJECT, REGION, SK, TOKEN, answering, at, fill


def write(path, text):
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text)
    return str(path)


@pytest.fixture
def token_file(tmp_path):
    return write(tmp_path / "token", f"{TOKEN}\n")


def test_environment(local, call, monkeypatch):
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", AK)
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", SK)
    for credentials in (None, oms.EnvironmentCredentials(), oms.CredentialChain()):
        local.add_task(1)
        assert call(**at(local, credentials=credentials))[1] == "EnvironmentCredentials"


def test_the_documents_samples_names(local, call, monkeypatch):
    monkeypatch.setenv("CLOUD_SDK_AK", AK)
    monkeypatch.setenv("CLOUD_SDK_SK", SK)
    assert call(**at(local))[1] == "EnvironmentCredentials"


def test_profile(local, call, tmp_path):
    write(tmp_path / ".huaweicloud/credentials", f"[basic]\nak = {AK}\nsk = {SK}\n[other]\nak = x\nsk = y\n")
    for credentials in (None, oms.ProfileCredentials(), oms.ProfileCredentials("basic")):
        local.add_task(1)
        assert call(**at(local, credentials=credentials))[1] == "ProfileCredentials"
    with pytest.raises(oms.AuthenticationError):
        call(**at(local, credentials=oms.ProfileCredentials(section="other")))


def test_profile_at_another_path(local, call, tmp_path):
    path = write(tmp_path / "mine.ini", f"[team-a]\nAK={AK}\nSK={SK}\n")
    assert call(**at(local, credentials=oms.ProfileCredentials("team-a", path)))[1] == "ProfileCredentials"


def test_metadata(local, call, monkeypatch):
    source = oms.ServerMetadataCredentials(endpoint=local.endpoint)
    assert call(**at(local, credentials=source))[1] == "ServerMetadataCredentials"
    paths = [request.path for request in local.requests]
    assert paths[:2] == ["/meta-data/latest/api/token", "/openstack/latest/securitykey"]
    monkeypatch.setenv("HUAWEICLOUD_METADATA_ENDPOINT", local.endpoint)
    local.add_task(1)
    assert call(**at(local))[1] == "ServerMetadataCredentials"


def test_metadata_without_sessions(call):
    with Emulator(project_id=PROJECT, identity=Identity(session=False)) as local:
        fill(local)
        source = oms.ServerMetadataCredentials(endpoint=local.endpoint)
        assert call(**at(local, credentials=source))[0].status_code == 200
        assert [request.status for request in local.requests][:2] == [404, 200]


def test_metadata_whose_session_token_expired(local):
    with oms.Client(**at(local, credentials=oms.ServerMetadataCredentials(endpoint=local.endpoint))) as client:
        client.start_task(1, dst_ak="a", dst_sk="b")
        local.expire_issued()  # the session token too
        assert client.start_task(2, dst_ak="a", dst_sk="b").status_code == 200
        assert [request.method for request in local.requests].count("PUT") == 2


def test_pod_identity(local, call, monkeypatch, token_file):
    uri = local.endpoint + POD_PATH
    source = oms.PodIdentityCredentials(uri=uri, token_file=token_file)
    assert call(**at(local, credentials=source))[1] == "PodIdentityCredentials"
    monkeypatch.setenv("HC_CONTAINER_CREDENTIALS_FULL_URI", uri)
    monkeypatch.setenv("HC_CONTAINER_AUTHORIZATION_TOKEN_FILE", token_file)
    local.add_task(1)
    assert call(**at(local))[1] == "PodIdentityCredentials"


def test_oidc(local, call, monkeypatch, token_file):
    source = oms.OidcCredentials(
        provider_urn="urn:p", agency_urn="urn:a", id_token=TOKEN, policy_ids=["x"], sts_endpoint=local.endpoint
    )
    assert call(**at(local, credentials=source))[1] == "OidcCredentials"
    monkeypatch.setenv("HUAWEICLOUD_OIDC_PROVIDER_URN", "urn:p")
    monkeypatch.setenv("HUAWEICLOUD_OIDC_AGENCY_URN", "urn:a")
    monkeypatch.setenv("HUAWEICLOUD_OIDC_TOKEN_FILE", token_file)
    monkeypatch.setenv("HUAWEICLOUD_SDK_STS_ENDPOINT", local.endpoint)
    # It goes before the environment's key, as in the vendor's SDK.
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", "wrong")
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", "wrong")
    local.add_task(1)
    assert call(**at(local))[1] == "OidcCredentials"


def test_an_identity_provider_known_by_its_id(local, call, monkeypatch, token_file, tmp_path):
    monkeypatch.setenv("HUAWEICLOUD_SDK_IDP_ID", "idp")
    monkeypatch.setenv("HUAWEICLOUD_SDK_ID_TOKEN_FILE", token_file)
    assert call(**at(local, iam_endpoint=local.endpoint))[1] == "EnvironmentCredentials"
    monkeypatch.delenv("HUAWEICLOUD_SDK_IDP_ID")
    text = f"[basic]\nidp_id = idp\nid_token_file = {token_file}\niam_endpoint = {local.endpoint}\n"
    write(tmp_path / ".huaweicloud/credentials", text)
    local.add_task(1)
    assert call(**at(local))[1] == "ProfileCredentials"


def test_iam_password(local, call):
    source = oms.IamPasswordCredentials("user", "password", "domain")
    assert call(**at(local, credentials=source, iam_endpoint=local.endpoint))[1] == "IamPasswordCredentials"
    other = oms.IamPasswordCredentials("user", "password", "domain", project=REGION, iam_endpoint=local.endpoint)
    local.add_task(1)
    assert call(**at(local, credentials=other))[0].status_code == 200


def in_an_hour():
    return dt.datetime.now(dt.timezone.utc) + dt.timedelta(hours=1)


async def vault():
    await asyncio.sleep(0.01)
    return oms.AkSk(AK, SK), in_an_hour()


class Callable:
    async def __call__(self):
        return await vault()


@pytest.mark.parametrize(
    "function",
    [
        lambda: oms.AkSk(AK, SK),
        lambda: (oms.AkSk(AK, SK), None),
        lambda: (oms.AkSk(AK, SK), in_an_hour()),
        vault,
        Callable(),
    ],
)
def test_functions(local, call, function):
    assert call(**at(local, credentials=oms.FunctionCredentials(function)))[1] == "FunctionCredentials"


def test_a_coroutine_function_runs_on_the_clients_own_loop(local):
    loops = []

    async def function():
        loops.append(asyncio.get_running_loop())
        return oms.AkSk(AK, SK), in_an_hour()

    async def run():
        async with oms.AsyncClient(**at(local, credentials=oms.FunctionCredentials(function))) as client:
            await client.start_task(1, dst_ak="a", dst_sk="b")
        assert loops == [asyncio.get_running_loop()]

    asyncio.run(run())


def test_every_source_gives_credentials_by_itself(local, token_file, monkeypatch):
    monkeypatch.setenv("HUAWEICLOUD_REGION", REGION)
    monkeypatch.setenv("HUAWEICLOUD_SDK_IAM_ENDPOINT", local.endpoint)
    now = dt.datetime.now(dt.timezone.utc)
    sources = [
        oms.ServerMetadataCredentials(endpoint=local.endpoint),
        oms.PodIdentityCredentials(uri=local.endpoint + POD_PATH, token_file=token_file),
        oms.OidcCredentials(provider_urn="p", agency_urn="a", id_token=TOKEN, sts_endpoint=local.endpoint),
        oms.IamPasswordCredentials("user", "password", "domain"),
        oms.FunctionCredentials(
            oms.OidcCredentials(provider_urn="p", agency_urn="a", id_token=TOKEN, sts_endpoint=local.endpoint).get
        ),
    ]
    for source in sources:
        for credentials, expiry in (source.get(), asyncio.run(awaited(source))):
            assert isinstance(credentials, (oms.AkSk, oms.Token))
            assert 86_000 < (expiry - now).total_seconds() < 86_500
    key = oms.AkSk(AK, SK)
    assert key.get()[1] is None
    assert asyncio.run(awaited(key))[1] is None


async def awaited(source):
    return await source.get_async()


# Bad input.


def told(error):
    """All that an exception shows: text, traceback with its chain, pickle."""
    whole = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
    return f"{error} {error!r} {whole} {pickle.dumps(error)!r}"


SECRETS = ("s3cretA", "s3cretB", SK, TOKEN)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no section"),
        ("[basic]\n", "has no ak and sk"),
        ("[basic]\nak = s3cretA\n", "has no sk"),
        ("[basic]\nsk = s3cretB\n", "has no ak"),
        ("[basic\nak = s3cretA\n", "not an INI file"),
        ("[basic]\ns3cretA\n", "not an INI file"),
        ("[basic]\nak = s3cretA s3cretB\nsk = x\n", "printable"),
    ],
)
def test_malformed_profiles(tmp_path, text, reason):
    path = write(tmp_path / "credentials", text)
    with pytest.raises(oms.ConfigurationError, match=reason) as caught:
        oms.Client(region=REGION, project_id="p", credentials=oms.ProfileCredentials("basic", path))
    assert "ProfileCredentials" in str(caught.value)
    assert path in str(caught.value)
    assert not any(secret in told(caught.value) for secret in SECRETS)


def test_unreadable_profiles(tmp_path):
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(oms.ConfigurationError, match="cannot read"):
            oms.Client(region=REGION, project_id="p", credentials=oms.ProfileCredentials(path=path))
    (tmp_path / "latin").write_bytes(b"[basic]\nak = \xff\xfe\n")
    with pytest.raises(oms.ConfigurationError, match="cannot read"):
        oms.Client(region=REGION, project_id="p", credentials=oms.ProfileCredentials(path=tmp_path / "latin"))


def test_half_a_key_in_the_environment_is_no_reason_to_become_somebody_else(monkeypatch, tmp_path):
    write(tmp_path / ".huaweicloud/credentials", f"[basic]\nak = {AK}\nsk = {SK}\n")
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", "a")
    with pytest.raises(oms.ConfigurationError, match="HUAWEICLOUD_SDK_AK is set, but HUAWEICLOUD_SDK_SK is not"):
        oms.Client(region=REGION, project_id="p")


JSON = {"Content-Type": "application/json"}
KEY = {"access": "s3cretA", "secret": "s3cretB", "securitytoken": "t", "expires_at": "2999-01-01T00:00:00.000000Z"}


def key(**changes):
    return 200, JSON, json.dumps({"credential": {**KEY, **changes}}).encode()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, "did not answer within"),
        ((200, {"Content-Type": "text/html"}, b"<html><title>s3cretA sign in</title></html>"), "web page"),
        ((302, {"Location": "http://127.0.0.1:9/"}, b""), "redirects, which is not followed"),
        ((200, JSON, b"s3cretA"), "not JSON"),
        ((200, JSON, b"[]"), "no JSON object"),
        ((200, JSON, b"{}"), "no access key"),
        (key(secret=""), "no secret key"),
        (key(secret=5), "no secret key"),
        (key(access="s3cretA\ns3cretA"), "cannot be used"),
        (key(securitytoken="s3cretA\r\n"), "cannot be used"),
        (key(expires_at="soon"), "not a date"),
        (key(expires_at="2019-01-01T00:00:00.000000Z"), "expired already"),
        (key(expires_at=None), "no expiry"),
        ((403, JSON, b'{"error": {"code": 403, "message": "not here"}}'), "HTTP 403 403: not here"),
        ((500, {}, b""), "HTTP 500"),
    ],
)
def test_a_metadata_service_that_misbehaves(local, answer, reason):
    def given(method, *_):
        return (404, {}, b"") if method == "PUT" and answer is not None else answer

    with answering(given) as endpoint:
        source = oms.ServerMetadataCredentials(endpoint=endpoint)
        began = time.monotonic()
        with (
            oms.Client(**at(local, credentials=source)) as client,
            pytest.raises(oms.CredentialsError, match=reason) as caught,
        ):
            client.start_task(1, dst_ak="a", dst_sk="b")
        assert time.monotonic() - began < 5
        assert caught.value.source == "ServerMetadataCredentials"
        assert not any(secret in told(caught.value) for secret in SECRETS)
        assert local.requests == ()
        with pytest.raises(oms.CredentialsError, match=reason):
            source.get()
        with pytest.raises(oms.CredentialsError, match=reason):
            asyncio.run(awaited(source))


def test_a_session_token_that_is_none():
    with answering(lambda *_: (200, {}, b"two words\r\n")) as endpoint:
        source = oms.ServerMetadataCredentials(endpoint=endpoint)
        with pytest.raises(oms.CredentialsError, match="session token is no token"):
            source.get()


def test_keys_come_over_plain_http_from_near_only():
    for far in ("http://10.0.0.1", "http://metadata.example.com", "ftp://127.0.0.1", "http://u:p@127.0.0.1", "x"):
        source = oms.ServerMetadataCredentials(endpoint=far)
        with pytest.raises(oms.ConfigurationError, match="ServerMetadataCredentials: its endpoint"):
            oms.Client(region=REGION, project_id="p", credentials=source)
    pod = oms.PodIdentityCredentials(uri="http://10.0.0.1/x", token_file="x")
    with pytest.raises(oms.ConfigurationError, match="HC_CONTAINER_CREDENTIALS_FULL_URI must begin with https"):
        oms.Client(region=REGION, project_id="p", credentials=pod)
    password = oms.IamPasswordCredentials("u", "s3cretA", "d", iam_endpoint="http://169.254.169.254")
    with pytest.raises(oms.ConfigurationError, match="IAM endpoint must begin with https"):
        oms.Client(region=REGION, project_id="p", credentials=password)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "is empty"), (" \n", "is empty"), ("s3cretA\ns3cretA\n", "white space"), (None, "cannot read")],
    ids=["nothing", "a line end", "two lines", "no file"],
)
def test_token_files(local, tmp_path, text, reason):
    path = tmp_path / "token"
    if text is not None:
        path.write_text(text)
    oidc = oms.OidcCredentials(provider_urn="p", agency_urn="a", id_token_file=path, sts_endpoint=local.endpoint)
    pod = oms.PodIdentityCredentials(uri=local.endpoint + POD_PATH, token_file=path)
    for source in (oidc, pod):
        with pytest.raises(oms.CredentialsError, match=reason) as caught:
            source.get()
        assert not any(secret in told(caught.value) for secret in SECRETS)
    assert local.requests == ()


def test_refusals_are_told_without_what_was_sent(local, tmp_path):
    wrong = write(tmp_path / "token", "s3cretA")
    for source, name in [
        (
            oms.IamPasswordCredentials("user", "s3cretB", "domain", project=REGION, iam_endpoint=local.endpoint),
            "IamPass",
        ),
        (
            oms.OidcCredentials(provider_urn="p", agency_urn="a", id_token="s3cretA", sts_endpoint=local.endpoint),
            "Oidc",
        ),
        (oms.PodIdentityCredentials(uri=local.endpoint + POD_PATH, token_file=wrong), "PodIdentity"),
    ]:
        with pytest.raises(oms.CredentialsError, match="HTTP 401") as caught:
            source.get()
        assert caught.value.source.startswith(name)
        assert not any(secret in told(caught.value) for secret in SECRETS)


def test_an_echoed_password_is_taken_out():
    def echo(*_):
        return 400, JSON, b'{"error": {"message": "wrong: s3cretB"}}'

    with answering(echo) as endpoint:
        source = oms.IamPasswordCredentials("user", "s3cretB", "domain", project=REGION, iam_endpoint=endpoint)
        with pytest.raises(oms.CredentialsError, match=r"wrong: \*\*\*"):
            source.get()


def raising():
    raise RuntimeError("s3cretA")


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (raising, r"raised RuntimeError at .*test_sources\.py:\d+"),
        (lambda: None, "returned NoneType"),
        (lambda: "s3cretA", "returned str"),
        (lambda: ("s3cretA", "s3cretB"), "returned str"),
        (lambda: (1, 2, 3), "tuple of 3"),
        (oms.EnvironmentCredentials, "returned EnvironmentCredentials"),
        (lambda: (oms.AkSk(AK, SK), dt.datetime(2999, 1, 1)), "no aware datetime"),
        (lambda: (oms.AkSk(AK, SK), "soon"), "no aware datetime"),
        (lambda: (oms.AkSk(AK, SK), dt.datetime(2019, 1, 1, tzinfo=dt.timezone.utc)), "in the past"),
        (lambda: oms.AkSk("", "s3cretA"), "raised ConfigurationError"),
    ],
)
def test_functions_that_misbehave(local, call, function, reason):
    async def coroutine():
        return function()

    for given in (function, coroutine):
        with pytest.raises(oms.CredentialsError, match=reason) as caught:
            call(**at(local, credentials=oms.FunctionCredentials(given)))
        assert caught.value.source == "FunctionCredentials"
        assert not any(secret in told(caught.value) for secret in SECRETS)
    assert local.requests == ()


def test_a_function_that_takes_too_long(local, call):
    source = oms.FunctionCredentials(lambda: time.sleep(1), timeout=0.2)
    with pytest.raises(oms.CredentialsError, match=r"gave nothing within 0\.2 s"):
        call(**at(local, credentials=source))


def test_what_is_no_source_is_refused():
    with pytest.raises(TypeError, match="must be callable"):
        oms.FunctionCredentials(5)
    with pytest.raises(oms.ConfigurationError, match="not int"):
        oms.CredentialChain(5)
    with pytest.raises(oms.ConfigurationError, match="another source of credentials, not str"):
        oms.Client(region=REGION, project_id="p", credentials="AK")


def test_sources_show_and_pickle_no_secrets():
    for source in (
        oms.AkSk(AK, SK),
        oms.IamPasswordCredentials("user", "s3cretB", "domain"),
        oms.OidcCredentials(id_token="s3cretA"),
    ):
        assert not any(secret in repr(source) + str(source) for secret in SECRETS)
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(source)


# Chains.


def test_a_chain_that_ends_in_nothing_says_what_was_tried(call, local):
    began = time.monotonic()
    with pytest.raises(oms.ConfigurationError) as caught:
        call(**at(local))
    assert time.monotonic() - began < 5
    for part in (
        "OidcCredentials: HUAWEICLOUD_OIDC_PROVIDER_URN and HUAWEICLOUD_OIDC_AGENCY_URN are not both set",
        "EnvironmentCredentials: HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK are not set",
        "ProfileCredentials: cannot read",
        "ServerMetadataCredentials: no connection to 127.0.0.1",
        "PodIdentityCredentials: HC_CONTAINER_CREDENTIALS_FULL_URI and",
        "pass credentials=",
    ):
        assert part in str(caught.value)


@pytest.mark.parametrize("make", [oms.Client, oms.AsyncClient])
def test_a_client_for_which_nothing_was_configured_asks_when_it_is_made(make, local, monkeypatch):
    with pytest.raises(oms.ConfigurationError, match="Tried OidcCredentials"):
        make(**at(local))
    with pytest.raises(oms.ConfigurationError, match="no credentials"):
        make(**at(local, credentials=oms.CredentialChain(oms.EnvironmentCredentials())))
    monkeypatch.setenv("HUAWEICLOUD_METADATA_ENDPOINT", local.endpoint)
    assert make(**at(local)).credentials_source == "ServerMetadataCredentials"


def test_a_chain_whose_services_stall_ends_within_five_seconds(call, local, monkeypatch, token_file):
    with answering(lambda *_: None) as endpoint:
        monkeypatch.setenv("HUAWEICLOUD_METADATA_ENDPOINT", endpoint)
        monkeypatch.setenv("HC_CONTAINER_CREDENTIALS_FULL_URI", f"{endpoint}/x")
        monkeypatch.setenv("HC_CONTAINER_AUTHORIZATION_TOKEN_FILE", token_file)
        began = time.monotonic()
        with pytest.raises(oms.CredentialsError, match="no answer in time"):
            call(**at(local))
        assert time.monotonic() - began < 5


def test_a_chain_of_ones_own(local, call):
    chain = oms.CredentialChain(
        oms.EnvironmentCredentials(),
        oms.ServerMetadataCredentials(endpoint="http://127.0.0.1:9"),
        oms.FunctionCredentials(lambda: oms.AkSk(AK, SK)),
    )
    assert call(**at(local, credentials=chain))[1] == "FunctionCredentials"
    given = oms.CredentialChain(oms.ServerMetadataCredentials(endpoint="http://127.0.0.1:9"), oms.AkSk(AK, SK))
    local.add_task(1)
    assert call(**at(local, credentials=given))[1] == "AkSk"


def test_which_source_is_used_is_known_as_soon_as_it_can_be(local, monkeypatch):
    asked_later = oms.ServerMetadataCredentials(endpoint="http://127.0.0.1:9")
    undecided = oms.CredentialChain(asked_later, oms.FunctionCredentials(lambda: oms.AkSk(AK, SK)))
    assert oms.Client(**at(local, credentials=undecided)).credentials_source is None
    assert oms.Client(**at(local, credentials=oms.AkSk(AK, SK))).credentials_source == "AkSk"
    assert oms.Client(**at(local, credentials=oms.Token("t"))).credentials_source == "Token"
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", AK)
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", SK)
    assert oms.AsyncClient(**at(local)).credentials_source == "EnvironmentCredentials"


def test_faults_of_the_identity_services(local):
    local.inject(Fault("html", times=1))
    with pytest.raises(oms.CredentialsError, match="web page"):
        oms.ServerMetadataCredentials(endpoint=local.endpoint).get()

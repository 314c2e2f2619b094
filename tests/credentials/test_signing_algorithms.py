"""Every signing algorithm, held against the vendor's signer request by request."""

from __future__ import annotations

import datetime as dt
import warnings

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Emulator

with warnings.catch_warnings():
    # The vendor's SDK still uses what its own dependencies have deprecated.
    warnings.simplefilter("ignore")
    from huaweicloudsdkcore.auth.credentials import BasicCredentials
    from huaweicloudsdkcore.sdk_request import SdkRequest
    from huaweicloudsdkcore.signer import signer as vendor

AK, SK = "QTWAOYTTINDUT2QVKYUC", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc"
REGION, SERVICE, HOST = "region-id-1", "service", "service.region.example.com"
DATE = dt.datetime(2019, 11, 15, 3, 36, 55, tzinfo=dt.timezone.utc)
STAMP = "20191115T033655Z"
SIGNERS = {
    "SDK-HMAC-SHA256": vendor.Signer,
    "SDK-HMAC-SM3": vendor.SM3Signer,
    "V11-HMAC-SHA256": vendor.DerivationAKSKSigner,
    "SDK-ECDSA-P256-SHA256": vendor.P256SHA256Signer,
    "SDK-SM2-SM3": vendor.SM2SM3Signer,
}
EQUAL = ["SDK-HMAC-SHA256", "SDK-HMAC-SM3", "V11-HMAC-SHA256"]
ELLIPTIC = ["SDK-ECDSA-P256-SHA256", "SDK-SM2-SM3"]

TEXT = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.~ +/&=%é§漢", max_size=12)
NAMES = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=12).map(lambda name: f"x-{name}")
VALUES = st.text("abcdefghijklmnopqrstuvwxyz0123456789 ;,:=/*", max_size=20)
CONTENT_TYPES = st.sampled_from([None, "application/json", "application/json;charset=utf8", "text/plain"])
REQUESTS = st.tuples(
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    st.lists(st.text("abcXYZ019-_.~é ", min_size=1, max_size=8).filter(lambda s: s not in {".", ".."}), max_size=4),
    st.lists(st.tuples(TEXT.filter(bool), TEXT), max_size=3, unique_by=lambda pair: pair[0]),
    st.dictionaries(NAMES, VALUES, max_size=3),
    CONTENT_TYPES,
    st.binary(max_size=40),
)


def vendor_request(request):
    method, segments, query, headers, content_type, body = request
    named = {**headers, "X-Sdk-Date": STAMP, **({"Content-Type": content_type} if content_type else {})}
    return SdkRequest(
        method=method,
        schema="https",
        host=HOST,
        resource_path="/" + "/".join(segments),
        query_params=list(query),
        header_params=named,
        body=body,
    )


def vendor_signed(algorithm, request, ak=AK, sk=SK):
    """The vendor's Authorization header for a request."""
    signer = SIGNERS[algorithm](BasicCredentials(ak, sk))
    if algorithm == "V11-HMAC-SHA256":
        return signer.sign(vendor_request(request), SERVICE, REGION).header_params["Authorization"]
    return signer.sign(vendor_request(request)).header_params["Authorization"]


def signed(algorithm, request, ak=AK, sk=SK):
    """Our Authorization header for the same request."""
    method, segments, query, headers, content_type, body = request
    quote = vendor.Signer._url_encode
    url = f"https://{HOST}/" + "/".join(quote(segment) for segment in segments)
    if query:
        url += "?" + "&".join(f"{quote(name)}={quote(value)}" for name, value in query)
    named = {**headers, **({"Content-Type": content_type} if content_type else {})}
    return oms.sign_request(
        method,
        url,
        headers=named,
        body=body,
        credentials=oms.AkSk(ak, sk),
        date=DATE,
        signing=algorithm,
        region=REGION,
        service=SERVICE,
    )["Authorization"]


def string_to_sign(algorithm, request):
    """The text that the vendor's signer signs."""
    signer = SIGNERS[algorithm](BasicCredentials(AK, SK))
    made = vendor_request(request)
    signer._process_content_header(made)
    date = signer._process_header_time(made)
    signer._process_header_host(made)
    names = signer._process_signed_headers(made)
    canonical = signer._process_canonical_request(made, names)
    return signer._process_string_to_sign(canonical, date)


@pytest.mark.parametrize("algorithm", EQUAL)
@given(request_=REQUESTS)
def test_the_hmacs_equal_the_vendors(algorithm, request_):
    assert signed(algorithm, request_) == vendor_signed(algorithm, request_)


@pytest.mark.parametrize("algorithm", EQUAL)
@given(ak=st.text("ABCDEFGHIJKLMNOP0123", min_size=1, max_size=200), sk=st.text("abcXYZ0189+/=é", min_size=1))
def test_the_hmacs_equal_the_vendors_for_any_key(algorithm, ak, sk):
    request = ("GET", ["v2"], [], {}, None, b"")
    assert signed(algorithm, request, ak, sk) == vendor_signed(algorithm, request, ak, sk)


@pytest.mark.parametrize("algorithm", ELLIPTIC)
@pytest.mark.parametrize("number", range(12))
def test_the_vendors_public_key_accepts_our_signatures(algorithm, number):
    query = [("limit", str(number))]
    request = ("POST", ["v2", f"p-{number}"], query, {"x-a": "b"}, "application/json", b"{}" * number)
    ours, theirs = signed(algorithm, request), vendor_signed(algorithm, request)
    assert ours.rpartition("=")[0] == theirs.rpartition("=")[0]
    key = SIGNERS[algorithm](BasicCredentials(AK, SK)).get_signing_key()
    signature = bytes.fromhex(ours.rpartition("=")[2])
    assert key.verify(signature, string_to_sign(algorithm, request).encode())
    assert not key.verify(signature, b"something else")


@pytest.mark.parametrize("algorithm", ELLIPTIC)
@settings(deadline=None, max_examples=40)
@given(ak=st.text("ABCDEFGHIJKLMNOP0123", min_size=1, max_size=30), sk=st.text("abcXYZ0189", min_size=1, max_size=60))
def test_the_private_keys_are_derived_as_the_vendors(algorithm, ak, sk):
    request = ("GET", ["v2"], [], {}, None, b"")
    key = SIGNERS[algorithm](BasicCredentials(ak, sk)).get_signing_key()
    # The vendor's SM2 hashes a public key's coordinates without their leading zeros, which GB/T 32918 does not.
    assume(min(key._public_key) >= 1 << 248)
    signature = bytes.fromhex(signed(algorithm, request, ak, sk).rpartition("=")[2])
    text = string_to_sign(algorithm, request)
    assert key.verify(signature, text.encode())


def test_a_body_that_is_no_json_is_not_signed_and_says_so():
    for algorithm, header in [("SDK-HMAC-SHA256", "X-Sdk-Content-Sha256"), ("SDK-HMAC-SM3", "X-Sdk-Content-Sm3")]:
        headers = oms.sign_request(
            "PUT",
            "https://h/x",
            headers={"Content-Type": "text/plain"},
            body=b"x",
            credentials=oms.AkSk(AK, SK),
            signing=algorithm,
        )
        assert headers[header] == "UNSIGNED-PAYLOAD"
        assert header.lower() in headers["Authorization"]


@pytest.mark.parametrize("algorithm", SIGNERS)
def test_a_client_signs_with_each_and_the_local_oms_accepts_it(algorithm):
    with Emulator(ak=AK, sk=SK, project_id="p") as local:
        local.add_task(1)
        settings = {"endpoint": local.endpoint, "region": "cn-north-4", "project_id": "p", "signing": algorithm}
        with oms.Client(**settings, credentials=oms.AkSk(AK, SK)) as client:
            assert client.start_task(1, dst_ak="a", dst_sk="b").status_code == 200
        local.add_task(1)
        with (
            oms.Client(**settings, credentials=oms.AkSk(AK, "wrong")) as client,
            pytest.raises(oms.AuthenticationError, match="verify aksk signature fail"),
        ):
            client.start_task(1, dst_ak="a", dst_sk="b")
        assert local.starts["start_task", 1] == 1


@pytest.mark.parametrize("algorithm", SIGNERS)
def test_the_local_oms_accepts_the_vendors_signature_by_each(algorithm):
    import http.client  # noqa: PLC0415
    from urllib.parse import urlsplit  # noqa: PLC0415

    with Emulator(ak=AK, sk=SK, project_id="p") as local:
        local.add_task(1)
        host = urlsplit(local.endpoint).netloc
        request = SdkRequest(
            method="GET", schema="http", host=host, resource_path="/v2/p/tasks/1", query_params=[], header_params={}
        )
        signer = SIGNERS[algorithm](BasicCredentials(AK, SK))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the vendor's datetime.utcnow
            made = signer.sign(request, "oms", REGION) if algorithm.startswith("V11") else signer.sign(request)
        for spoilt in (False, True):
            headers = dict(made.header_params)
            if spoilt:
                good = headers["Authorization"]
                headers["Authorization"] = good[:-1] + ("0" if good[-1] != "0" else "1")
            connection = http.client.HTTPConnection(host, timeout=5)
            connection.request("GET", "/v2/p/tasks/1", headers=headers)
            assert connection.getresponse().status == (401 if spoilt else 200)
            connection.close()


def test_a_wrong_name_or_a_missing_region_is_refused():
    with pytest.raises(oms.ConfigurationError, match="signing must be one of SDK-HMAC-SHA256"):
        oms.sign_request("GET", "https://h/", credentials=oms.AkSk("a", "b"), signing="HMAC-MD5")
    with pytest.raises(oms.ConfigurationError, match="region"):
        oms.sign_request("GET", "https://h/", credentials=oms.AkSk("a", "b"), signing="V11-HMAC-SHA256")
    with pytest.raises(oms.ConfigurationError, match="signing must be one of"):
        oms.Client(region="cn-north-4", project_id="p", credentials=oms.AkSk("a", "b"), signing="x")
    with pytest.raises(oms.ConfigurationError, match="signing must be a string"):
        oms.Client(region="cn-north-4", project_id="p", credentials=oms.AkSk("a", "b"), signing=1)


def test_a_key_is_locked_after_five_wrong_signatures():
    with Emulator(ak=AK, sk=SK, project_id="p", lock_after=5) as local:
        local.add_task(1)
        settings = {"endpoint": local.endpoint, "project_id": "p"}
        with oms.Client(**settings, credentials=oms.AkSk(AK, "wrong")) as client:
            for _ in range(5):
                with pytest.raises(oms.AuthenticationError, match="verify"):
                    client.start_task(1, dst_ak="a", dst_sk="b")
        with (
            oms.Client(**settings, credentials=oms.AkSk(AK, SK)) as client,
            pytest.raises(oms.AuthenticationError, match="reach the limit"),
        ):
            client.start_task(1, dst_ak="a", dst_sk="b")
        assert len(local.requests) == 6

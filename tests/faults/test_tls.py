"""TLS with everything wrong that can be: no connection, no key told, and a word on what to do."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import ssl
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import huaweicloud_oms as oms

from .server import OK, Server
from .support import KEYS, client, in_time

NOW = dt.datetime.now(dt.timezone.utc)
DAY = dt.timedelta(days=1)


class Authority:
    """A certificate authority of the tests' own."""

    def __init__(self, directory):
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._build("test authority", self._key, issuer=None, is_authority=True)
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM)
        self.path = directory / "authority.pem"
        self.path.write_bytes(self.pem)

    def _build(self, name, key, *, issuer, is_authority=False, names=(), until=NOW + 30 * DAY):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 60 * DAY)
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(list(names)), critical=False)
        return builder.sign(self._key if issuer else key, hashes.SHA256())

    def server(self, name="server", *, names=(), until=NOW + 30 * DAY, self_signed=False):
        """The TLS settings of a server with a certificate for these names."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = None if self_signed else self.certificate
        certificate = self._build(name, key, issuer=issuer, names=names or [HERE], until=until)
        path = self._directory / f"{name}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls"))


def serving(tls):
    def behave(connection):
        while connection.request():
            connection.send(OK)

    return Server(behave, tls=tls)


def refused(server, **settings):
    """The error of a start that must not get through, and must not be tried again."""
    with in_time(5.0), pytest.raises(oms.ConnectError) as caught:
        client(server.endpoint, **settings).start_task(7, **KEYS)
    assert "Nothing was sent" in str(caught.value)
    assert caught.value.attempts == 1
    assert isinstance(caught.value, ConnectionError)
    assert isinstance(caught.value.__cause__, OSError)
    assert server.requests == []
    return str(caught.value)


def test_a_good_certificate_of_an_own_authority_is_accepted(authority):
    with serving(authority.server()) as server:
        for bundle in (authority.path, str(authority.path), authority.pem):
            assert client(server.endpoint, ca_bundle=bundle).start_task(7, **KEYS).attempts == 1
    assert len(server.requests) == 3


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_spoken(authority, version):
    tls = authority.server()
    tls.minimum_version = tls.maximum_version = version
    with serving(tls) as server:
        assert client(server.endpoint, ca_bundle=authority.pem).start_task(7, **KEYS).attempts == 1


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_older_protocols_are_refused(authority, version):
    tls = authority.server()
    # Today's OpenSSL speaks them only where it is told not to mind.
    tls.set_ciphers("ALL:@SECLEVEL=0")
    tls.minimum_version = tls.maximum_version = version
    assert_speaks(tls, version, authority)
    with serving(tls) as server:
        assert "protocol" in refused(server, ca_bundle=authority.pem).lower()


def assert_speaks(tls, version, authority):
    """The server would have spoken the old protocol to a client that does: otherwise the test shows nothing."""
    context = ssl.create_default_context(cadata=authority.pem.decode())
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    ends = ssl.MemoryBIO(), ssl.MemoryBIO()
    theirs = tls.wrap_bio(*ends, server_side=True)
    ours = context.wrap_bio(*reversed(ends), server_hostname="127.0.0.1")
    for _ in range(4):
        for end in (ours, theirs):
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()
    assert ours.version() == theirs.version() == version.name.replace("TLSv1_1", "TLSv1.1")


def test_a_certificate_for_another_name_is_refused(authority):
    with serving(authority.server("other", names=[x509.DNSName("other.example.com")])) as server:
        message = refused(server, ca_bundle=authority.pem)
    assert "other.example.com" in message or "not valid for name" in message
    assert "Check the endpoint's host name" in message


def test_an_expired_certificate_is_refused(authority):
    with serving(authority.server("expired", until=NOW - DAY)) as server:
        assert "expired" in refused(server, ca_bundle=authority.pem).lower()


def test_a_self_signed_certificate_is_refused(authority):
    with serving(authority.server("self-signed", self_signed=True)) as server:
        refused(server)
        refused(server, ca_bundle=authority.pem)


def test_an_authority_that_the_machine_does_not_know_is_refused(authority):
    with serving(authority.server()) as server:
        assert "pass ca_bundle=" in refused(server)


def test_a_server_without_tls_is_refused():
    def behave(connection):
        connection.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        connection.hold()

    with Server(behave) as server:
        with in_time(5.0), pytest.raises(oms.ConnectError) as caught:
            client(server.endpoint.replace("http://", "https://")).start_task(7, **KEYS)
        assert "Nothing was sent" in str(caught.value)


def test_a_handshake_that_stalls_is_a_connect_error_in_time():
    with Server(lambda connection: connection.hold()) as server:
        endpoint = server.endpoint.replace("http://", "https://")
        with in_time(0.8), pytest.raises(oms.TransportError) as caught:
            client(endpoint, timeout=0.8).start_task(7, **KEYS)
        assert "othing was sent" in str(caught.value)
        assert server.requests == []


def test_threads_that_meet_tls_for_the_first_time_together_get_through(authority):
    with serving(authority.server()) as server:
        calls = client(server.endpoint, ca_bundle=authority.pem)
        done = []
        threads = [threading.Thread(target=lambda n=n: done.append(calls.start_task(n, **KEYS))) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(done) == 16

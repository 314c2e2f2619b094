"""What the tests of the local OMS share."""

from __future__ import annotations

import socket
import warnings
from urllib.parse import urlsplit

with warnings.catch_warnings():
    # The vendor's SDK still uses what its own dependencies have deprecated.
    warnings.simplefilter("ignore")
    from huaweicloudsdkcore.auth.credentials import BasicCredentials
    from huaweicloudsdkcore.http.http_config import HttpConfig
    from huaweicloudsdkoms.v2 import OmsClient

AK, SK, PROJECT, TOKEN = (
    "AKAKAKAKAKAKAKAKAKAK",
    "SKsksksksksksksksksksksksksksksksksksksk",
    "p-1",
    "tok-tok-tok-tok",
)
KEYS = {"src_ak": "src-key-one", "src_sk": "src-key-two", "dst_ak": "dst-key-one", "dst_sk": "dst-key-two"}
BODY = b'{"dst_ak": "dst-key-one", "dst_sk": "dst-key-two"}'


def fill(emulator):
    emulator.add_task(1001, duration=60.0)
    emulator.add_task_group("g-1", duration=60.0)
    emulator.add_sync_task("s-1")


def vendor(emulator, *, ak=AK, sk=SK, project=PROJECT, security_token=None):
    """The vendor's own client."""
    credentials = BasicCredentials(ak, sk, project)
    if security_token is not None:
        credentials = credentials.with_security_token(security_token)
    config = HttpConfig.get_default_config()
    config.timeout = (5, 5)
    config.ignore_ssl_verification = False
    return (
        OmsClient.new_builder()
        .with_http_config(config)
        .with_credentials(credentials)
        .with_endpoint(emulator.endpoint)
        .build()
    )


class Raw:
    """A connection that says and hears bytes."""

    def __init__(self, emulator, timeout=5.0):
        parts = urlsplit(emulator.endpoint)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, method, path, body=b"", headers=""):
        head = f"{method} {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        self.socket.sendall(head.encode() + body)
        return self

    def start(self, task_id=1001, headers=""):
        return self.send("POST", f"/v2/{PROJECT}/tasks/{task_id}/start", BODY, headers)

    def show(self, task_id=1001, headers=""):
        return self.send("GET", f"/v2/{PROJECT}/tasks/{task_id}", headers=headers)

    def answer(self):
        """One whole answer: status, headers, body."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        while len(body) < int(headers.get("content-length", 0)):
            body += self._more()
        return int(first.split()[1]), headers, body

    def rest(self):
        """Everything until the connection ends."""
        data = b""
        while more := self.socket.recv(1 << 16):
            data += more
        return data

    def _more(self):
        more = self.socket.recv(1 << 16)
        if not more:
            raise EOFError("the connection ended")
        return more


def ask(emulator, method, path, body=b"", headers=""):
    """One request on a connection of its own."""
    with Raw(emulator) as raw:
        return raw.send(method, path, body, headers).answer()

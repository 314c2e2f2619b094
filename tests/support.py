"""What the tests of the client share: the service's tables, a caller both ways, a server that keeps what arrives."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import huaweicloud_oms as oms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Self

AK, SK, PROJECT = "AKAKAKAKAKAKAKAKAKAK", "SKsksksksksksksksksksksksksksksksksksksk", "p-1"
KEYS = {"src_ak": "src-key-one", "src_sk": "src-key-two", "dst_ak": "dst-key-one", "dst_sk": "dst-key-two"}
EMPTY_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
ONCE = oms.RetryPolicy(max_attempts=1)
KMS_KEY = "0f7a3b1e-4d5c-4a6b-8c7d-9e0f1a2b3c4d"


@dataclass(frozen=True)
class Text:
    """A text field: how many characters it takes, and whether it may be left out."""

    least: int
    most: int
    required: bool = False


@dataclass(frozen=True)
class Word:
    """A field that takes one of a few words."""

    words: tuple[str, ...] = ("DEFAULT", "KMS")


@dataclass(frozen=True)
class Flag:
    """A boolean field."""


@dataclass(frozen=True)
class Operation:
    """An operation as the service documents it; nothing here was taken from the code under test."""

    name: str
    method: str
    collection: str
    id_name: str
    good_id: int | str
    id_most: int
    fields: dict[str, Text | Word | Flag]

    def path(self, encoded_id: str, project: str = PROJECT) -> str:
        return f"/v2/{project}/{self.collection}/{encoded_id}/start"

    def least(self, **fields: object) -> dict[str, object]:
        """What the operation insists on, and these fields."""
        required = {
            name: KEYS[name]
            for name, limit in self.fields.items()
            if isinstance(limit, Text) and limit.required and name not in fields
        }
        return {**required, **fields}

    def all_fields(self) -> dict[str, object]:
        """A value of its own for every field."""
        values: dict[str, object] = {}
        for name, limit in self.fields.items():
            if isinstance(limit, Text):
                values[name] = KMS_KEY if name.endswith("_kms_key_id") else f"value of {name}"
            else:
                values[name] = "KMS" if isinstance(limit, Word) else True
        return values


_KEY, _REQUIRED_KEY, _TOKEN, _KMS = Text(1, 100), Text(1, 100, required=True), Text(0, 16384), Text(36, 36)
_CDN = {"source_cdn_authentication_key": Text(0, 255)}
_CRYPTO: dict[str, Text | Word | Flag] = {
    f"{of}_{name}": limit
    for of in ("src", "dst", "source_cdn")
    for name, limit in (("crypto_type", Word()), ("kms_key_id", _KMS))
}

START_TASK = Operation(
    "start_task",
    "POST",
    "tasks",
    "task_id",
    1001,
    1024,
    {
        "src_ak": _KEY,
        "src_sk": _KEY,
        "src_security_token": _TOKEN,
        "connection_string": Text(0, 2048),
        "json_auth_file": Text(0, 65535),
        "dst_ak": _REQUIRED_KEY,
        "dst_sk": _REQUIRED_KEY,
        "dst_security_token": _TOKEN,
        **_CDN,
        "migrate_failed_object": Flag(),
        **_CRYPTO,
    },
)
START_TASK_GROUP = Operation(
    "start_task_group",
    "PUT",
    "taskgroups",
    "group_id",
    "g-1",
    1024,
    {
        "src_ak": _KEY,
        "src_sk": _KEY,
        "connection_string": Text(0, 2048),
        "json_auth_file": Text(0, 65535),
        "dst_ak": _REQUIRED_KEY,
        "dst_sk": _REQUIRED_KEY,
        **_CDN,
        **_CRYPTO,
    },
)
START_SYNC_TASK = Operation(
    "start_sync_task",
    "POST",
    "sync-tasks",
    "sync_task_id",
    "s-1",
    255,
    {
        "src_ak": _REQUIRED_KEY,
        "src_sk": _REQUIRED_KEY,
        "dst_ak": _REQUIRED_KEY,
        "dst_sk": _REQUIRED_KEY,
        **_CDN,
        **_CRYPTO,
    },
)
OPERATIONS = (START_TASK, START_TASK_GROUP, START_SYNC_TASK)


def settings(endpoint: str, **more: object) -> dict[str, object]:
    """A client's settings for a server on this machine."""
    return {
        "endpoint": endpoint,
        "project_id": PROJECT,
        "credentials": oms.AkSk(AK, SK),
        "timeout": 20.0,
        "retry": ONCE,
        **more,
    }


class Caller:
    """A client that is called in the same way whether it waits or is awaited."""

    def __init__(self, way: str, **more: object) -> None:
        self.loop = asyncio.new_event_loop() if way == "async" else None
        try:
            self.client = (oms.AsyncClient if self.loop else oms.Client)(**more)
        except BaseException:
            self.finish()
            raise

    def __call__(self, operation: str | Operation, *args: object, **fields: object) -> oms.StartResult:
        name = operation if isinstance(operation, str) else operation.name
        return self.wait(getattr(self.client, name)(*args, **fields))

    def wait(self, outcome):
        return self.loop.run_until_complete(outcome) if inspect.isawaitable(outcome) else outcome

    def close(self) -> None:
        self.wait(self.client.close())

    def finish(self) -> None:
        if self.loop:
            self.loop.close()


@dataclass
class Arrived:
    """A request as it came over the wire."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        found = [value for known, value in self.headers if known.lower() == name.lower()]
        assert len(found) < 2, f"{name} came twice"
        return found[0] if found else None


@dataclass
class Recorder:
    """A server that keeps every request as it came, and answers them with `answers`, then with `answer`."""

    answer: bytes = EMPTY_OK
    answers: list[bytes] = field(default_factory=list)
    requests: list[Arrived] = field(default_factory=list)
    on_request: Callable[[Arrived], None] | None = None

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        for open_socket in (self._listener, *self._connections):
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for open_socket in (self._listener, *self._connections):
            open_socket.close()

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def last(self) -> Arrived:
        return self.requests[-1]

    def _run(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            self._run(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection.makefile("rb") as stream:
            for request in _requests(stream):
                self.requests.append(request)
                if self.on_request:
                    self.on_request(request)
                connection.sendall(self.answers.pop(0) if self.answers else self.answer)


def _requests(stream) -> Iterator[Arrived]:
    while first := stream.readline():
        method, target, _ = first.decode("latin-1").split(" ")
        headers = []
        while (line := stream.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").rstrip("\r\n").partition(":")
            headers.append((name, value.strip(" ")))
        length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
        yield Arrived(method, target, headers, stream.read(length))


def answer(status: int, body: bytes | str = b"", *headers: str) -> bytes:
    """An answer as bytes."""
    body = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body

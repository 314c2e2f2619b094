"""The extension module, written in Rust. Private, but for what `huaweicloud_oms` hands on."""

from asyncio import Future
from collections.abc import Mapping, Sequence
from datetime import datetime
from os import PathLike
from typing import Any, Final, NoReturn, final

__all__ = [
    "REGIONS",
    "AkSk",
    "Call",
    "Core",
    "Emulator",
    "Listing",
    "RetryPolicy",
    "Token",
    "__version__",
    "environment_fingerprint",
    "sign_request",
]

REGIONS: Final[tuple[str, ...]]
__version__: Final[str]

@final
class AkSk:
    """An access key with its secret key; a temporary one comes with a security token.

    Args:
        ak: The access key.
        sk: The secret access key.
        security_token: The token of a temporary key, up to 16384 characters.

    Raises:
        ConfigurationError: A value is empty, no string, or cannot stand in an HTTP header.

    See "AK/SK Signing and Authentication Algorithm" of the API signing guide.
    """

    def __new__(cls, ak: str, sk: str, security_token: str | None = None) -> AkSk: ...
    def __reduce__(self) -> NoReturn: ...

@final
class Token:
    """An IAM token, sent as `X-Auth-Token` instead of a signature.

    Args:
        token: The token, 1 to 16384 characters.

    Raises:
        ConfigurationError: It is empty, no string, or cannot stand in an HTTP header.
    """

    def __new__(cls, token: str) -> Token: ...
    def __reduce__(self) -> NoReturn: ...

@final
class RetryPolicy:
    """How often and how patiently a call tries what certainly was not carried out.

    Args:
        max_attempts: How many times a start is sent at most, the first included; at least 1.
        base_delay: The longest wait before the second attempt, in seconds; it doubles with every further one, and
            the real wait is a random part of it.
        max_delay: No wait grows beyond this, in seconds.
        attempt_timeout: How long one attempt may take, in seconds. By default what remains of the call's timeout,
            less a third (at most 10 s) that is kept to find out what became of it. A start that is given up may
            still arrive: choose no less than the service ever takes.

    Raises:
        ValueError: A value is out of range.
    """

    def __new__(
        cls,
        *,
        max_attempts: int = 4,
        base_delay: float = 0.5,
        max_delay: float = 20.0,
        attempt_timeout: float | None = None,
    ) -> RetryPolicy: ...
    @property
    def max_attempts(self) -> int: ...
    @property
    def base_delay(self) -> float: ...
    @property
    def max_delay(self) -> float: ...
    @property
    def attempt_timeout(self) -> float | None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]: ...

@final
class Core:
    """What `Client` and `AsyncClient` share: settings, and connections made on first use in each process."""

    def __new__(
        cls,
        *,
        region: str | None,
        endpoint: str | None,
        project_id: str | None,
        credentials: AkSk | Token | None,
        timeout: float,
        connect_timeout: float,
        retry: RetryPolicy | None,
        proxy: str | None,
        ca_bundle: str | PathLike[str] | bytes | None,
        allow_http: bool,
    ) -> Core: ...
    @property
    def region(self) -> str | None: ...
    @property
    def endpoint(self) -> str: ...
    @property
    def project_id(self) -> str: ...
    def prepare(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call: ...
    def list(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Listing: ...
    def close(self) -> None: ...

@final
class Call:
    """A call with its arguments, checked, not yet sent."""

    def run(self) -> Any: ...
    def spawn(self) -> Future[Any]: ...
    def cancel(self) -> None: ...

@final
class Emulator:
    """The server behind `huaweicloud_oms.emulator.Emulator`."""

    def __new__(
        cls,
        *,
        ak: str | None,
        sk: str | None,
        project_id: str,
        security_token: str | None,
        token: str | None,
        host: str,
        port: int,
        clock_offset: float,
        running_limit: int | None,
        max_requests: int,
        state: str | PathLike[str] | None,
    ) -> Emulator: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    @property
    def endpoint(self) -> str | None: ...
    def add_tasks(
        self,
        ids: Sequence[str],
        *,
        status: str,
        group_id: str,
        total_objects: int,
        total_bytes: int,
        duration: float,
        waiting: float,
        pausing: float,
        failed_objects: int,
        error_reason: tuple[str, str] | None,
    ) -> None: ...
    def add_task_group(
        self,
        id: str,
        *,
        status: str,
        tasks: int,
        total_objects: int,
        total_bytes: int,
        duration: float,
        waiting: float,
        pausing: float,
        failed_tasks: int,
        error_reason: tuple[str, str] | None,
    ) -> None: ...
    def add_sync_task(self, id: str, *, status: str) -> None: ...
    def show(self, collection: str, id: str) -> dict[str, Any] | None: ...
    def requests(self) -> list[dict[str, Any]]: ...
    def starts(self) -> list[tuple[str, str, int]]: ...
    def inject(
        self,
        kind: str,
        *,
        after: bool,
        operation: str | None,
        id: str | None,
        times: int | None,
        share: float | None,
        seed: int,
        seconds: float | None,
        status: int | None,
        error_code: str | None,
        error_msg: str | None,
        retry_after: str | None,
        location: str | None,
        body: bytes | None,
        content_type: str | None,
        headers: Sequence[tuple[str, str]],
    ) -> None: ...
    def clear_faults(self) -> None: ...

@final
class Listing:
    """A list with its filters, checked."""

    @property
    def limit(self) -> int: ...
    @property
    def offset(self) -> int: ...
    def page(self, offset: int) -> Call: ...

def environment_fingerprint() -> int: ...
def sign_request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | str = b"",
    credentials: AkSk,
    date: datetime | None = None,
) -> dict[str, str]:
    """Sign a request to any API of Huawei Cloud with SDK-HMAC-SHA256.

    Args:
        method: The HTTP method.
        url: The whole URL; its path and query as they will be sent.
        headers: Headers of the request, all of which are signed, but those with an underscore in their name.
        body: The body, as bytes or text.
        credentials: The `AkSk` that signs.
        date: When the request is signed, an aware `datetime`; now by default. The gateway accepts 15 minutes.

    Returns:
        The given headers with those that sign the request: `Host`, `X-Sdk-Date`, `Authorization`,
        `X-Security-Token` for a temporary key, and `X-Sdk-Content-Sha256` where the body is not signed, which is
        one with a content type other than JSON or BSON.

    Raises:
        ConfigurationError: An argument cannot be used.

    See "AK/SK Signing and Authentication Algorithm" of the API signing guide.
    """

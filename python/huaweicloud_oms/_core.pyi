"""The extension module, written in Rust. Private, but for what `huaweicloud_oms` hands on."""

from asyncio import Future
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from os import PathLike
from typing import Any, Final, NoReturn, TypeAlias, final

from typing_extensions import disjoint_base

__all__ = [
    "REGIONS",
    "AkSk",
    "Call",
    "Core",
    "CredentialChain",
    "CredentialsSource",
    "Emulator",
    "EnvironmentCredentials",
    "FunctionCredentials",
    "IamPasswordCredentials",
    "Listing",
    "OidcCredentials",
    "PodIdentityCredentials",
    "ProfileCredentials",
    "RetryPolicy",
    "ServerMetadataCredentials",
    "Start",
    "Token",
    "__version__",
    "environment_fingerprint",
    "sign_request",
]

_Given: TypeAlias = AkSk | Token | tuple[AkSk | Token, datetime | None]

REGIONS: Final[tuple[str, ...]]
__version__: Final[str]

@disjoint_base
class CredentialsSource:
    """A way to prove who is calling: what `Client` and `AsyncClient` take as `credentials`."""

    def get(self) -> tuple[AkSk | Token, datetime | None]:
        """Fetch credentials now, without a client.

        Returns:
            An `AkSk` or a `Token`, and when it expires (an aware `datetime`) or `None` where no end is known.

        Raises:
            ConfigurationError: Nothing was configured that could be used.
            CredentialsError: The source failed, or gave nothing usable.
        """

    def get_async(self) -> Awaitable[tuple[AkSk | Token, datetime | None]]:
        """Fetch credentials now, without a client; as `get`, to be awaited."""

    def __reduce__(self) -> NoReturn: ...

@final
class AkSk(CredentialsSource):
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

@final
class Token(CredentialsSource):
    """An IAM token, sent as `X-Auth-Token` instead of a signature.

    Args:
        token: The token, 1 to 16384 characters.

    Raises:
        ConfigurationError: It is empty, no string, or cannot stand in an HTTP header.
    """

    def __new__(cls, token: str) -> Token: ...

@final
class EnvironmentCredentials(CredentialsSource):
    """Keys in environment variables, read when the client is made.

    `HUAWEICLOUD_SDK_AK`, `HUAWEICLOUD_SDK_SK` and, for a temporary key, `HUAWEICLOUD_SDK_SECURITY_TOKEN`; else
    `CLOUD_SDK_AK` and `CLOUD_SDK_SK`. Where `HUAWEICLOUD_SDK_IDP_ID` and `HUAWEICLOUD_SDK_ID_TOKEN_FILE` are set, a
    temporary key for the identity token in that file.
    """

    def __new__(cls) -> EnvironmentCredentials: ...

@final
class ProfileCredentials(CredentialsSource):
    """A section of the vendor's profile file: `ak`, `sk` and `security_token`, or `idp_id` and `id_token_file`.

    A client in use reads the file again every minute, so that a key can be rotated by writing the new one there.

    Args:
        section: The section's name, `basic` by default.
        path: The file; by default the one that `HUAWEICLOUD_SDK_CREDENTIALS_FILE` names, else
            `~/.huaweicloud/credentials`.
    """

    def __new__(cls, section: str | None = None, path: str | PathLike[str] | None = None) -> ProfileCredentials: ...

@final
class ServerMetadataCredentials(CredentialsSource):
    """The temporary key of the agency of the server that this runs on, from the cloud's metadata service.

    Args:
        endpoint: Where the service answers, by default the one that `HUAWEICLOUD_METADATA_ENDPOINT` names, else
            `http://169.254.169.254`. Plain HTTP is for this machine and link-local addresses only.
    """

    def __new__(cls, *, endpoint: str | None = None) -> ServerMetadataCredentials: ...

@final
class PodIdentityCredentials(CredentialsSource):
    """The temporary key of the agency of the pod that this runs in.

    Args:
        uri: Where keys are given; by default `HC_CONTAINER_CREDENTIALS_FULL_URI`. Plain HTTP is for this machine and
            link-local addresses only.
        token_file: The file that holds the pod's token, read again for every key; by default
            `HC_CONTAINER_AUTHORIZATION_TOKEN_FILE`.
    """

    def __new__(
        cls, *, uri: str | None = None, token_file: str | PathLike[str] | None = None
    ) -> PodIdentityCredentials: ...

@final
class OidcCredentials(CredentialsSource):
    """A temporary key of an agency that an identity provider's token lets one assume.

    What is not given comes from the environment, under the names of the vendor's SDK.

    Args:
        provider_urn: The identity provider's URN; `HUAWEICLOUD_OIDC_PROVIDER_URN`.
        agency_urn: The agency's URN; `HUAWEICLOUD_OIDC_AGENCY_URN`.
        id_token: The identity token; `HUAWEICLOUD_OIDC_ID_TOKEN`.
        id_token_file: The file that holds it, read again for every key; `HUAWEICLOUD_OIDC_TOKEN_FILE`.
        session_name: The session's name; `HUAWEICLOUD_OIDC_SESSION_NAME`, else `oidc-sts-session`.
        duration_seconds: How long a key is to be good for; `HUAWEICLOUD_OIDC_DURATION_SECONDS`, else 3600.
        policy: A policy that narrows the agency's rights; `HUAWEICLOUD_OIDC_POLICY`.
        policy_ids: Ids of policies that narrow them; `HUAWEICLOUD_OIDC_POLICY_IDS`, separated by commas.
        sts_endpoint: Where the token service answers; `HUAWEICLOUD_SDK_STS_ENDPOINT`, else the region's.
    """

    def __new__(
        cls,
        *,
        provider_urn: str | None = None,
        agency_urn: str | None = None,
        id_token: str | None = None,
        id_token_file: str | PathLike[str] | None = None,
        session_name: str | None = None,
        duration_seconds: int | None = None,
        policy: str | None = None,
        policy_ids: Sequence[str] | None = None,
        sts_endpoint: str | None = None,
    ) -> OidcCredentials: ...

@final
class IamPasswordCredentials(CredentialsSource):
    """An IAM user's token, got with the user's password and renewed before it expires (after 24 hours).

    Args:
        user: The user's name.
        password: The user's password.
        domain: The name of the account that the user belongs to.
        project: The name of the project that the token is for; by default the client's `project_id`, else the project
            of its region.
        iam_endpoint: Where IAM answers; by default where the client's region has it.
    """

    def __new__(
        cls, user: str, password: str, domain: str, *, project: str | None = None, iam_endpoint: str | None = None
    ) -> IamPasswordCredentials: ...

@final
class FunctionCredentials(CredentialsSource):
    """Credentials that a function of yours gives: from a vault, for example.

    It is called without arguments, never twice at the same time for one client, and returns `AkSk` or `Token`, or a
    pair of one of them and its expiry (an aware `datetime`). It is called again before the expiry; without one, when
    the service says that the credentials have expired.

    A function runs in a thread of its own. A coroutine function runs on the event loop of the `AsyncClient` that uses
    it, or in a thread with a loop of its own.

    Args:
        function: The function, or coroutine function.
        timeout: How long it may take, in seconds.

    Raises:
        TypeError: It cannot be called.
        ConfigurationError: `timeout` is out of range.
    """

    def __new__(
        cls, function: Callable[[], _Given] | Callable[[], Awaitable[_Given]], *, timeout: float = 30.0
    ) -> FunctionCredentials: ...

@final
class CredentialChain(CredentialsSource):
    """Sources one after the other: the first that is configured serves.

    A source that is half configured is an error: to act as somebody else would be worse. `ServerMetadataCredentials`
    and `PodIdentityCredentials` have to be tried; where they fail, the next one's turn comes. Who has served goes on
    serving.

    Args:
        sources: The sources in their order; by default that of the vendor's SDK: `OidcCredentials`,
            `EnvironmentCredentials`, `ProfileCredentials`, `ServerMetadataCredentials`, `PodIdentityCredentials`.

    Raises:
        ConfigurationError: A value is no source of credentials.
    """

    def __new__(cls, *sources: CredentialsSource) -> CredentialChain: ...

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
        credentials: CredentialsSource | None,
        timeout: float,
        connect_timeout: float,
        retry: RetryPolicy | None,
        proxy: str | None,
        ca_bundle: str | PathLike[str] | bytes | None,
        allow_http: bool,
        signing: str | None,
        domain: str | None,
        iam_endpoint: str | None,
    ) -> Core: ...
    @property
    def region(self) -> str | None: ...
    @property
    def endpoint(self) -> str: ...
    @property
    def project_id(self) -> str | None: ...
    @property
    def credentials_source(self) -> str | None: ...
    def prepare(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call: ...
    def start_many(
        self,
        requests: Any,
        *,
        concurrency: Any,
        progress: Any,
        validate_first: Any,
        timeout: Any,
    ) -> Call: ...
    def wait_many(
        self,
        targets: Any,
        *,
        concurrency: Any,
        progress: Any,
        poll_interval: Any,
        timeout: Any,
    ) -> Call: ...
    def list(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Listing: ...
    def close(self) -> None: ...

@final
class Call:
    """A call with its arguments, checked, not yet sent."""

    def run(self) -> Any: ...
    def spawn(self) -> Future[Any]: ...
    def known(self) -> Any: ...
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
        lock_after: int | None,
        identity: object,
    ) -> Emulator: ...
    @property
    def issued(self) -> int: ...
    def expire_issued(self) -> None: ...
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
class Start:
    """What `StartTask`, `StartTaskGroup` and `StartSyncTask` hold. It shows nothing but the id."""

    def __new__(cls, operation: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Start: ...
    def check(self) -> None: ...
    @property
    def operation(self) -> str: ...
    @property
    def resource_id(self) -> str: ...

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
    signing: str = "SDK-HMAC-SHA256",
    region: str | None = None,
    service: str = "oms",
) -> dict[str, str]:
    """Sign a request to any API of Huawei Cloud.

    Args:
        method: The HTTP method.
        url: The whole URL; its path and query as they will be sent.
        headers: Headers of the request, all of which are signed, but those with an underscore in their name.
        body: The body, as bytes or text.
        credentials: The `AkSk` that signs.
        date: When the request is signed, an aware `datetime`; now by default. The gateway accepts 15 minutes.
        signing: The algorithm: `SDK-HMAC-SHA256` (the default), `V11-HMAC-SHA256`, `SDK-HMAC-SM3`,
            `SDK-ECDSA-P256-SHA256` or `SDK-SM2-SM3`.
        region: The region that `V11-HMAC-SHA256` derives its key for.
        service: The service that `V11-HMAC-SHA256` derives its key for.

    Returns:
        The given headers with those that sign the request: `Host`, `X-Sdk-Date`, `Authorization`,
        `X-Security-Token` for a temporary key, and `X-Sdk-Content-Sha256` (or `-Sm3`) where the body is neither JSON
        nor BSON and therefore not signed.

    Raises:
        ConfigurationError: An argument cannot be used.

    See "AK/SK Signing and Authentication Algorithm" of the API signing guide.
    """

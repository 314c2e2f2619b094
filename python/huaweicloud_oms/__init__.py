"""Start, resume and follow migrations of Huawei Cloud's Object Storage Migration Service (OMS).

The three operations at its heart, on a client or as functions that use the environment's settings::

    import huaweicloud_oms as oms

    with oms.Client(region="cn-north-4", credentials=oms.AkSk(ak, sk), project_id="...") as client:
        client.start_task(1234567890123, src_ak=..., src_sk=..., dst_ak=..., dst_sk=...)
        client.start_task_group("00878453-...", src_ak=..., src_sk=..., dst_ak=..., dst_sk=...)
        client.start_sync_task("8a1f...", src_ak=..., src_sk=..., dst_ak=..., dst_sk=...)

`AsyncClient` has the same methods to await. `huaweicloud_oms.emulator` is a local OMS to try all of it on.
"""

from huaweicloud_oms._core import (
    REGIONS,
    AkSk,
    CredentialChain,
    CredentialsSource,
    EnvironmentCredentials,
    FunctionCredentials,
    IamPasswordCredentials,
    OidcCredentials,
    PodIdentityCredentials,
    ProfileCredentials,
    RetryPolicy,
    ServerMetadataCredentials,
    Token,
    __version__,
    sign_request,
)
from huaweicloud_oms.client import (
    AsyncClient,
    Client,
    start_sync_task,
    start_sync_task_async,
    start_task,
    start_task_async,
    start_task_group,
    start_task_group_async,
)
from huaweicloud_oms.exceptions import (
    AlreadyStartedError,
    ApiError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ConflictError,
    ConnectError,
    CredentialsError,
    FieldError,
    MigrationFailedError,
    NotFoundError,
    OmsError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
    TransportError,
    ValidationError,
    WaitTimeoutError,
)
from huaweicloud_oms.results import StartResult

__all__ = [
    "REGIONS",
    "AkSk",
    "AlreadyStartedError",
    "ApiError",
    "AsyncClient",
    "AuthenticationError",
    "BadRequestError",
    "Client",
    "ConfigurationError",
    "ConflictError",
    "ConnectError",
    "CredentialChain",
    "CredentialsError",
    "CredentialsSource",
    "EnvironmentCredentials",
    "FieldError",
    "FunctionCredentials",
    "IamPasswordCredentials",
    "MigrationFailedError",
    "NotFoundError",
    "OidcCredentials",
    "OmsError",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "PodIdentityCredentials",
    "ProfileCredentials",
    "RateLimitError",
    "RequestTimeoutError",
    "RetryPolicy",
    "ServerError",
    "ServerMetadataCredentials",
    "StartResult",
    "Token",
    "TransportError",
    "ValidationError",
    "WaitTimeoutError",
    "__version__",
    "sign_request",
    "start_sync_task",
    "start_sync_task_async",
    "start_task",
    "start_task_async",
    "start_task_group",
    "start_task_group_async",
]

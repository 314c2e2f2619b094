"""Start, resume and follow migrations of Huawei Cloud's Object Storage Migration Service (OMS).

The three operations at its heart, on a client or as functions that use the environment's settings::

    import huaweicloud_oms as oms

    with oms.Client(region="cn-north-4", credentials=oms.AkSk(ak, sk), project_id="...") as client:
        client.start_task(1234567890123, src_ak=..., src_sk=..., dst_ak=..., dst_sk=...)
        client.start_task_group("00878453-...", src_ak=..., src_sk=..., dst_ak=..., dst_sk=...)
        client.start_sync_task("8a1f...", src_ak=..., src_sk=..., dst_ak=..., dst_sk=...)

They are followed with `show_*`, `wait_*` and `list_*`, and steered with `stop_*` and `retry_task_group`.

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
    ManyInterrupted,
    MigrationFailedError,
    MigrationPausedError,
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

TYPE_CHECKING = False
if TYPE_CHECKING:
    from huaweicloud_oms.models import (
        BandwidthPolicy,
        DestinationNode,
        ErrorReason,
        FailedObjectRecord,
        ListFile,
        SmnInfo,
        SourceCdn,
        SourceNode,
        SyncTask,
        SyncTaskStatus,
        Task,
        TaskGroup,
        TaskGroupStatus,
        TaskStatus,
    )
    from huaweicloud_oms.outcomes import (
        Outcomes,
        StartOutcome,
        WaitOutcome,
    )
    from huaweicloud_oms.starts import (
        StartSyncTask,
        StartTask,
        StartTaskGroup,
    )

__all__ = [
    "REGIONS",
    "AkSk",
    "AlreadyStartedError",
    "ApiError",
    "AsyncClient",
    "AuthenticationError",
    "BadRequestError",
    "BandwidthPolicy",
    "Client",
    "ConfigurationError",
    "ConflictError",
    "ConnectError",
    "CredentialChain",
    "CredentialsError",
    "CredentialsSource",
    "DestinationNode",
    "EnvironmentCredentials",
    "ErrorReason",
    "FailedObjectRecord",
    "FieldError",
    "FunctionCredentials",
    "IamPasswordCredentials",
    "ListFile",
    "ManyInterrupted",
    "MigrationFailedError",
    "MigrationPausedError",
    "NotFoundError",
    "OidcCredentials",
    "OmsError",
    "OutcomeUnknownError",
    "Outcomes",
    "PermissionDeniedError",
    "PodIdentityCredentials",
    "ProfileCredentials",
    "RateLimitError",
    "RequestTimeoutError",
    "RetryPolicy",
    "ServerError",
    "ServerMetadataCredentials",
    "SmnInfo",
    "SourceCdn",
    "SourceNode",
    "StartOutcome",
    "StartResult",
    "StartSyncTask",
    "StartTask",
    "StartTaskGroup",
    "SyncTask",
    "SyncTaskStatus",
    "Task",
    "TaskGroup",
    "TaskGroupStatus",
    "TaskStatus",
    "Token",
    "TransportError",
    "ValidationError",
    "WaitOutcome",
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


_LATER = ("models", "outcomes", "starts")
"""Modules whose classes are imported when one is first asked for: `datetime` and `enum` are felt in an import."""


def __getattr__(name: str) -> object:
    if name in __all__:
        import importlib  # noqa: PLC0415

        for place in _LATER:
            module = importlib.import_module(f"{__name__}.{place}")
            if name in module.__all__:
                globals()[name] = getattr(module, name)
                return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

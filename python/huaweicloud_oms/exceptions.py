"""Every exception of the package: one tree below `OmsError`, one line of text each, no secrets.

All of them can be pickled with their attributes.
"""

from __future__ import annotations

from huaweicloud_oms._record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "AlreadyStartedError",
    "ApiError",
    "AuthenticationError",
    "BadRequestError",
    "ConfigurationError",
    "ConflictError",
    "ConnectError",
    "CredentialsError",
    "FieldError",
    "ManyInterrupted",
    "MigrationFailedError",
    "MigrationPausedError",
    "NotFoundError",
    "OmsError",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "RateLimitError",
    "RequestTimeoutError",
    "ServerError",
    "TransportError",
    "ValidationError",
    "WaitTimeoutError",
]


class FieldError(Record):
    """One argument outside its limits.

    Attributes:
        field: The argument's name.
        message: What is allowed. Never the value of a secret.
    """

    field: str
    message: str


class OmsError(Exception):
    """Anything that went wrong in this package.

    Attributes are given by name when an exception is made; one that is not given has the class's default.
    """

    def __init__(self, message: str = "", **attributes: Any) -> None:
        super().__init__(message)
        for name, value in attributes.items():
            if not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} has no attribute '{name}'")
            setattr(self, name, value)


class ConfigurationError(OmsError, ValueError):
    """A region, endpoint, project id, credentials or another setting is missing or cannot be used."""


class CredentialsError(OmsError):
    """A source of credentials failed, or gave nothing usable.

    Attributes:
        source: The source's name.
    """

    source: str = ""


class ValidationError(OmsError, ValueError):
    """Arguments are outside the service's limits. Nothing was sent.

    Attributes:
        errors: Every violation of the call, a `FieldError` each.
    """

    errors: tuple[FieldError, ...] = ()


class _RequestError(OmsError):
    """What every error of a request knows."""

    operation: str = ""
    resource_id: str = ""
    attempts: int = 0


class TransportError(_RequestError):
    """Nothing came back, or no whole answer.

    Attributes:
        operation: What was asked.
        resource_id: Of which task, task group or synchronization task.
        attempts: How many requests were made.
    """


class ConnectError(TransportError, ConnectionError):
    """No connection: name, network, TLS or proxy. The request was not delivered."""


class RequestTimeoutError(TransportError, TimeoutError):
    """No answer in time.

    Attributes:
        sent: Whether the request may have been delivered and carried out.
    """

    sent: bool = False


class OutcomeUnknownError(_RequestError):
    """The request may have been carried out, and looking at what it was asked of did not settle it.

    Look at the task yourself before you start it again. `__cause__` is the error of the request itself.

    Attributes:
        operation: What was asked.
        resource_id: Of which task, task group or synchronization task.
        attempts: How many requests were made.
        seen: What looking showed.
    """

    seen: str = ""


class ApiError(_RequestError):
    """The service refused. Statuses that have no class of their own are of this one.

    Attributes:
        status_code: The HTTP status.
        error_code: The service's code ("Error Codes" of the API reference), or `None`.
        error_msg: The service's message on one line, secrets removed; may be empty.
        request_id: The id to name to the service's support, or `None`.
        operation: What was asked.
        resource_id: Of which task, task group or synchronization task.
        attempts: How many requests were made.
    """

    status_code: int = 0
    error_code: str | None = None
    error_msg: str = ""
    request_id: str | None = None


class BadRequestError(ApiError):
    """HTTP 400: the service does not accept the request."""


class AlreadyStartedError(BadRequestError):
    """HTTP 400 with `OMS.0065`: it runs already, and was not started by this call."""


class AuthenticationError(ApiError):
    """HTTP 401: the service does not believe who is calling.

    Five wrong signatures in a row lock a key for five minutes, so this is never tried again blindly.
    """


class PermissionDeniedError(ApiError):
    """HTTP 403: the caller may not do this."""


class NotFoundError(ApiError):
    """HTTP 404, or 400 with `OMS.1009`: there is no such task, task group or synchronization task."""


class ConflictError(ApiError):
    """HTTP 409: the request does not fit the present state."""


class RateLimitError(ApiError):
    """HTTP 429: too many requests.

    Attributes:
        retry_after: How long the service asks to be left alone, in seconds, or `None`.
    """

    retry_after: float | None = None


class ServerError(ApiError):
    """HTTP 5xx: a fault of the service or its gateway."""


class WaitTimeoutError(OmsError, TimeoutError):
    """What was waited for did not happen in time.

    Attributes:
        last: What was seen last, or `None`.
    """

    last: Any = None


class MigrationFailedError(OmsError):
    """A migration ended in failure.

    Attributes:
        task: The task or task group that failed, with its `error_reason`.
    """

    task: Any = None


class MigrationPausedError(MigrationFailedError):
    """What was waited for was paused, stopped or deleted by somebody else, and will not end by itself.

    Attributes:
        task: The task, task group or synchronization task as it was seen last.
    """


class ManyInterrupted(KeyboardInterrupt):
    """Ctrl-C ended `start_many` or `wait_many`. No `OmsError`, so that nobody catches it by accident.

    Attributes:
        outcomes: What is known of what was begun, in order. What was under way has an `OutcomeUnknownError`; what was
            not begun yet is not among them.
    """

    outcomes: Any = ()

    def __init__(self, message: str = "", *, outcomes: Any = ()) -> None:
        super().__init__(message)
        self.outcomes = outcomes

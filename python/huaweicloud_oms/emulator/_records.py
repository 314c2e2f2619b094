"""What the local OMS has seen: requests, and starts carried out."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["RecordedRequest", "Starts"]


class RecordedRequest:
    """A request that arrived, without its secrets: "***" stands where one stood.

    Attributes:
        method: The HTTP method.
        path: The path as it stood on the wire, percent-encoded.
        query: The query as it stood on the wire, without the "?".
        headers: The headers, names in lower case.
        body: The body's members; "***" where it was not a JSON object, None where there was none or it was
            not read.
        status: The answer's status; None while there is none, or where a fault left the request without a
            whole one.
        operation: The operation that was asked for, "start_task" for example; None where it is none.
        resource_id: The id it was asked of.
        fault: The kind of the fault that it met, if it met one.
        time: When it arrived, in seconds since 1970 by the emulator's clock.
    """

    __slots__ = (
        "body",
        "fault",
        "headers",
        "method",
        "operation",
        "path",
        "query",
        "resource_id",
        "status",
        "time",
    )

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: dict[str, Any] | str | None
    status: int | None
    operation: str | None
    resource_id: str | None
    fault: str | None
    time: float

    def __init__(
        self,
        *,
        method: str,
        path: str,
        query: str,
        headers: dict[str, str],
        body: dict[str, Any] | str | None,
        status: int | None,
        operation: str | None,
        resource_id: str | None,
        fault: str | None,
        time: float,
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.status = status
        self.operation = operation
        self.resource_id = resource_id
        self.fault = fault
        self.time = time

    def __repr__(self) -> str:
        query = f"?{self.query}" if self.query else ""
        fault = f" fault={self.fault!r}" if self.fault else ""
        return f"<RecordedRequest {self.method} {self.path}{query} status={self.status}{fault}>"


class Starts(dict[tuple[str, str], int]):
    """How often each start was carried out, by operation and id; 0 where it never was.

    An id can be written as an int too: ``starts["start_task", 1001]`` is ``starts["start_task", "1001"]``.
    """

    def __missing__(self, key: tuple[str, int | str]) -> int:
        operation, resource_id = key
        return dict.get(self, (operation, str(resource_id)), 0)

    def __contains__(self, key: object) -> bool:
        match key:
            case (operation, resource_id):
                return dict.__contains__(self, (operation, str(resource_id)))
            case _:
                return False

    if TYPE_CHECKING:

        def __getitem__(self, key: tuple[str, int | str]) -> int: ...

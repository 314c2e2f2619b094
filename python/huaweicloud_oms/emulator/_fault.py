"""What can go wrong, on demand."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NoReturn

    from huaweicloud_oms import _core

__all__ = ["Fault"]

_ANSWER = ("status", "error_code", "error_msg", "retry_after", "body", "content_type", "headers")

# For each kind: when it strikes unless told otherwise ("" where it cannot be told), and what it takes.
_KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "delay": ("before", ("seconds",)),
    "refuse": ("", ("seconds",)),
    "reset": ("before", ()),
    "close": ("before", ()),
    "stall": ("before", ()),
    "stall_body": ("after", ()),
    "slow": ("after", ("seconds",)),
    "truncate": ("after", ()),
    "garbage": ("before", ()),
    "oversized": ("before", ("status",)),
    "not_json": ("before", ("status", "body", "content_type", "retry_after", "headers")),
    "html": ("before", ("status", "body", "content_type", "retry_after", "headers")),
    "redirect": ("before", ("status", "location", "body", "content_type", "headers")),
    "early": ("", _ANSWER),
    "status": ("before", _ANSWER),
}

_NEEDED = {"redirect": ("location",), "status": ("status",)}


class Fault:
    """Something that goes wrong with the requests it is for.

    The kinds, and what happens to a request that meets one:

    - "delay": it takes `seconds` (1). It is carried out even if the client has gone by then, as by a real
      service.
    - "refuse": strikes at once and everyone: every connection ends, and new ones are refused for `seconds`
      (1).
    - "reset": the connection is reset (RST) in place of an answer.
    - "close": the connection ends (FIN) in place of an answer.
    - "stall": no answer comes, and the connection stays open.
    - "stall_body": the answer's head comes, and half of its body, and then nothing more.
    - "slow": the answer comes one byte every `seconds` (1).
    - "truncate": the answer's head promises more than comes before the connection ends.
    - "garbage": the answer is not HTTP.
    - "oversized": the answer's body never ends; `status` (500).
    - "not_json": an answer that says it is JSON, and is none; `status` (500).
    - "html": an HTML page, as proxies make them; `status` (502).
    - "redirect": to `location`; `status` (307).
    - "early": an error that comes before the body was read; `status` (503) and whatever "status" takes.
    - "status": an answer of any kind: `status`, `error_code` and `error_msg` in the service's JSON, or any
      `body` of any `content_type` instead; `retry_after`; `headers`.

    Faults are values: they never change, and one can be injected more than once.
    """

    __slots__ = (
        "body",
        "content_type",
        "error_code",
        "error_msg",
        "headers",
        "id",
        "kind",
        "location",
        "operation",
        "retry_after",
        "seconds",
        "seed",
        "share",
        "status",
        "times",
        "when",
    )

    kind: str
    when: str | None
    operation: str | None
    id: str | None
    times: int | None
    share: float | None
    seed: int
    seconds: float | None
    status: int | None
    error_code: str | None
    error_msg: str | None
    retry_after: str | None
    location: str | None
    body: bytes | None
    content_type: str | None
    headers: tuple[tuple[str, str], ...]

    def __init__(
        self,
        kind: str,
        *,
        when: str | None = None,
        operation: str | None = None,
        id: int | str | None = None,  # noqa: A002
        times: int | None = None,
        share: float | None = None,
        seed: int = 0,
        seconds: float | None = None,
        status: int | None = None,
        error_code: str | None = None,
        error_msg: str | None = None,
        retry_after: float | str | None = None,
        location: str | None = None,
        body: str | bytes | None = None,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Describes a fault; `Emulator.inject` brings it about.

        Args:
            kind: What happens; see the class.
            when: "before": the request is not carried out. "after": it is, whatever comes of it, and then the
                fault takes the place of the answer. "after" unless told otherwise for the kinds that spoil an
                answer on its way ("stall_body", "slow", "truncate"), "before" for the others.
            operation: Only requests for this operation ("start_task") or kind of operation ("start", "show",
                "stop", "retry", "list").
            id: Only requests for this id.
            times: Only the next so many of these requests; 1, or no limit where `share` is given.
            share: Only this share of them, 0 to 1, drawn at random.
            seed: The seed of the draw: the same seed draws the same way.
            seconds: How long it takes.
            status: The answer's status, 200 to 599.
            error_code: The service's error code; a usual one for the status unless given.
            error_msg: The service's error message.
            retry_after: What `Retry-After` says: seconds, or an HTTP date.
            location: Where the redirect goes.
            body: The answer's body, instead of the service's JSON.
            content_type: The body's type.
            headers: More headers for the answer.

        Raises:
            ValueError: There is no such kind, it does not take this argument, or a number is out of its
                range.
        """
        usual_when = _usual_when(kind)
        given: dict[str, object] = {
            "seconds": seconds,
            "status": status,
            "error_code": error_code,
            "error_msg": error_msg,
            "retry_after": None if retry_after is None else str(retry_after),
            "location": location,
            "body": body.encode() if isinstance(body, str) else body,
            "content_type": content_type,
            "headers": None if headers is None else tuple(headers.items()),
        }
        _check_options(kind, given)
        if when is not None:
            _check_when(kind, when)
        if kind == "refuse":
            if any(value is not None for value in (operation, id, times, share)):
                raise ValueError("'refuse' is for everyone: it takes no operation, id, times or share")
        elif times is None and share is None:
            times = 1
        if times is not None and times < 1:
            raise ValueError(f"times must be at least 1, not {times}")
        if share is not None and not 0 <= share <= 1:
            raise ValueError(f"share must be from 0 to 1, not {share}")
        values = {
            **given,
            "kind": kind,
            "when": when or usual_when or None,
            "operation": operation,
            "id": None if id is None else str(id),
            "times": times,
            "share": share,
            "seed": seed,
            "headers": given["headers"] or (),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _inject(self, core: _core.Emulator) -> None:
        core.inject(
            self.kind,
            after=self.when == "after",
            operation=self.operation,
            id=self.id,
            times=self.times,
            share=self.share,
            seed=self.seed,
            seconds=self.seconds,
            status=self.status,
            error_code=self.error_code,
            error_msg=self.error_msg,
            retry_after=self.retry_after,
            location=self.location,
            body=self.body,
            content_type=self.content_type,
            headers=list(self.headers),
        )

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Fault cannot be changed: {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Fault cannot be changed: {name}")

    def __setstate__(self, state: tuple[None, dict[str, object]]) -> None:
        for name, value in state[1].items():
            object.__setattr__(self, name, value)

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Fault):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        values = ((name, getattr(self, name)) for name in self.__slots__ if name != "kind")
        told = "".join(f", {name}={value!r}" for name, value in values if value not in (None, (), 0))
        return f"Fault({self.kind!r}{told})"


def _usual_when(kind: str) -> str:
    known = _KINDS.get(kind)
    if known is None:
        raise ValueError(f"no such fault: {kind!r}; there are {', '.join(_KINDS)}")
    return known[0]


def _check_when(kind: str, when: str) -> None:
    if not _usual_when(kind):
        raise ValueError(f"the fault {kind!r} takes no when")
    if when not in {"before", "after"}:
        raise ValueError(f"when must be 'before' or 'after', not {when!r}")


def _check_options(kind: str, given: dict[str, object]) -> None:
    _, takes = _KINDS[kind]
    for name, value in given.items():
        if value is not None and name not in takes:
            told = f"it takes {', '.join(takes)}" if takes else "it takes no more than when and which requests"
            raise ValueError(f"the fault {kind!r} takes no {name}; {told}")
    for name in _NEEDED.get(kind, ()):
        if given[name] is None:
            raise ValueError(f"the fault {kind!r} needs a {name}")

"""Starts as values: what is to be started and with which keys, for `start_many`."""

from __future__ import annotations

import inspect

from huaweicloud_oms import _core
from huaweicloud_oms._operations import Operations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar, Concatenate, NoReturn, ParamSpec

    from typing_extensions import Self

    _P = ParamSpec("_P")

__all__ = ["Start", "StartSyncTask", "StartTask", "StartTaskGroup"]


_OF_WAITING = {"wait", "wait_timeout", "poll_interval", "progress"}


def _taking(declared: Callable[Concatenate[Any, _P], Any]) -> Callable[..., Callable[Concatenate[Any, _P], None]]:
    """Make a constructor that takes the arguments of an operation."""

    def dress(_constructor: Callable[..., None]) -> Callable[Concatenate[Any, _P], None]:
        # Type checkers call the first argument so, and the check of our types holds them to it.
        def __init__(__arg0: Start, /, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            # Whatever is raised from here on, this frame no longer holds the keys: a traceback could show them.
            start = _core.Start(declared.__name__, args, kwargs)
            del args, kwargs
            object.__setattr__(__arg0, "_start", start)
            start.check()

        dressed: Callable[Concatenate[Any, _P], None] = __init__
        return dressed

    return dress


class Start:
    """A start as a value. It holds keys: it shows nothing but its id, and is not pickled."""

    __slots__ = ("_start",)
    _start: _core.Start
    __signature__: ClassVar[inspect.Signature]

    def __init_subclass__(cls, *, declared: Callable[..., Any] | None = None) -> None:
        if declared is None:
            return
        signature = inspect.signature(declared)
        taken = (known for name, known in signature.parameters.items() if name not in _OF_WAITING)
        cls.__signature__ = signature.replace(parameters=list(taken)[1:], return_annotation=inspect.Signature.empty)

    @property
    def operation(self) -> str:
        """The operation's name: `"start_task"`, `"start_task_group"` or `"start_sync_task"`."""
        return self._start.operation

    @property
    def resource_id(self) -> str:
        """The id that is to be started, as text; empty where it can be none."""
        return self._start.resource_id

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable: '{name}' cannot be set")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.resource_id!r}>"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a start holds keys and is not pickled: make it where it is used")


class StartTask(Start, declared=Operations.start_task):
    """A `start_task` as a value: the same arguments but those that wait. They are checked when it is used."""

    __slots__ = ()

    @_taking(Operations.start_task)
    def __init__(self) -> None: ...


class StartTaskGroup(Start, declared=Operations.start_task_group):
    """A `start_task_group` as a value: the same arguments but those that wait. They are checked when it is used."""

    __slots__ = ()

    @_taking(Operations.start_task_group)
    def __init__(self) -> None: ...


class StartSyncTask(Start, declared=Operations.start_sync_task):
    """A `start_sync_task` as a value: the same arguments but those that wait. They are checked when it is used."""

    __slots__ = ()

    @_taking(Operations.start_sync_task)
    def __init__(self) -> None: ...

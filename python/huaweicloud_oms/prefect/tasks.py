"""A Prefect task for every operation, and its twin to await: the names and arguments of `huaweicloud_oms.Client`.

Their signatures come from the client's own declarations. Each takes besides:

    credentials: Who calls: an `OmsCredentials` block or the name of a saved one; by default the account of the machine
        that the task runs on.

and those that start something:

    source: The keys of the source, an `ObjectStoreCredentials` block or the name of a saved one, in place of `src_ak`
        and its like. A key that is given as an argument comes first.
    destination: The same for `dst_ak` and its like.
    on_already_started: What to do where it runs already: `"follow"` attaches to it, `"fail"` raises
        `AlreadyStartedError`.

`progress` is shown on a progress artifact unless it is `False`; a callable is called besides.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, Literal, TypeVar

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.exceptions import CancelledRun

from huaweicloud_oms import (
    AsyncClient,
    AuthenticationError,
    ConfigurationError,
    MigrationPausedError,
    NotFoundError,
    PermissionDeniedError,
    ValidationError,
)
from huaweicloud_oms._fleet import Fleet
from huaweicloud_oms._following import Following
from huaweicloud_oms._operations import Operations
from huaweicloud_oms.prefect import _work
from huaweicloud_oms.prefect._sync import run
from huaweicloud_oms.prefect.credentials import ObjectStoreCredentials, OmsCredentials, plain, resolve

_R = TypeVar("_R")
_Do = Callable[[AsyncClient, str, dict[str, Any]], Awaitable[Any]]

_FINAL = (
    AuthenticationError,
    CancelledRun,
    ConfigurationError,
    MigrationPausedError,
    NotFoundError,
    PermissionDeniedError,
    TypeError,
    ValidationError,
)


def worth_a_retry(_task: Task[..., Any], _task_run: TaskRun, state: State[Any]) -> bool:
    """Tell whether trying again can help; the `retry_condition_fn` of all tasks here.

    It cannot where the arguments, the account or its permissions are wrong, where somebody paused the migration, and
    where the flow run is cancelled. Wrong signatures lock a key, so they are never tried again.
    """
    return not isinstance(state.data, _FINAL)


_CREDENTIALS: dict[str, Any] = {"credentials": OmsCredentials | str | None}
_KEYS: dict[str, Any] = {
    "source": ObjectStoreCredentials | str | None,
    "destination": ObjectStoreCredentials | str | None,
    "on_already_started": Literal["follow", "fail"],
}


def _twins(
    declared: Callable[..., _R], do: _Do, *, starts: bool = False
) -> tuple[Task[..., _R], Task[..., Coroutine[Any, Any, _R]]]:
    """Make a task that waits and one that is awaited, of an operation's declaration."""
    name, signature = declared.__name__, _signature(declared, starts=starts)

    def blocking(*args: Any, **kwargs: Any) -> Any:
        return run(_carry_out(do, name, signature.bind(*args, **kwargs).arguments))

    async def awaited(*args: Any, **kwargs: Any) -> Any:
        return await _carry_out(do, name, signature.bind(*args, **kwargs).arguments)

    return _task(blocking, name, declared, signature), _task(awaited, f"{name}_async", declared, signature)


def _listing(
    declared: Callable[..., Iterator[_R]],
) -> tuple[Task[..., list[_R]], Task[..., Coroutine[Any, Any, list[_R]]]]:
    """Make the tasks of a declaration that goes through a list: they give the whole list."""
    twins: Any = _twins(declared, _work.collect)
    return twins  # type: ignore[no-any-return]


def _signature(declared: Callable[..., Any], *, starts: bool) -> inspect.Signature:
    signature = inspect.signature(declared)
    added = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default="follow" if name == "on_already_started" else None,
            annotation=annotation,
        )
        for name, annotation in (_CREDENTIALS | (_KEYS if starts else {})).items()
    ]
    own = list(signature.parameters.values())[1:]
    return signature.replace(parameters=[*own, *added])


def _task(function: Any, name: str, declared: Callable[..., Any], signature: inspect.Signature) -> Task[..., Any]:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = declared.__doc__
    function.__signature__ = signature
    first = next(iter(signature.parameters.values()))
    has_id = first.name.endswith("_id")
    return Task(
        fn=function,
        name=name,
        description=(declared.__doc__ or "").partition("\n")[0],
        task_run_name=f"{name} {{{first.name}}}" if has_id else None,
        retry_condition_fn=worth_a_retry,
        cache_policy=NO_CACHE,
    )


async def _carry_out(do: _Do, name: str, arguments: dict[str, Any]) -> Any:
    given = dict(arguments)
    credentials = await resolve(OmsCredentials, given.pop("credentials", None))
    source = await resolve(ObjectStoreCredentials, given.pop("source", None))
    destination = await resolve(ObjectStoreCredentials, given.pop("destination", None))
    keys = (source.source_arguments() if source else {}) | (destination.destination_arguments() if destination else {})
    explicit = {field: value for field, value in given.items() if value is not None}
    given = explicit | {field: value for field, value in keys.items() if field not in explicit}
    given = {field: plain(value) for field, value in given.items()}
    async with (credentials or OmsCredentials()).get_async_client() as client:
        return await do(client, name, given)


start_task, start_task_async = _twins(Operations.start_task, _work.start, starts=True)
start_task_group, start_task_group_async = _twins(Operations.start_task_group, _work.start, starts=True)
start_sync_task, start_sync_task_async = _twins(Operations.start_sync_task, _work.start, starts=True)
retry_task_group, retry_task_group_async = _twins(Operations.retry_task_group, _work.start, starts=True)

show_task, show_task_async = _twins(Following.show_task, _work.call)
show_task_group, show_task_group_async = _twins(Following.show_task_group, _work.call)
show_sync_task, show_sync_task_async = _twins(Following.show_sync_task, _work.call)
stop_task, stop_task_async = _twins(Following.stop_task, _work.call)
stop_task_group, stop_task_group_async = _twins(Following.stop_task_group, _work.call)
stop_sync_task, stop_sync_task_async = _twins(Following.stop_sync_task, _work.call)
wait_task, wait_task_async = _twins(Following.wait_task, _work.wait)
wait_task_group, wait_task_group_async = _twins(Following.wait_task_group, _work.wait)
wait_sync_task, wait_sync_task_async = _twins(Following.wait_sync_task, _work.wait)
list_tasks, list_tasks_async = _listing(Following.list_tasks)
list_task_groups, list_task_groups_async = _listing(Following.list_task_groups)
list_sync_tasks, list_sync_tasks_async = _listing(Following.list_sync_tasks)

start_many, start_many_async = _twins(Fleet.start_many, _work.start_many)
wait_many, wait_many_async = _twins(Fleet.wait_many, _work.wait_many)

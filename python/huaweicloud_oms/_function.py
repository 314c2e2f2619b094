"""Runs the functions of `FunctionCredentials` where they can do no harm. Called by the core, from its threads."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable
    from typing import Any

    _Deliver = Callable[[object, str | None], None]

_tasks: set[asyncio.Task[None]] = set()


def begin(function: Callable[[], Any], event_loop: asyncio.AbstractEventLoop | None, deliver: _Deliver) -> None:
    """Begin a call of `function`; `deliver` is told its value or why there is none.

    A coroutine function runs on `event_loop` if that is running; anything else in a thread of its own, which does not
    keep the interpreter from exiting.
    """
    if event_loop is not None and event_loop.is_running():
        event_loop.call_soon_threadsafe(_begin_task, function, event_loop, deliver)
        return
    import threading  # noqa: PLC0415

    threading.Thread(target=_run, args=(function, deliver), name="huaweicloud-oms-credentials", daemon=True).start()


def _run(function: Callable[[], Any], deliver: _Deliver) -> None:
    try:
        value = function()
        if hasattr(value, "__await__"):
            import asyncio  # noqa: PLC0415

            value = asyncio.run(_awaited(value))
    except BaseException as error:
        deliver(None, _told(error))
    else:
        deliver(value, None)


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value


def _begin_task(
    function: Callable[[], Awaitable[Any]], event_loop: asyncio.AbstractEventLoop, deliver: _Deliver
) -> None:
    async def run() -> None:
        try:
            value = await function()
        except BaseException as error:
            deliver(None, _told(error))
            if not isinstance(error, Exception):
                raise
        else:
            deliver(value, None)

    task = event_loop.create_task(run())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


def _told(error: BaseException) -> str:
    """Tell what was raised and where, but not the text: it may hold what the function asked with."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    return f"the function raised {type(error).__name__}{where}"

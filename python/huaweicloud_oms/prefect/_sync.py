"""Runs a coroutine for a task that waits, on a thread and an event loop of its own.

Prefect calls a waiting task on any thread, also on one whose event loop runs. What interrupts that thread (Ctrl-C, a
flow that is told to end, a task's time limit) cancels the coroutine.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

_R = TypeVar("_R")

_BLOCKED = 0.1
"""How long to block at a time, in seconds: Python raises nothing in a thread that blocks."""
_PARTING = 5.0
"""How long a cancelled coroutine may take to end, in seconds."""


def run(coroutine: Coroutine[Any, Any, _R]) -> _R:
    """Run a coroutine to its end, and give its result."""
    work = _Work(coroutine)
    thread = threading.Thread(target=contextvars.copy_context().run, args=(work.carry_out,), daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(_BLOCKED)
    except BaseException:
        work.cancel()
        thread.join(_PARTING)
        raise
    if work.error is not None:
        raise work.error
    result: _R = work.result
    return result


class _Work:
    """A coroutine, and what became of it."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self.result: Any = None
        self.error: BaseException | None = None
        self._coroutine = coroutine
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._cancelled = False

    def carry_out(self) -> None:
        try:
            self.result = asyncio.run(self._main())
        except BaseException as error:  # it is raised where it is waited for
            self.error = error

    def cancel(self) -> None:
        with self._lock:
            self._cancelled = True
            if self._loop is not None and self._task is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._task.cancel)

    async def _main(self) -> Any:
        with self._lock:
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
            if self._cancelled:
                self._coroutine.close()
                raise asyncio.CancelledError
        return await self._coroutine

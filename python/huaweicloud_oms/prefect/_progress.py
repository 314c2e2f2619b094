"""Keeps a progress artifact up to date while something is waited for, and ends the waiting of a cancelled flow."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from prefect.client.orchestration import PrefectClient, get_client
from prefect.exceptions import CancelledRun, MissingContextError
from prefect.logging.loggers import get_logger, get_run_logger

from huaweicloud_oms._progress import Display
from huaweicloud_oms.prefect._records import Record
from huaweicloud_oms.prefect._runs import Run

_R = TypeVar("_R")

_ASK_INTERVAL = 10.0
"""How often to ask whether the flow run is cancelled, in seconds: Prefect gives a cancelled process 30 to end."""


def logger() -> logging.Logger | logging.LoggerAdapter[logging.Logger]:
    """Give the logger of the run that this code is in."""
    try:
        return get_run_logger()
    except MissingContextError:
        return get_logger("huaweicloud_oms")


async def watch(
    work: Callable[[Callable[[Any], object]], Awaitable[_R]],
    run: Run | None,
    record: Record | None,
    summary: Any,
    progress: bool | Callable[[Any], object] | None,
) -> _R:
    """Do something that looks at migrations, and show on the record's artifact what it sees.

    Args:
        work: What to do; it is given what is to be called with every look.
        run: The run that this is part of; `None` outside of any.
        record: The record whose artifact shows it.
        summary: What puts looks into words; see `huaweicloud_oms._progress`.
        progress: The task's argument of that name.

    Raises:
        CancelledRun: The flow run is cancelled.
    """
    if run is None or record is None:
        return await work(progress if callable(progress) else _ignore)
    display = Display(record, summary)  # type: ignore[arg-type]  # it has what a bar has

    def look(seen: Any) -> None:
        if progress is not False:
            display(seen)
        if callable(progress):
            progress(seen)

    async with get_client() as prefect:
        working = asyncio.ensure_future(work(look))
        asked = time.monotonic()
        try:
            while not working.done():
                await asyncio.wait({working}, timeout=Record.INTERVAL)
                await _write(prefect, record)
                if time.monotonic() - asked >= _ASK_INTERVAL:
                    asked = time.monotonic()
                    await _raise_if_cancelled(prefect, run)
            return working.result()
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            display._close_display()
            await _write(prefect, record)


def _ignore(_seen: object) -> None:
    """Show nothing."""


async def _write(prefect: PrefectClient, record: Record) -> None:
    try:
        await record.write(prefect)
    except Exception as error:  # whatever it is, it must not end the waiting
        logger().warning("The progress artifact could not be written: %s", type(error).__name__)


async def _raise_if_cancelled(prefect: PrefectClient, run: Run) -> None:
    try:
        states = [
            (await prefect.read_flow_run(flow_run_id)).state
            for flow_run_id in {run.flow_run_id, run.outermost_flow_run_id}
            if flow_run_id is not None
        ]
    except Exception as error:  # whatever it is, it must not end the waiting
        logger().warning("Whether the flow run is cancelled could not be asked: %s", type(error).__name__)
        return
    if any(state is not None and (state.is_cancelling() or state.is_cancelled()) for state in states):
        raise CancelledRun("The flow run is cancelled; the waiting ends, and what was started goes on.")

"""`progress=True`: a bar in a terminal or a notebook, lines where there is neither."""

from __future__ import annotations

import sys
import time
import warnings
from datetime import timedelta

from huaweicloud_oms._figures import Figures, figures, in_words
from huaweicloud_oms.exceptions import ConfigurationError
from huaweicloud_oms.models import SyncTask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


_BETWEEN_LINES = 10.0
"""How long nothing is written while nothing but figures changes, in seconds."""
_NAMES = {"wait_task": "task", "wait_task_group": "task group", "wait_sync_task": "sync task"}


def display(name: str, total: int | None) -> Display:
    """Make what `progress=True` asks for.

    Args:
        name: The method that is followed.
        total: How many there are, where there are many.

    Raises:
        ConfigurationError: A bar is to be drawn, and tqdm is not installed.
    """
    if name == "start_many":
        summary: Callable[[Any], tuple[str, float | None, str]] = _Starts(total)
    elif name == "wait_many":
        summary = _Waits(total)
    else:
        summary = _One(_NAMES.get(name, name))
    return Display(_bar() if _is_interactive() else _Lines(), summary)


class Display:
    """Takes what is seen, and shows a summary of it."""

    def __init__(self, output: Any, summary: Callable[[Any], tuple[str, float | None, str]]) -> None:
        self._output = output
        self._summary = summary

    def __call__(self, seen: Any) -> None:
        self._output.show(*self._summary(seen))

    def _close_display(self) -> None:
        self._output.close()


class _One:
    """What is seen of one task, task group or synchronization task."""

    def __init__(self, noun: str) -> None:
        self._noun = noun

    def __call__(self, seen: Any) -> tuple[str, float | None, str]:
        found = figures(seen)
        return f"{self._noun} {seen.resource_id} {seen.status.name}", found.fraction, in_words(found)


class _Starts:
    """How many of many starts are done."""

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._done = self._failed = 0

    def __call__(self, seen: Any) -> tuple[str, float | None, str]:
        self._done += 1
        self._failed += not seen.ok
        of = "" if self._total is None else f" of {self._total}"
        fraction = self._done / self._total if self._total else None
        return "starts", fraction, f"{self._done}{of} done, {self._failed} failed"


class _Waits:
    """How far many are together."""

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._seen: dict[tuple[type, str], tuple[Figures, bool, bool]] = {}

    def __call__(self, seen: Any) -> tuple[str, float | None, str]:
        is_over = seen.is_running if isinstance(seen, SyncTask) else seen.is_finished
        has_failed = not isinstance(seen, SyncTask) and seen.is_failed
        self._seen[type(seen), seen.resource_id] = (figures(seen), is_over, has_failed)
        states = self._seen.values()
        total = self._total if self._total is not None else len(states)
        ended, failed = sum(over for _, over, _ in states), sum(bad for _, _, bad in states)
        return f"waiting: {ended} of {total} ended, {failed} failed;", *self._together()

    def _together(self) -> tuple[float | None, str]:
        all_figures = [found for found, _, _ in self._seen.values()]

        def add(name: str) -> int:
            return sum(getattr(found, name) or 0 for found in all_figures)

        total_size, speed = add("total_size"), add("speed")
        size = add("size")
        left = timedelta(seconds=(total_size - size) / speed) if speed else None
        known = [found.fraction for found in all_figures if found.fraction is not None]
        fraction = size / total_size if total_size else (sum(known) / len(known) if known else None)
        together = Figures(
            fraction, add("objects"), add("total_objects"), size, total_size, speed or None, left, add("failed")
        )
        return fraction, in_words(together)


class _Lines:
    """Writes a line to the standard error stream when the state changes, and every ten seconds."""

    def __init__(self) -> None:
        self._head = ""
        self._written_at = 0.0
        self._line = self._last_line = ""

    def show(self, head: str, fraction: float | None, words: str) -> None:
        self._line = f"{head}: {words}"
        now = time.monotonic()
        if head != self._head or fraction == 1 or now - self._written_at >= _BETWEEN_LINES:
            self._head, self._written_at = head, now
            self._write()

    def close(self) -> None:
        self._write()

    def _write(self) -> None:
        if self._line != self._last_line and sys.stderr is not None:
            print(self._line, file=sys.stderr, flush=True)  # noqa: T201  # that is what it is for
            self._last_line = self._line


class _Bar:
    """Draws a bar with tqdm."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def show(self, head: str, fraction: float | None, words: str) -> None:
        self._bar.set_description_str(head, refresh=False)
        self._bar.set_postfix_str(words, refresh=False)
        self._bar.n = round(min(fraction or 0.0, 1.0), 4)
        self._bar.refresh()

    def close(self) -> None:
        self._bar.close()


def _bar() -> _Bar:
    try:
        with warnings.catch_warnings():
            # In a notebook without widgets tqdm warns, and draws the bar as text.
            warnings.simplefilter("ignore")
            # Only who wants a bar needs it; it comes without types.
            from tqdm.auto import tqdm  # type: ignore[import-untyped]  # noqa: PLC0415

            made = tqdm(total=1.0, bar_format="{desc} {percentage:3.0f}%|{bar}| {postfix}", leave=True)
    except ImportError:
        raise ConfigurationError(
            "progress=True draws its bar with tqdm, which is not installed: pip install 'huaweicloud-oms[progress]', or"
            " pass a callable"
        ) from None
    return _Bar(made)


def _is_interactive() -> bool:
    """Tell whether there is a terminal or a notebook to draw in."""
    if "ipykernel" in sys.modules and "IPython" in sys.modules:
        shell = sys.modules["IPython"].get_ipython()
        if type(shell).__name__ == "ZMQInteractiveShell":
            return True
    return sys.stderr is not None and sys.stderr.isatty()

"""`progress=True`: a bar in a terminal or a notebook, lines where there is neither.

The terminal's bar is tqdm's. A notebook's is our own, of plain HTML: tqdm's needs another package there, is lost when
the notebook is saved, and without that package is text on the red ground of errors.
"""

from __future__ import annotations

import math
import sys
import time
from datetime import timedelta

from huaweicloud_oms._figures import Figures, figures, in_words
from huaweicloud_oms._html import progress_line
from huaweicloud_oms.exceptions import ConfigurationError
from huaweicloud_oms.models import SyncTask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_WITH_BAR, _WORDS_ONLY = "{desc} {percentage:3.0f}%|{bar}| {unit}", "{desc} {unit}"
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
        summary: Any = _Starts(total)
    elif name == "wait_many":
        summary = _Waits(total)
    else:
        summary = _One(_NAMES.get(name, name))
    return Display(_output(), summary)


class Display:
    """Takes what is seen, and shows a summary of it now and then."""

    def __init__(self, output: _Bar | _NotebookBar | _Lines, summary: _One | _Starts | _Waits) -> None:
        self._output = output
        self._summary = summary
        self._state: object = None
        self._shown_at = -math.inf
        self._is_behind = False

    def __call__(self, seen: Any) -> None:
        state, now = self._summary.take(seen), time.monotonic()
        self._is_behind = True
        if state != self._state or now - self._shown_at >= self._output.INTERVAL:
            self._state, self._shown_at = state, now
            self._show()

    def _show(self) -> None:
        self._output.show(*self._summary.tell())
        self._is_behind = False

    def _close_display(self) -> None:
        if self._is_behind:
            self._show()
        self._output.close()


class _One:
    """What is seen of one task, task group or synchronization task."""

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._seen: Any = None

    def take(self, seen: Any) -> object:
        self._seen = seen
        return seen.status

    def tell(self) -> tuple[str, float | None, str]:
        found = figures(self._seen)
        return f"{self._noun} {self._seen.resource_id} {self._seen.status.name}", found.fraction, in_words(found)


class _Starts:
    """How many of many starts are done."""

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._done = self._failed = 0

    def take(self, seen: Any) -> object:
        self._done += 1
        self._failed += not seen.ok
        return None

    def tell(self) -> tuple[str, float | None, str]:
        of = "" if self._total is None else f" of {self._total}"
        fraction = self._done / self._total if self._total else None
        return "starting", fraction, f"{self._done}{of} done, {self._failed} failed"


class _Waits:
    """How far many are together."""

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._seen: dict[tuple[type, str], Any] = {}

    def take(self, seen: Any) -> object:
        self._seen[type(seen), seen.resource_id] = seen
        return None

    def tell(self) -> tuple[str, float | None, str]:
        states = list(self._seen.values())
        ended = sum(seen.is_running if isinstance(seen, SyncTask) else seen.is_finished for seen in states)
        failed = sum(not isinstance(seen, SyncTask) and seen.is_failed for seen in states)
        together = _together([figures(seen) for seen in states])
        total = len(states) if self._total is None else self._total
        return "waiting", together.fraction, f"{ended} of {total} ended, {failed} failed; {in_words(together)}"


def _together(every: list[Figures]) -> Figures:
    def add(name: str) -> int:
        return sum(getattr(found, name) or 0 for found in every)

    size, total_size, speed = add("size"), add("total_size"), add("speed")
    known = [found.fraction for found in every if found.fraction is not None]
    mean = sum(known) / len(known) if known else None
    return Figures(
        fraction=size / total_size if total_size else mean,
        objects=add("objects"),
        total_objects=add("total_objects"),
        size=size,
        total_size=total_size,
        speed=speed or None,
        left=timedelta(seconds=(total_size - size) / speed) if speed else None,
        failed=add("failed"),
    )


class _Lines:
    """Writes lines to the standard error stream: when the state changes, and every ten seconds."""

    INTERVAL = 10.0

    def show(self, head: str, fraction: float | None, words: str) -> None:
        if sys.stderr is not None:
            percent = "" if fraction is None else f"{fraction * 100:.0f} %, "
            print(f"{head}: {percent}{words}", file=sys.stderr, flush=True)  # noqa: T201  # that is what it is for

    def close(self) -> None:
        """Nothing is open."""


class _Bar:
    """Draws a bar with tqdm."""

    INTERVAL = 0.1

    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def show(self, head: str, fraction: float | None, words: str) -> None:
        self._bar.set_description_str(head, refresh=False)
        # tqdm puts a comma in front of its postfix.
        self._bar.unit = words
        self._bar.bar_format = _WORDS_ONLY if fraction is None else _WITH_BAR
        self._bar.n = round(min(fraction or 0.0, 1.0), 4)
        self._bar.refresh()

    def close(self) -> None:
        self._bar.close()


class _NotebookBar:
    """Shows a bar as HTML, in the place where it was first shown."""

    INTERVAL = 0.2

    def __init__(self) -> None:
        self._handle = sys.modules["IPython"].display.display(_Html(progress_line("", None, "")), display_id=True)

    def show(self, head: str, fraction: float | None, words: str) -> None:
        if self._handle is not None:
            self._handle.update(_Html(progress_line(head, fraction, words)))

    def close(self) -> None:
        """It stays as it was last shown."""


class _Html:
    """HTML for a notebook."""

    def __init__(self, html: str) -> None:
        self._html = html

    def _repr_html_(self) -> str:
        return self._html


def _output() -> _Bar | _NotebookBar | _Lines:
    if _is_notebook():
        return _NotebookBar()
    return _bar() if _is_terminal() else _Lines()


def _bar() -> _Bar:
    try:
        # Only who wants a bar needs it; it comes without types.
        from tqdm import tqdm  # type: ignore[import-untyped]  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError(
            "progress=True draws its bar with tqdm, which is not installed: pip install 'huaweicloud-oms[progress]', or"
            " pass a callable"
        ) from None
    return _Bar(tqdm(total=1.0, bar_format=_WORDS_ONLY, unit="", leave=True))


def _is_notebook() -> bool:
    if "ipykernel" not in sys.modules or "IPython" not in sys.modules:
        return False
    return type(sys.modules["IPython"].get_ipython()).__name__ == "ZMQInteractiveShell"


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()

"""Results as notebooks show them: small tables that read well on light and dark ground.

Text takes the page's own colour; the coloured parts carry their own contrast. Everything that comes from the service is
escaped, and nothing here ever knows a key.
"""

from __future__ import annotations

from html import escape

from huaweicloud_oms._figures import Figures, figures, moment, size, span
from huaweicloud_oms.models import SyncTask, Task, TaskGroup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from huaweicloud_oms.outcomes import StartOutcome, WaitOutcome
    from huaweicloud_oms.results import StartResult

# White text on each of these has a contrast of at least 4.5 to 1.
_GREEN, _BLUE, _RED, _AMBER, _GREY = "#1a7f37", "#0969da", "#c4232d", "#8a5a00", "#5f6771"
_FAINT = "rgba(127, 127, 127, 0.3)"
_BOX = f"display:inline-block;border:1px solid {_FAINT};border-radius:6px;padding:8px 12px;margin:2px 0"
_CELL = "text-align:left;vertical-align:top;padding:2px 14px 2px 0;border:0;background:none"
_LONGEST_TABLE = 200


def progress_line(head: str, fraction: float | None, words: str) -> str:
    """Show how far something is."""
    colour = _GREEN if fraction == 1 else _BLUE
    return f'<div style="{_BOX}">{escape(head)}{_bar(fraction, colour)}<div>{escape(words)}</div></div>'


def task_card(task: Task) -> str:
    """Show a task."""
    rows = [("objects", _objects(figures(task))), ("bytes", _bytes(figures(task)))]
    rows += _migration_rows(task)
    return _card(f"Migration task {task.resource_id}", task, rows, note=task.name)


def task_group_card(group: TaskGroup) -> str:
    """Show a task group."""
    counts = (
        (group.complete_task_num, "complete"),
        (group.executing_task_num, "running"),
        (group.waiting_task_num, "waiting"),
        (group.paused_task_num, "paused"),
        (group.failed_task_num, "failed"),
    )
    told = ", ".join(f"{count} {word}" for count, word in counts if count)
    tasks = f"{group.total_task_num if group.total_task_num is not None else '?'}" + (f": {told}" if told else "")
    rows = [("tasks", tasks), ("objects", _objects(figures(group))), ("bytes", _bytes(figures(group)))]
    rows += _migration_rows(group)
    return _card(f"Task group {group.resource_id}", group, rows)


def sync_task_card(task: SyncTask) -> str:
    """Show a synchronization task."""
    rows = []
    if task.monthly_success_object is not None:
        found = figures(task)
        rows.append(("this month", f"{found.objects} objects, {size(found.size or 0)}, {found.failed} failed"))
    rows.append(("from", _place(task.src_cloud_type, task.src_region, task.src_bucket)))
    rows.append(("to", _place(None, task.dst_region, task.dst_bucket)))
    if task.last_start_time is not None:
        rows.append(("last started", moment(task.last_start_time)))
    return _card(f"Synchronization task {task.resource_id}", task, rows, note=task.description)


def start_result_card(result: StartResult) -> str:
    """Show a start that succeeded."""
    rows = [
        ("operation", result.operation),
        ("request id", result.request_id or "none"),
        ("attempts", f"{result.attempts} in {result.elapsed:.3f} s"),
    ]
    head = f"{_chip('STARTED', _GREEN)} <b>{escape(result.resource_id)}</b>"
    if result.already_started:
        head += " found started already; it was not started a second time"
    card = f'<div style="{_BOX}">{head}{_table(rows)}</div>'
    return card if result.task is None else f"{card}<br>{result.task._repr_html_()}"


def outcomes_table(outcomes: Sequence[StartOutcome | WaitOutcome]) -> str:
    """Show what became of many."""
    failed = [outcome for outcome in outcomes if not outcome.ok]
    head = f"<b>{len(outcomes) - len(failed)} of {len(outcomes)} ok</b>"
    if failed:
        head += f", {_chip(f'{len(failed)} FAILED', _RED)}"
    # What failed is what people look for.
    shown = sorted(outcomes, key=lambda outcome: outcome.ok)[:_LONGEST_TABLE]
    rows = "".join(
        f'<tr style="background:none"><td style="{_CELL}">{_state(outcome)}</td>'
        f'<td style="{_CELL}">{escape(outcome.resource_id)}</td><td style="{_CELL}">{escape(outcome.operation)}</td>'
        f'<td style="{_CELL}">{escape(_told(outcome))}</td></tr>'
        for outcome in shown
    )
    more = f"<div>and {len(outcomes) - len(shown)} more</div>" if len(shown) < len(outcomes) else ""
    return f'<div style="{_BOX}">{head}<table style="border:0;margin:4px 0 0">{rows}</table>{more}</div>'


def _state(outcome: StartOutcome | WaitOutcome) -> str:
    seen = getattr(outcome, "task", None)
    if seen is not None:
        return _status(seen)
    return _chip("OK", _GREEN) if outcome.ok else _chip("FAILED", _RED)


def _told(outcome: StartOutcome | WaitOutcome) -> str:
    if outcome.error is not None:
        return f"{type(outcome.error).__name__}: {outcome.error}"
    result = getattr(outcome, "result", None)
    return "found started already" if result is not None and result.already_started else ""


def _card(title: str, seen: Task | TaskGroup | SyncTask, rows: list[tuple[str, str]], note: str | None = None) -> str:
    head = f"{_status(seen)} <b>{escape(title)}</b>"
    if note:
        head += f" {escape(note)}"
    return f'<div style="{_BOX}">{head}{_bar(figures(seen).fraction, _colour(seen))}{_table(rows)}</div>'


def _migration_rows(seen: Task | TaskGroup) -> list[tuple[str, str]]:
    found = figures(seen)
    rows = []
    if found.speed:
        rows.append(("speed", f"{size(found.speed)}/s"))
    if found.left is not None:
        rows.append(("time left", span(found.left)))
    source, destination = seen.src_node, seen.dst_node
    if source is not None:
        rows.append(("from", _place(source.cloud_type, source.region, source.bucket)))
    if destination is not None:
        rows.append(("to", _place(None, destination.region, destination.bucket)))
    if seen.start_time is not None:
        rows.append(("started", moment(seen.start_time)))
    if seen.error_reason is not None:
        rows.append(("reason", f"{seen.error_reason.error_code or ''} {seen.error_reason.error_msg or ''}".strip()))
    return rows


def _objects(found: Figures) -> str:
    told = f"{found.objects} of {found.total_objects}" if found.total_objects is not None else f"{found.objects}"
    return f"{told}, {found.failed} failed"


def _bytes(found: Figures) -> str:
    done = size(found.size or 0)
    return f"{done} of {size(found.total_size)}" if found.total_size is not None else done


def _place(*parts: str | None) -> str:
    return " / ".join(part for part in parts if part) or "unknown"


def _colour(seen: Task | TaskGroup | SyncTask) -> str:
    if isinstance(seen, SyncTask):
        return _GREEN if seen.is_running else _AMBER
    if seen.is_succeeded:
        return _GREEN
    if seen.is_failed:
        return _RED
    if seen.status.name in {"PAUSED", "PAUSING"}:
        return _AMBER
    return _BLUE if seen.is_running else _GREY


def _status(seen: Task | TaskGroup | SyncTask) -> str:
    return _chip(seen.status.name, _colour(seen))


def _chip(word: str, colour: str) -> str:
    style = f"background:{colour};color:#fff;border-radius:4px;padding:1px 7px;font-size:85%;font-weight:600"
    return f'<span style="{style}">{escape(word)}</span>'


def _bar(fraction: float | None, colour: str) -> str:
    if fraction is None:
        return ""
    percent = f"{min(max(fraction, 0.0), 1.0) * 100:.1f}"
    outer = f"background:{_FAINT};border-radius:4px;height:8px;width:320px;margin:7px 0 5px;overflow:hidden"
    inner = f'<div style="background:{colour};height:8px;width:{percent}%"></div>'
    label = f'role="progressbar" aria-valuenow="{percent}" aria-valuemin="0" aria-valuemax="100" title="{percent} %"'
    return f'<div {label} style="{outer}">{inner}</div>'


def _table(rows: Iterable[tuple[str, str]]) -> str:
    lines = "".join(
        f'<tr style="background:none"><td style="{_CELL};opacity:0.75">{escape(name)}</td>'
        f'<td style="{_CELL}">{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f'<table style="border:0;margin:4px 0 0">{lines}</table>'

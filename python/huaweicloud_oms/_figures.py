"""How far a migration is, in figures and in words that people read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from huaweicloud_oms.models import SyncTask, Task, TaskGroup

_STEP = 1000
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


class Figures(NamedTuple):
    """What is done of what there is. `None` is not known."""

    fraction: float | None
    objects: int | None
    total_objects: int | None
    size: int | None
    total_size: int | None
    speed: int | None
    left: timedelta | None
    failed: int


def figures(seen: Task | TaskGroup | SyncTask) -> Figures:
    """Read the figures of a state."""
    if isinstance(seen, SyncTask):
        done, size = seen.monthly_success_object, seen.monthly_size
        return Figures(None, done, None, size, None, None, None, seen.monthly_failure_object or 0)
    if isinstance(seen, TaskGroup):
        objects, failed, left = (seen.success_num or 0) + (seen.skip_num or 0), seen.fail_num, _left(seen)
    else:
        objects, failed, left = (seen.successful_num or 0) + (seen.skipped_num or 0), seen.failed_num, seen.left_time
    return Figures(
        fraction=seen.progress,
        objects=objects,
        total_objects=seen.total_num,
        size=seen.complete_size,
        total_size=seen.total_size,
        speed=seen.migrate_speed if seen.is_running else None,
        left=left if seen.is_running else None,
        failed=failed or 0,
    )


def _left(group: TaskGroup) -> timedelta | None:
    if not group.migrate_speed or group.total_size is None:
        return None
    return timedelta(seconds=max(group.total_size - (group.complete_size or 0), 0) / group.migrate_speed)


def in_words(found: Figures) -> str:
    """Put figures on one line: "225 of 500 objects, 3 failed, 450 MB of 1 GB, 333 MB/s, 2 s left"."""
    parts = []
    if found.objects is not None:
        parts.append(
            _of(str(found.objects), None if found.total_objects is None else str(found.total_objects), "objects")
        )
    # Not at the end: a narrow terminal cuts that off.
    parts.append(f"{found.failed} failed")
    if found.size is not None:
        parts.append(_of(size(found.size), None if found.total_size is None else size(found.total_size), ""))
    if found.speed:
        parts.append(f"{size(found.speed)}/s")
    if found.left is not None:
        parts.append(f"{span(found.left)} left")
    return ", ".join(parts)


def _of(done: str, total: str | None, unit: str) -> str:
    return f"{done} of {total} {unit}".rstrip() if total is not None else f"{done} {unit}".rstrip()


def size(count: float) -> str:
    """Write bytes for people: `"1.5 GB"`."""
    power = 0
    while abs(count) >= _STEP - 0.5 and power < len(_UNITS) - 1:
        count /= _STEP
        power += 1
    return f"{count:.3g} {_UNITS[power]}" if abs(count) < _STEP else f"{count:.0f} {_UNITS[power]}"


def span(length: timedelta) -> str:
    """Write a span of time for people: `"2 h 5 min"`."""
    seconds = round(length.total_seconds())
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min {seconds % _MINUTE} s"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h {seconds % _HOUR // _MINUTE} min"
    return f"{seconds // _DAY} d {seconds % _DAY // _HOUR} h"


def moment(when: datetime) -> str:
    """Write a moment in local time: `"2026-02-27 14:03:05 CET"`."""
    try:
        return when.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z").strip()
    except (OverflowError, ValueError, OSError):
        return when.isoformat(" ", "seconds")

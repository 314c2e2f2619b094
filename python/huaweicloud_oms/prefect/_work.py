"""What the tasks do: each operation on an `AsyncClient`, with a record of what it starts and how far it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from huaweicloud_oms import (
    AlreadyStartedError,
    AsyncClient,
    AuthenticationError,
    MigrationFailedError,
    MigrationPausedError,
    OmsError,
    OutcomeUnknownError,
)
from huaweicloud_oms._progress import _One, _Starts, _Waits
from huaweicloud_oms.outcomes import Outcomes, StartOutcome, WaitOutcome
from huaweicloud_oms.prefect._progress import logger, watch
from huaweicloud_oms.prefect._records import (
    ASKED,
    ENDED,
    FOLLOWED,
    NOUNS,
    STARTED,
    Entry,
    Record,
    Seen,
    entries_before,
    key_of,
    name_of,
)
from huaweicloud_oms.prefect._runs import Run
from huaweicloud_oms.results import StartResult
from huaweicloud_oms.starts import Start

_MANY_STARTS, _MANY_WAITS = "oms-start-many", "oms-wait-many"

_LOOKS_AT_ONCE = 16

_Look = Callable[[Any], object]


async def call(client: AsyncClient, name: str, given: dict[str, Any]) -> Any:
    """Carry out what starts nothing and waits for nothing."""
    return await getattr(client, name)(**given)


async def collect(client: AsyncClient, name: str, given: dict[str, Any]) -> list[Any]:
    """Go through a list to its end."""
    return [item async for item in getattr(client, name)(**given)]


async def wait(client: AsyncClient, name: str, given: dict[str, Any]) -> Any:
    """Wait for one, on the artifact of its start where this run started it."""
    noun, resource_id = name.removeprefix("wait_"), next(iter(given.values()))
    progress = given.pop("progress", None)
    run, record = await Run.current(), None
    if run is not None:
        key = key_of(noun, resource_id)
        record = await Record.find(run, key) or await Record.create(run, key, {})

    async def work(look: _Look) -> Any:
        return await _told(record, getattr(client, name)(**given, progress=look))

    return await watch(work, run, record, _One(noun.replace("_", " ")), progress)


async def start(client: AsyncClient, name: str, given: dict[str, Any]) -> StartResult:
    """Start one, or attach to it where an earlier attempt of this run started it."""
    return await _Start(client, name, given).carry_out()


class _Start:
    """A start of one migration, and the waiting for it."""

    def __init__(self, client: AsyncClient, name: str, given: dict[str, Any]) -> None:
        self._client, self._name, self._noun = client, name, NOUNS[name]
        self._follows = _follows(given.pop("on_already_started", "follow"))
        self._progress = given.pop("progress", None)
        self._given, self._resource_id = given, next(iter(given.values()))
        self._entry = name_of(name, self._resource_id)
        self._begun = time.monotonic()
        self._record: Record | None = None

    async def carry_out(self) -> StartResult:
        run, is_started = await Run.current(), False
        if run is not None:
            is_started = await self._remember(run)
        work = self._attach if is_started else self._send
        return await watch(work, run, self._record, _One(self._noun.replace("_", " ")), self._progress)

    async def _remember(self, run: Run) -> bool:
        """Find or write the record; tell whether an earlier attempt started it."""
        key = key_of(self._noun, self._resource_id)
        seen = await _look_at(self._client, self._noun, self._resource_id)
        earlier = await Record.find(run, key, self._entry) if run.is_retry else None
        if earlier is not None and earlier.entries[self._entry].was_started(seen):
            self._record = earlier
            logger().info("%s %s: attached to what an earlier attempt started", self._name, self._resource_id)
            return True
        self._record = await Record.create(run, key, {self._entry: Entry.asked(seen)})
        return False

    async def _send(self, look: _Look) -> StartResult:
        def look_at_started(seen: Any) -> None:
            self._mark(STARTED)
            look(seen)

        progress = look_at_started if self._given.get("wait") else self._progress
        sending = getattr(self._client, self._name)(**self._given, progress=progress)
        try:
            result: StartResult = await _told(self._record, sending)
        except AlreadyStartedError:
            if not self._follows:
                raise
            self._mark(FOLLOWED)
            logger().info("%s %s: it runs already, and is followed", self._name, self._resource_id)
            return await self._attach(look)
        self._mark(STARTED)
        if self._record is not None and result.task is None:
            self._record.show(f"{self._name} {self._resource_id}", None, "started")
        return result

    async def _attach(self, look: _Look) -> StartResult:
        task = None
        if self._given.get("wait"):
            options = {"timeout": self._given.get("wait_timeout"), "poll_interval": self._given.get("poll_interval")}
            waiting = getattr(self._client, f"wait_{self._noun}")(self._resource_id, **options, progress=look)
            task = await _told(self._record, waiting)
        return _found_started(self._name, self._resource_id, time.monotonic() - self._begun, task)

    def _mark(self, outcome: str) -> None:
        if self._record is not None:
            self._record.mark(self._entry, outcome)


async def start_many(client: AsyncClient, _name: str, given: dict[str, Any]) -> Outcomes[StartOutcome]:
    """Start many, but for those that an earlier attempt of this run started."""
    requests: list[Start] = list(given.pop("requests"))
    progress, run = given.pop("progress", None), await Run.current()
    if run is None or not all(isinstance(request, Start) for request in requests):
        return await client.start_many(requests, **given, progress=None if progress is True else progress)
    names = [name_of(request.operation, request.resource_id) for request in requests]
    seen = await _look_at_all(client, requests)
    known = await entries_before(run, _MANY_STARTS) if run.is_retry else {}
    found = {
        name: outcome
        for request, name in zip(requests, names, strict=True)
        if name in known and (outcome := _outcome_found(request, known[name], seen[name])) is not None
    }
    entries = {name: known[name] if name in found else Entry.asked(seen[name]) for name in names}
    record = await Record.create(run, _MANY_STARTS, entries)
    rest = [request for request, name in zip(requests, names, strict=True) if name not in found]

    async def work(look: _Look) -> Outcomes[StartOutcome]:
        outcomes = await client.start_many(rest, **given, progress=look)
        for outcome in outcomes:
            name = name_of(outcome.operation, outcome.resource_id)
            record.mark(name, _became(outcome, seen[name]))
        return outcomes

    new = iter(await watch(work, run, record, _Starts(len(rest)), progress))
    outcomes: Outcomes[StartOutcome] = Outcomes(found[name] if name in found else next(new) for name in names)
    return outcomes


async def wait_many(client: AsyncClient, _name: str, given: dict[str, Any]) -> Outcomes[WaitOutcome]:
    """Wait for many, on one artifact."""
    targets, progress, run = list(given.pop("targets")), given.pop("progress", None), await Run.current()
    record = await Record.create(run, _MANY_WAITS, {}) if run is not None else None

    async def work(look: _Look) -> Outcomes[WaitOutcome]:
        return await client.wait_many(targets, **given, progress=look)

    return await watch(work, run, record, _Waits(len(targets)), progress)


def _follows(on_already_started: str) -> bool:
    if on_already_started not in {"follow", "fail"}:
        raise ValueError(f"on_already_started must be 'follow' or 'fail', not {on_already_started!r}")
    return on_already_started == "follow"


async def _told(record: Record | None, waiting: Any) -> Any:
    """Await something, and remember where a migration failed."""
    try:
        return await waiting
    except MigrationPausedError:
        raise
    except MigrationFailedError as error:
        if record is not None:
            record.mark_ended(error.task)
        raise


async def _look_at(client: AsyncClient, noun: str, resource_id: Any) -> Seen | Exception:
    """Look at a migration; give the error where that cannot be. What is wrong then, a start itself will tell better."""
    try:
        seen: Seen = await getattr(client, f"show_{noun}")(resource_id)
    except AuthenticationError:
        raise  # wrong signatures lock a key: one is enough
    except (OmsError, TypeError) as error:
        return error
    return seen


async def _look_at_all(client: AsyncClient, requests: list[Start]) -> dict[str, Seen | Exception]:
    free = asyncio.Semaphore(_LOOKS_AT_ONCE)

    async def look(request: Start) -> tuple[str, Seen | Exception]:
        async with free:
            seen = await _look_at(client, NOUNS[request.operation], request.resource_id)
        return name_of(request.operation, request.resource_id), seen

    return dict(await asyncio.gather(*map(look, requests)))


def _found_started(name: str, resource_id: object, elapsed: float, task: Seen | None = None) -> StartResult:
    return StartResult(
        operation=name,
        resource_id=str(resource_id),
        status_code=200,
        request_id=None,
        attempts=0,
        elapsed=elapsed,
        already_started=True,
        task=task,
    )


def _became(outcome: StartOutcome, seen_before: Seen | Exception) -> str:
    if outcome.result is None:
        return ASKED if isinstance(outcome.error, OutcomeUnknownError) else ENDED
    was_idle = not isinstance(seen_before, Exception) and not seen_before.is_running
    is_own_with_lost_answer = was_idle and outcome.result.attempts > 1
    return FOLLOWED if outcome.result.already_started and not is_own_with_lost_answer else STARTED


def _outcome_found(request: Start, entry: Entry, seen: Seen | Exception) -> StartOutcome | None:
    """Give the outcome of a start that an earlier attempt made, or may have made; `None` where it is to be started."""
    result, error = None, None
    try:
        if not entry.was_started(seen):
            return None
        result = _found_started(request.operation, request.resource_id, 0.0)
    except OmsError as raised:
        error = raised
    return StartOutcome(
        operation=request.operation, resource_id=request.resource_id, ok=error is None, result=result, error=error
    )

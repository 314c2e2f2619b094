"""What a flow run has begun, kept by Prefect's server in the progress artifacts that show it.

A record is written before a start is sent and says when its migration had last been started by then. So a later
attempt, in another process too, can tell whether it was started since, whichever moment the earlier one was lost in.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from typing import Any, NamedTuple
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    ArtifactFilterKey,
    ArtifactFilterTaskRunId,
)
from prefect.client.schemas.objects import Artifact
from prefect.client.schemas.sorting import ArtifactSort

from huaweicloud_oms.models import SyncTask, Task, TaskGroup
from huaweicloud_oms.prefect._runs import Run, family_of

NOUNS = {"start_task": "task", "start_task_group": "task_group", "retry_task_group": "task_group"}
NOUNS |= {"start_sync_task": "sync_task"}
"""What each operation starts."""

ASKED, STARTED, FOLLOWED, ENDED = "asked", "started", "followed", "ended"
"""What is known of a start: it may have been sent; it was carried out; somebody else's is followed; it failed."""

_UNSEEN = "unseen"
"""Stands for when a migration had last been started, where it could not be looked at."""

_KEY_LENGTH = 80
_PAGE = 200


Seen = Task | TaskGroup | SyncTask


class Entry(NamedTuple):
    """What is known of one start.

    Attributes:
        outcome: `ASKED`, `STARTED`, `FOLLOWED` or `ENDED`.
        before: When its migration had last been started before, as `stamp` writes it.
    """

    outcome: str
    before: str

    @classmethod
    def asked(cls, seen: Seen | Exception) -> Entry:
        """Make the entry of a start that is about to be sent.

        Args:
            seen: The migration before the start, or why it could not be looked at.
        """
        return cls(ASKED, _UNSEEN if isinstance(seen, Exception) else stamp(seen))

    def was_started(self, seen: Seen | Exception) -> bool:
        """Tell whether the start was carried out, or what it asks for goes on anyway.

        Args:
            seen: The migration as it is now, or why it could not be looked at.

        Raises:
            Exception: That reason, where only a look can tell: a start that may have been carried out is not repeated.
        """
        if self.outcome != ASKED:
            return self.outcome != ENDED
        if isinstance(seen, Exception):
            raise seen
        if self.before == _UNSEEN:
            return seen.is_running or (not isinstance(seen, SyncTask) and seen.is_succeeded)
        return seen.is_running or stamp(seen) != self.before

    def is_own(self, seen: Seen) -> bool:
        """Tell whether a migration that runs is certainly what this start began, and nobody else's."""
        if self.outcome == ASKED:
            return self.before not in {_UNSEEN, stamp(seen)}
        return self.outcome == STARTED


def stamp(seen: Seen) -> str:
    """Write when a migration was last started; empty for never."""
    moment = seen.last_start_time if isinstance(seen, SyncTask) else seen.start_time
    return moment.isoformat() if moment else ""


def name_of(operation: str, resource_id: object) -> str:
    """Name a start: `"start_task/1001"`."""
    return f"{operation}/{resource_id}"


def key_of(noun: str, resource_id: object) -> str:
    """Make an artifact's key: `"oms-task-1001"`. Prefect allows lower-case letters, digits and dashes."""
    text = f"oms-{noun}-{resource_id}"
    slug = re.sub(r"[^a-z0-9]+", "-", text.lower())[:_KEY_LENGTH].strip("-")
    if slug.replace("-", "_") == text.replace("-", "_"):
        return slug
    return f"{slug}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


class Record:
    """A progress artifact, and the starts it remembers. It is what a `Display` writes to."""

    INTERVAL = 2.0

    def __init__(self, artifact_id: UUID, entries: dict[str, Entry]) -> None:
        self.entries = entries
        self._artifact_id = artifact_id
        self._fraction: float | None = None
        self._text: str | None = None
        self._is_behind = False

    @classmethod
    async def create(cls, run: Run, key: str, entries: dict[str, Entry]) -> Record:
        """Write a new record."""
        async with get_client() as prefect:
            artifact = await prefect.create_artifact(
                ArtifactCreate(
                    type="progress",
                    key=key,
                    data=0.0,
                    metadata_=_to_metadata(entries),
                    flow_run_id=run.flow_run_id,
                    task_run_id=run.task_run_id,
                )
            )
        return cls(artifact.id, entries)

    @classmethod
    async def find(cls, run: Run, key: str, wanted: str | None = None) -> Record | None:
        """Find this run's newest record of that key, and that remembers the wanted start, if any is."""
        async with get_client() as prefect:
            async for artifact in _artifacts(prefect, await _written_in(prefect, run, key)):
                entries = _from_metadata(artifact)
                if wanted is None or wanted in entries:
                    return cls(artifact.id, entries)
        return None

    def show(self, head: str, fraction: float | None, words: str) -> None:
        """Take what is to stand on the artifact."""
        self._fraction, self._text, self._is_behind = fraction, f"{head}: {words}", True

    def close(self) -> None:
        """Nothing is open."""

    def mark(self, name: str, outcome: str) -> None:
        """Remember what became of a start."""
        if self.entries[name].outcome != outcome:
            self.entries[name] = self.entries[name]._replace(outcome=outcome)
            self._is_behind = True

    def mark_ended(self, seen: Seen) -> None:
        """Remember that a migration failed, so that a later attempt begins it again where the service allows that."""
        for name in self.entries:
            if seen.can_start or name.startswith("retry_task_group/"):
                self.mark(name, ENDED)

    async def write(self, prefect: PrefectClient) -> None:
        """Bring the artifact up to date."""
        if not self._is_behind:
            return
        update = ArtifactUpdate(metadata_=_to_metadata(self.entries))
        if self._text is not None:
            update.description = self._text
        if self._fraction is not None:
            update.data = round(min(max(self._fraction, 0.0), 1.0) * 100, 1)
        await prefect.update_artifact(self._artifact_id, update)
        self._is_behind = False


async def entries_of(flow_run_id: UUID) -> dict[str, Entry]:
    """Give all that a flow run, and those within it, have begun; what was written last counts."""
    async with get_client() as prefect:
        family = await family_of(prefect, flow_run_id)
        return await _entries(
            prefect,
            ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=family), key=ArtifactFilterKey(like_="oms-")),
        )


async def entries_before(run: Run, key: str) -> dict[str, Entry]:
    """Give all that a run has begun under a key; what was written last counts."""
    async with get_client() as prefect:
        return await _entries(prefect, await _written_in(prefect, run, key))


async def _written_in(prefect: PrefectClient, run: Run, key: str) -> ArtifactFilter:
    if run.outermost_flow_run_id is None:
        where = ArtifactFilter(task_run_id=ArtifactFilterTaskRunId(any_=[run.task_run_id]))
    else:
        family = await family_of(prefect, run.outermost_flow_run_id)
        where = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=family))
    where.key = ArtifactFilterKey(any_=[key])
    return where


async def _entries(prefect: PrefectClient, where: ArtifactFilter) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    async for artifact in _artifacts(prefect, where):
        found = _from_metadata(artifact) | found
    return found


async def _artifacts(prefect: PrefectClient, where: ArtifactFilter) -> AsyncIterator[Artifact]:
    """Give artifacts, the newest first."""
    query: dict[str, Any] = {"limit": _PAGE, "sort": ArtifactSort.CREATED_DESC, "offset": 0}
    while page := await prefect.read_artifacts(artifact_filter=where, **query):
        for artifact in page:
            yield artifact
        query["offset"] += len(page)


def _to_metadata(entries: dict[str, Entry]) -> dict[str, str]:
    return {name: f"{entry.outcome} {entry.before}" for name, entry in entries.items()}


def _from_metadata(artifact: Artifact) -> dict[str, Entry]:
    found = {}
    for name, text in (artifact.metadata_ or {}).items():
        outcome, _, before = str(text).partition(" ")
        if name.partition("/")[0] in NOUNS:
            found[name] = Entry(outcome, before)
    return found

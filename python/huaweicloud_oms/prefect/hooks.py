"""Hooks for flows that end before their migrations do: what goes on, and, if wanted, an end to it."""

from __future__ import annotations

from typing import Any

from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate
from prefect.client.schemas.objects import FlowRun, State
from prefect.flows import FlowStateHook
from prefect.logging.loggers import flow_run_logger

from huaweicloud_oms import AsyncClient, NotFoundError, OmsError
from huaweicloud_oms.prefect._records import ENDED, FOLLOWED, NOUNS, Entry, entries_of
from huaweicloud_oms.prefect.credentials import OmsCredentials, resolve

Hook = FlowStateHook[..., Any]


def tell_running(credentials: OmsCredentials | str | None = None) -> Hook:
    """Make a hook that says which of a flow run's migrations still run, and leaves them.

    It logs a line each and makes a Markdown artifact, `oms-still-running`. It is for `on_cancellation`, `on_crashed`
    and `on_failure` of a flow.

    Args:
        credentials: Who asks: a block or the name of a saved one; by default the account of the machine it runs on.
    """
    return _hook("tell_running", credentials, stops=False)


def stop_running(credentials: OmsCredentials | str | None = None) -> Hook:
    """Make a hook that pauses the migrations that a flow run started and that still run, and says which.

    What ran already when the flow run asked for it is told and left. What is paused can be started again.

    Args:
        credentials: Who stops: a block or the name of a saved one; by default the account of the machine it runs on.
    """
    return _hook("stop_running", credentials, stops=True)


def _hook(name: str, credentials: OmsCredentials | str | None, *, stops: bool) -> Hook:
    async def hook(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001  # Prefect's
        account = await resolve(OmsCredentials, credentials) or OmsCredentials()
        lines = []
        async with account.get_async_client() as client:
            for started, entry in (await entries_of(flow_run.id)).items():
                if entry.outcome != ENDED:
                    lines += await _tell(client, started, entry, stops=stops)
        logger = flow_run_logger(flow_run, flow)
        for line in lines or ["None of the migrations of this flow run goes on."]:
            logger.warning(line)
        if lines:
            await _show(flow_run, lines)

    hook.__name__ = hook.__qualname__ = name
    return hook


async def _tell(client: AsyncClient, started: str, entry: Entry, *, stops: bool) -> list[str]:
    """Say in a line what became of a start; in none where nothing goes on."""
    operation, _, resource_id = started.partition("/")
    noun = NOUNS[operation]
    subject = f"{noun.replace('_', ' ')} {resource_id}"
    try:
        seen = await getattr(client, f"show_{noun}")(resource_id)
        if not seen.is_running:
            return []
        if not entry.is_own(seen):
            why = "it ran already when it was asked for" if entry.outcome == FOLLOWED else "who started it is not known"
            return [f"{subject} goes on ({seen.status}); {why}, and it is left"]
        if not stops:
            return [f"{subject} goes on ({seen.status}): stop_{noun} pauses it"]
        await getattr(client, f"stop_{noun}")(resource_id)
    except NotFoundError:
        return []
    except OmsError as error:
        return [f"{subject} may go on: {error}"]
    return [f"{subject} was {seen.status}, and was told to pause; start_{noun} starts it again"]


async def _show(flow_run: FlowRun, lines: list[str]) -> None:
    text = "\n".join(f"- {line}" for line in lines)
    async with get_client() as prefect:
        artifact = ArtifactCreate(type="markdown", key="oms-still-running", data=text, flow_run_id=flow_run.id)
        await prefect.create_artifact(artifact)

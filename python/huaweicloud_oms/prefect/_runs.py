"""Which run a task is part of: a task run in a flow run, each of which can be within others that are tried again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterParentFlowRunId
from prefect.client.schemas.objects import FlowRun, TaskRun
from prefect.context import FlowRunContext, TaskRunContext


class Run(NamedTuple):
    """The run that a task is part of.

    Attributes:
        task_run_id: The task run; the outermost one where that is not part of a flow run.
        flow_run_id: The flow run, if any.
        outermost_flow_run_id: The flow run that all of it is part of, if any.
        is_retry: Whether an earlier attempt, of the task or of anything that it is within, may have begun the same.
    """

    task_run_id: UUID
    flow_run_id: UUID | None
    outermost_flow_run_id: UUID | None
    is_retry: bool

    @classmethod
    async def current(cls) -> Run | None:
        """Give the run that this code is in; `None` where a task's function is called by itself."""
        task_runs: list[TaskRun] = list(_task_runs())
        if not task_runs:
            return None
        context = FlowRunContext.get()
        flow_runs = await _enclosing(context.flow_run) if context is not None and context.flow_run is not None else []
        is_in_flow_run = bool(flow_runs) and task_runs[-1].flow_run_id is not None
        return cls(
            task_run_id=task_runs[0 if is_in_flow_run else -1].id,
            flow_run_id=flow_runs[0].id if flow_runs else None,
            outermost_flow_run_id=flow_runs[-1].id if is_in_flow_run else None,
            is_retry=max(run.run_count for run in task_runs + flow_runs) > 1,
        )


def _task_runs() -> Iterator[TaskRun]:
    """Give the task run that this code is in, then the one that is within, and so on.

    Prefect's server learns of task runs with a delay, so the attempt of an outer one is only known here.
    """
    context = TaskRunContext.get()
    while isinstance(context, TaskRunContext):
        yield context.task_run
        context = context._token.old_value if context._token is not None else None


async def _enclosing(flow_run: FlowRun) -> list[FlowRun]:
    """Give a flow run, the one that it is within, and so on."""
    found = [flow_run]
    if flow_run.parent_task_run_id is None:
        return found
    async with get_client() as prefect:
        while (task_run_id := found[-1].parent_task_run_id) is not None:
            flow_run_id = (await prefect.read_task_run(task_run_id)).flow_run_id
            if flow_run_id is None:
                break
            found.append(await prefect.read_flow_run(flow_run_id))
    return found


async def family_of(prefect: PrefectClient, flow_run_id: UUID) -> list[UUID]:
    """Give a flow run and all that are within it."""
    found = level = [flow_run_id]
    while level:
        within = FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=level))
        level = []
        while page := await prefect.read_flow_runs(flow_run_filter=within, offset=len(level)):
            level += [flow_run.id for flow_run in page]
        found = found + level
    return found

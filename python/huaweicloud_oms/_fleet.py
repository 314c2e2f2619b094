"""The methods for many at once, as Python functions: signatures and documentation, written once.

Nothing here is ever run; see `_operations.py`.
"""

# mypy: disable-error-code="empty-body"
from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from huaweicloud_oms.models import SyncTask, Task, TaskGroup
    from huaweicloud_oms.outcomes import Outcomes, StartOutcome, WaitOutcome
    from huaweicloud_oms.results import StartResult
    from huaweicloud_oms.starts import Start


class Fleet:
    """What is done with many at once: one method each."""

    def start_many(
        self,
        requests: Iterable[Start],
        *,
        concurrency: int = 16,
        progress: bool | Callable[[StartOutcome], object] | None = None,
        validate_first: bool = True,
        timeout: float | None = None,
    ) -> Outcomes[StartOutcome]:
        """Start any mix of tasks, task groups and synchronization tasks, each with an outcome of its own.

        One that fails never stops the others. Where the service throttles, all of them slow down together. One that
        runs already counts as started (`result.already_started`), so that the same list can be given again after a
        crash: what was started before is not started twice.

        Ctrl-C ends it with `ManyInterrupted`, whose `outcomes` has what is known. With `AsyncClient`, cancelling raises
        a `CancelledError` with the same attribute where it is awaited. What is under way then is given up; whether it
        was started is not known.

        Args:
            requests: `StartTask`, `StartTaskGroup` and `StartSyncTask` values, in a list or from a generator.
            concurrency: How many starts are under way at once, 1 to 1000.
            progress: `True` draws a bar, as in `wait_task`. Or a callable that is called with every `StartOutcome`.
            validate_first: Check every request before the first is sent; nothing is sent where one is wrong. With
                `False` a generator is drawn on as requests are sent, and what is wrong is an outcome.
            timeout: How long all of it may take, in seconds; what was not sent by then has a `RequestTimeoutError`.
                Without, each start has the client's own.

        Returns:
            One outcome a request, in their order.

        Raises:
            ValidationError: An argument or, with `validate_first`, a request is wrong, of the wrong type, or given
                twice; all of it is named. Nothing was sent.
            ConfigurationError: The client is closed, or its connections cannot be set up.
        """
        ...

    def wait_many(
        self,
        targets: Iterable[StartOutcome | WaitOutcome | StartResult | Start | Task | TaskGroup | SyncTask | int],
        *,
        timeout: float | None = None,
        poll_interval: float | None = None,
        progress: bool | Callable[[Task | TaskGroup | SyncTask], object] | None = None,
        concurrency: int = 16,
    ) -> Outcomes[WaitOutcome]:
        """Wait until all of many have ended, or synchronize, each with an outcome of its own.

        They are looked at as gently as in `wait_task`; hundreds cost next to nothing. Ctrl-C and cancelling end the
        waiting as in `start_many`, and never what is waited for.

        Args:
            targets: What `start_many` or `list_tasks` gave, starts as values, or the integer ids of tasks. Starts that
                failed are not waited for; their outcome has the same error.
            timeout: How long to wait at most, in seconds; for ever by default.
            poll_interval: How long to wait between two looks at one, in seconds, instead of 2 s growing to 30 s.
            progress: `True` draws a bar of all together. Or a callable that is called with the state of every look.
            concurrency: How many looks are under way at once, 1 to 1000.

        Returns:
            One outcome a target, in their order.

        Raises:
            ValidationError: An argument or a target is wrong, of the wrong type, or given twice. Nothing was sent.
            ConfigurationError: The client is closed, or its connections cannot be set up.
        """
        ...

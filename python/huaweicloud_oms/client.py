"""The clients: the operations on a set of settings and connections, blocking or awaited."""

from __future__ import annotations

from huaweicloud_oms._core import Core, environment_fingerprint
from huaweicloud_oms._fleet import Fleet
from huaweicloud_oms._following import Following
from huaweicloud_oms._operations import Operations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
    from types import TracebackType
    from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar

    from typing_extensions import Self

    from huaweicloud_oms._core import Call, CredentialsSource, Listing, RetryPolicy

    _P = ParamSpec("_P")
    _R = TypeVar("_R")

__all__ = [
    "AsyncClient",
    "Client",
    "start_sync_task",
    "start_sync_task_async",
    "start_task",
    "start_task_async",
    "start_task_group",
    "start_task_group_async",
]


def _blocking(
    declared: Callable[Concatenate[Any, _P], _R],
) -> Callable[Concatenate[Client, _P], _R]:
    """Make a method that waits, of an operation's declaration."""
    name = declared.__name__

    def method(self: Client, /, *args: Any, **kwargs: Any) -> Any:
        # Whatever is raised from here on, this frame no longer holds the keys: a traceback could show them.
        call = self._core.prepare(name, args, kwargs)
        del args, kwargs
        return call.run()

    dressed: Callable[Concatenate[Client, _P], _R] = _dress(method, declared, f"Client.{name}")
    return dressed


def _awaited(
    declared: Callable[Concatenate[Any, _P], _R],
) -> Callable[Concatenate[AsyncClient, _P], Coroutine[Any, Any, _R]]:
    """Make a method that is awaited, of an operation's declaration."""
    name = declared.__name__

    async def method(self: AsyncClient, /, *args: Any, **kwargs: Any) -> Any:
        call = self._core.prepare(name, args, kwargs)
        del args, kwargs
        return await _outcome(call)

    dressed: Callable[Concatenate[AsyncClient, _P], Coroutine[Any, Any, _R]]
    dressed = _dress(method, declared, f"AsyncClient.{name}")
    return dressed


def _listed(
    declared: Callable[Concatenate[Any, _P], Iterator[_R]],
) -> Callable[Concatenate[Client, _P], Iterator[_R]]:
    """Make a method that goes through a list, of an operation's declaration."""
    name = declared.__name__

    def method(self: Client, /, *args: Any, **kwargs: Any) -> Any:
        return _each(self._core.list(name, args, kwargs))

    dressed: Callable[Concatenate[Client, _P], Iterator[_R]] = _dress(method, declared, f"Client.{name}")
    return dressed


def _listed_async(
    declared: Callable[Concatenate[Any, _P], Iterator[_R]],
) -> Callable[Concatenate[AsyncClient, _P], AsyncIterator[_R]]:
    """Make a method that goes through a list asynchronously, of an operation's declaration."""
    name = declared.__name__

    def method(self: AsyncClient, /, *args: Any, **kwargs: Any) -> Any:
        return _each_async(self._core.list(name, args, kwargs))

    dressed: Callable[Concatenate[AsyncClient, _P], AsyncIterator[_R]]
    dressed = _dress(method, declared, f"AsyncClient.{name}")
    return dressed


def _many(
    declared: Callable[Concatenate[Any, _P], _R],
) -> Callable[Concatenate[Client, _P], _R]:
    """Make a method for many at once that waits, of its declaration."""
    name, defaults = declared.__name__, declared.__kwdefaults__ or {}

    def method(self: Client, /, *items: Any, **named: Any) -> Any:
        return getattr(self._core, name)(*items, **{**defaults, **named}).run()

    dressed: Callable[Concatenate[Client, _P], _R] = _dress(method, declared, f"Client.{name}")
    return dressed


def _many_async(
    declared: Callable[Concatenate[Any, _P], _R],
) -> Callable[Concatenate[AsyncClient, _P], Coroutine[Any, Any, _R]]:
    """Make a method for many at once that is awaited, of its declaration."""
    name, defaults = declared.__name__, declared.__kwdefaults__ or {}

    async def method(self: AsyncClient, /, *items: Any, **named: Any) -> Any:
        call: Call = getattr(self._core, name)(*items, **{**defaults, **named})
        try:
            return await call.spawn()
        except BaseException as error:
            if type(error).__name__ == "CancelledError":
                error.outcomes = call.known()  # type: ignore[attr-defined]
            raise
        finally:
            call.cancel()

    dressed: Callable[Concatenate[AsyncClient, _P], Coroutine[Any, Any, _R]]
    dressed = _dress(method, declared, f"AsyncClient.{name}")
    return dressed


def _each(listing: Listing) -> Iterator[Any]:
    """Go through a list, page by page."""
    offset: int | None = listing.offset
    while offset is not None:
        items, count = listing.page(offset).run()
        yield from items
        offset = _next_offset(listing, offset, len(items), count)


async def _each_async(listing: Listing) -> AsyncIterator[Any]:
    """Go through a list, page by page."""
    offset: int | None = listing.offset
    while offset is not None:
        items, count = await _outcome(listing.page(offset))
        for item in items:
            yield item
        offset = _next_offset(listing, offset, len(items), count)


def _next_offset(listing: Listing, offset: int, received: int, count: int | None) -> int | None:
    """Tell where the next page begins; `None` after the last. The count alone is not trusted."""
    offset += received
    more = received > 0 and (received >= listing.limit or (count is not None and offset < count))
    return offset if more else None


async def _outcome(call: Call) -> Any:
    """Await a call; being cancelled closes its connection."""
    try:
        return await call.spawn()
    finally:
        call.cancel()


def _dress(function: Callable[..., Any], declared: Callable[..., Any], qualified_name: str) -> Any:
    """Give a function the name, documentation and signature of its declaration."""
    function.__name__ = qualified_name.rpartition(".")[2]
    function.__qualname__ = qualified_name
    function.__doc__ = declared.__doc__
    function.__wrapped__ = declared  # type: ignore[attr-defined]
    return function


class _Settings:
    """What both clients are made of."""

    def __init__(
        self,
        *,
        region: str | None = None,
        endpoint: str | None = None,
        project_id: str | None = None,
        credentials: CredentialsSource | None = None,
        timeout: float = 60.0,
        connect_timeout: float = 10.0,
        retry: RetryPolicy | None = None,
        proxy: str | None = None,
        ca_bundle: str | os.PathLike[str] | bytes | None = None,
        allow_http: bool = False,
        signing: str | None = None,
        domain: str | None = None,
        iam_endpoint: str | None = None,
    ) -> None:
        try:
            self._core = Core(
                region=region,
                endpoint=endpoint,
                project_id=project_id,
                credentials=credentials,
                timeout=timeout,
                connect_timeout=connect_timeout,
                retry=retry,
                proxy=proxy,
                ca_bundle=ca_bundle,
                allow_http=allow_http,
                signing=signing,
                domain=domain,
                iam_endpoint=iam_endpoint,
            )
        finally:
            # A traceback could show what was put where it does not belong, and a proxy's password.
            del region, endpoint, project_id, credentials, timeout, connect_timeout, retry, proxy, ca_bundle, allow_http
            del signing, domain, iam_endpoint

    @property
    def region(self) -> str | None:
        """The region, or `None` where only an endpoint is known."""
        return self._core.region

    @property
    def project_id(self) -> str | None:
        """The project, part of every request's path; `None` where it was not given and no call has looked it up yet."""
        return self._core.project_id

    @property
    def credentials_source(self) -> str | None:
        """The class that gives the credentials; `None` as long as only asking its sources will show."""
        return self._core.credentials_source

    @property
    def endpoint(self) -> str:
        """Where requests go, without a slash at the end; of several endpoints, the one that was reached last."""
        return self._core.endpoint

    def __repr__(self) -> str:
        if not hasattr(self, "_core"):
            return f"<{type(self).__name__} that could not be made>"
        return (
            f"{type(self).__name__}(region={self.region!r}, project_id={self.project_id!r}, endpoint={self.endpoint!r})"
        )

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client holds credentials and is not pickled: make one in each process")


class Client(_Settings):
    """A client whose methods wait for their results.

    It can be used by many threads at once, and in forked children. Its connections are made on first use; `close`,
    or the end of a `with` block, closes them.

    Settings that are not given come from the environment (`HUAWEICLOUD_REGION` or `HUAWEICLOUD_OMS_ENDPOINT`,
    `HUAWEICLOUD_SDK_PROJECT_ID`), then from the vendor's profile file (`~/.huaweicloud/credentials`, or the file that
    `HUAWEICLOUD_SDK_CREDENTIALS_FILE` names). A project that is nowhere to be found is looked up at IAM by the region's
    name, before the first call.

    Args:
        region: One of `REGIONS`; not needed with `endpoint`.
        endpoint: Where requests go, as `https://host`; used as given. `http://` is for this machine only. Of several,
            separated by commas, the next is tried when one cannot be reached.
        project_id: The project, 1 to 1024 characters.
        credentials: `AkSk`, `Token` or another source of credentials; `CredentialChain()` by default.
        timeout: How long a whole call may take, retries included, in seconds.
        connect_timeout: How long connecting may take, TLS handshake included, in seconds.
        retry: What is tried again, and how patiently.
        proxy: A proxy's URL; by default the environment's `HTTPS_PROXY` and its like.
        ca_bundle: PEM certificates to trust instead of the machine's store: a path, or the content as bytes.
        allow_http: Accept an `http://` endpoint on another machine. Requests carry access keys!
        signing: The algorithm that requests are signed with: `SDK-HMAC-SHA256` (the default), `V11-HMAC-SHA256` (a key
            derived for the region), `SDK-HMAC-SM3`, `SDK-ECDSA-P256-SHA256` or `SDK-SM2-SM3`.
        domain: The site's domain, for regions that are not in `REGIONS`: `https://oms.{region}.{domain}` is called.
        iam_endpoint: Where IAM answers, for a project that has to be looked up and for `IamPasswordCredentials`; by
            default `HUAWEICLOUD_SDK_IAM_ENDPOINT`, else beside OMS.

    Raises:
        ConfigurationError: A setting is missing or cannot be used; the message names all of them.
    """

    start_task = _blocking(Operations.start_task)
    start_task_group = _blocking(Operations.start_task_group)
    start_sync_task = _blocking(Operations.start_sync_task)
    retry_task_group = _blocking(Operations.retry_task_group)

    show_task = _blocking(Following.show_task)
    show_task_group = _blocking(Following.show_task_group)
    show_sync_task = _blocking(Following.show_sync_task)
    stop_task = _blocking(Following.stop_task)
    stop_task_group = _blocking(Following.stop_task_group)
    stop_sync_task = _blocking(Following.stop_sync_task)
    wait_task = _blocking(Following.wait_task)
    wait_task_group = _blocking(Following.wait_task_group)
    wait_sync_task = _blocking(Following.wait_sync_task)
    list_tasks = _listed(Following.list_tasks)
    list_task_groups = _listed(Following.list_task_groups)
    list_sync_tasks = _listed(Following.list_sync_tasks)

    start_many = _many(Fleet.start_many)
    wait_many = _many(Fleet.wait_many)

    def close(self) -> None:
        """Close the connections. Calls under way in other threads go on to their end; new ones are refused."""
        self._core.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncClient(_Settings):
    """A client whose methods are awaited: the same names, arguments and settings as `Client`.

    Nothing is sent before a method's result is awaited. Cancelling the awaiting task closes the call's connection;
    a start that was under way may have been carried out.
    """

    start_task = _awaited(Operations.start_task)
    start_task_group = _awaited(Operations.start_task_group)
    start_sync_task = _awaited(Operations.start_sync_task)
    retry_task_group = _awaited(Operations.retry_task_group)

    show_task = _awaited(Following.show_task)
    show_task_group = _awaited(Following.show_task_group)
    show_sync_task = _awaited(Following.show_sync_task)
    stop_task = _awaited(Following.stop_task)
    stop_task_group = _awaited(Following.stop_task_group)
    stop_sync_task = _awaited(Following.stop_sync_task)
    wait_task = _awaited(Following.wait_task)
    wait_task_group = _awaited(Following.wait_task_group)
    wait_sync_task = _awaited(Following.wait_sync_task)
    list_tasks = _listed_async(Following.list_tasks)
    list_task_groups = _listed_async(Following.list_task_groups)
    list_sync_tasks = _listed_async(Following.list_sync_tasks)

    start_many = _many_async(Fleet.start_many)
    wait_many = _many_async(Fleet.wait_many)

    async def close(self) -> None:
        """Close the connections. Calls under way go on to their end; new ones are refused."""
        self._core.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


_defaults: dict[type[_Settings], tuple[int, Any]] = {}


def _default(kind: type[Any]) -> Any:
    """Give the client that the environment describes; a new one when its variables have changed."""
    fingerprint = environment_fingerprint()
    known, client = _defaults.get(kind, (None, None))
    if known != fingerprint:
        client = kind()
        _defaults[kind] = (fingerprint, client)
    return client


def _function(
    declared: Callable[Concatenate[Any, _P], _R],
) -> Callable[_P, _R]:
    """Make a function for the default client, of an operation's declaration."""
    name = declared.__name__

    def function(*args: Any, **kwargs: Any) -> Any:
        try:
            call = _default(Client)._core.prepare(name, args, kwargs)
        finally:
            del args, kwargs
        return call.run()

    dressed: Callable[_P, _R] = _dress(function, declared.__get__(object()), name)
    return dressed


def _async_function(
    declared: Callable[Concatenate[Any, _P], _R],
) -> Callable[_P, Coroutine[Any, Any, _R]]:
    """Make an async function for the default client, of an operation's declaration."""
    name = declared.__name__

    async def function(*args: Any, **kwargs: Any) -> Any:
        try:
            call = _default(AsyncClient)._core.prepare(name, args, kwargs)
        finally:
            del args, kwargs
        return await _outcome(call)

    dressed: Callable[_P, Coroutine[Any, Any, _R]]
    dressed = _dress(function, declared.__get__(object()), f"{name}_async")
    return dressed


start_task = _function(Operations.start_task)
start_task_group = _function(Operations.start_task_group)
start_sync_task = _function(Operations.start_sync_task)
start_task_async = _async_function(Operations.start_task)
start_task_group_async = _async_function(Operations.start_task_group)
start_sync_task_async = _async_function(Operations.start_sync_task)

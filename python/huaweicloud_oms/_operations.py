"""The operations that start something, as Python functions: signatures and documentation, written once.

Nothing here is ever run. `client.py` makes of each declaration a blocking method, an awaited method, a function for
the default client and its async twin; the core binds the arguments to the operation's fields.
"""

# mypy: disable-error-code="empty-body"
from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from huaweicloud_oms.models import SyncTask, Task, TaskGroup
    from huaweicloud_oms.results import StartResult


class Operations:
    """What starts something: one method an operation."""

    def start_task(
        self,
        task_id: int | str,
        *,
        dst_ak: str | None = None,
        dst_sk: str | None = None,
        dst_security_token: str | None = None,
        src_ak: str | None = None,
        src_sk: str | None = None,
        src_security_token: str | None = None,
        connection_string: str | None = None,
        json_auth_file: str | Mapping[str, object] | os.PathLike[str] | None = None,
        source_cdn_authentication_key: str | None = None,
        migrate_failed_object: bool | None = None,
        src_crypto_type: str | None = None,
        src_kms_key_id: str | None = None,
        dst_crypto_type: str | None = None,
        dst_kms_key_id: str | None = None,
        source_cdn_crypto_type: str | None = None,
        source_cdn_kms_key_id: str | None = None,
        timeout: float | None = None,
        wait: bool = False,
        wait_timeout: float | None = None,
        poll_interval: float | None = None,
        progress: bool | Callable[[Task], object] | None = None,
    ) -> StartResult:
        """Start a paused or failed migration task.

        Service document: "Start a Migration Task" (2026-02-27), `POST /v2/{project_id}/tasks/{task_id}/start`.
        Lengths are in characters. What is `None` is not given, and left out of the request.

        Args:
            task_id: The task's id: an integer from 0 to 999999999999999, or a string of 1 to 1024.
            dst_ak: Access key of the destination account, 1 to 100. Required.
            dst_sk: Secret key of the destination account, 1 to 100. Required.
            dst_security_token: Token of a temporary destination key, up to 16384.
            src_ak: Access key of the source account, 1 to 100; left out for a URL list.
            src_sk: Secret key of the source account, 1 to 100; left out for a URL list.
            src_security_token: Token of a temporary source key, up to 16384.
            connection_string: Connection string of an Azure Blob source, up to 2048.
            json_auth_file: Key file of a Google Cloud Storage source, up to 65535: its content as text or as a
                mapping, or a path to it.
            source_cdn_authentication_key: Key that signs requests to the source's CDN, up to 255.
            migrate_failed_object: `True` sends only the objects that failed, `False` (the service's default) everything
                again.
            src_crypto_type: How the source's keys are encrypted, `"DEFAULT"` or `"KMS"`.
            src_kms_key_id: KMS key that encrypts the source's keys, 36.
            dst_crypto_type: How the destination's keys are encrypted, `"DEFAULT"` or `"KMS"`.
            dst_kms_key_id: KMS key that encrypts the destination's keys, 36.
            source_cdn_crypto_type: How the CDN authentication key is encrypted, `"DEFAULT"` or `"KMS"`.
            source_cdn_kms_key_id: KMS key that encrypts the CDN authentication key, 36.
            timeout: How long the start may take, in seconds; the client's own by default.
            wait: Wait until it has ended, as `wait_task` does. The result's `task` is then its last state.
            wait_timeout: How long to wait at most, in seconds; for ever by default.
            poll_interval: As in `wait_task`.
            progress: As in `wait_task`.

        Returns:
            What was started, and how.

        Raises:
            ValidationError: Arguments are outside their limits, all of them named. Nothing was sent.
            ConfigurationError: The client is closed, or its connections cannot be set up.
            AlreadyStartedError: The task runs already.
            NotFoundError: There is no such task.
            ApiError: The service refused for another reason; see its subclasses.
            TransportError: No whole answer came back, and the task was not started.
            OutcomeUnknownError: It is not known whether the task was started.
            MigrationFailedError: With `wait=True`: the task failed.
            MigrationPausedError: With `wait=True`: somebody paused it meanwhile.
            WaitTimeoutError: With `wait=True`: it was not so in time. It goes on.
        """
        ...

    def start_task_group(
        self,
        group_id: str,
        *,
        dst_ak: str | None = None,
        dst_sk: str | None = None,
        src_ak: str | None = None,
        src_sk: str | None = None,
        connection_string: str | None = None,
        json_auth_file: str | Mapping[str, object] | os.PathLike[str] | None = None,
        source_cdn_authentication_key: str | None = None,
        src_crypto_type: str | None = None,
        src_kms_key_id: str | None = None,
        dst_crypto_type: str | None = None,
        dst_kms_key_id: str | None = None,
        source_cdn_crypto_type: str | None = None,
        source_cdn_kms_key_id: str | None = None,
        timeout: float | None = None,
        wait: bool = False,
        wait_timeout: float | None = None,
        poll_interval: float | None = None,
        progress: bool | Callable[[TaskGroup], object] | None = None,
    ) -> StartResult:
        """Resume a paused migration task group.

        Service document: "Resuming a Migration Task Group", `PUT /v2/{project_id}/taskgroups/{group_id}/start`.
        Lengths are in characters. What is `None` is not given, and left out of the request.

        Args:
            group_id: The group's id, 1 to 1024.
            dst_ak: Access key of the destination account, 1 to 100. Required.
            dst_sk: Secret key of the destination account, 1 to 100. Required.
            src_ak: Access key of the source account, 1 to 100; left out for a URL list.
            src_sk: Secret key of the source account, 1 to 100; left out for a URL list.
            connection_string: Connection string of an Azure Blob source, up to 2048.
            json_auth_file: Key file of a Google Cloud Storage source, up to 65535: its content as text or as a
                mapping, or a path to it.
            source_cdn_authentication_key: Key that signs requests to the source's CDN, up to 255.
            src_crypto_type: How the source's keys are encrypted, `"DEFAULT"` or `"KMS"`.
            src_kms_key_id: KMS key that encrypts the source's keys, 36.
            dst_crypto_type: How the destination's keys are encrypted, `"DEFAULT"` or `"KMS"`.
            dst_kms_key_id: KMS key that encrypts the destination's keys, 36.
            source_cdn_crypto_type: How the CDN authentication key is encrypted, `"DEFAULT"` or `"KMS"`.
            source_cdn_kms_key_id: KMS key that encrypts the CDN authentication key, 36.
            timeout: How long the start may take, in seconds; the client's own by default.
            wait: Wait until it has ended, as `wait_task_group` does. The result's `task` is then its last state.
            wait_timeout: How long to wait at most, in seconds; for ever by default.
            poll_interval: As in `wait_task_group`.
            progress: As in `wait_task_group`.

        Returns:
            What was resumed, and how.

        Raises:
            ValidationError: Arguments are outside their limits, all of them named. Nothing was sent.
            ConfigurationError: The client is closed, or its connections cannot be set up.
            AlreadyStartedError: The group runs already.
            NotFoundError: There is no such group.
            ApiError: The service refused for another reason; see its subclasses.
            TransportError: No whole answer came back, and the group was not resumed.
            OutcomeUnknownError: It is not known whether the group was resumed.
            MigrationFailedError: With `wait=True`: the group failed.
            MigrationPausedError: With `wait=True`: somebody paused it meanwhile.
            WaitTimeoutError: With `wait=True`: it was not so in time. It goes on.
        """
        ...

    def retry_task_group(
        self,
        group_id: str,
        *,
        dst_ak: str | None = None,
        dst_sk: str | None = None,
        src_ak: str | None = None,
        src_sk: str | None = None,
        connection_string: str | None = None,
        json_auth_file: str | Mapping[str, object] | os.PathLike[str] | None = None,
        source_cdn_authentication_key: str | None = None,
        migrate_failed_object: bool | None = None,
        src_crypto_type: str | None = None,
        src_kms_key_id: str | None = None,
        dst_crypto_type: str | None = None,
        dst_kms_key_id: str | None = None,
        source_cdn_crypto_type: str | None = None,
        source_cdn_kms_key_id: str | None = None,
        timeout: float | None = None,
        wait: bool = False,
        wait_timeout: float | None = None,
        poll_interval: float | None = None,
        progress: bool | Callable[[TaskGroup], object] | None = None,
    ) -> StartResult:
        """Begin the work of a failed migration task group again.

        Service document: "Retrying a Migration Task Group", `PUT /v2/{project_id}/taskgroups/{group_id}/retry`. It is
        sent with the same care as a start: never twice where it may have been carried out.
        Lengths are in characters. What is `None` is not given, and left out of the request.

        Args:
            group_id: The group's id, 1 to 1024.
            dst_ak: Access key of the destination account, 1 to 100. Required.
            dst_sk: Secret key of the destination account, 1 to 100. Required.
            src_ak: Access key of the source account, 1 to 100; left out for a URL list.
            src_sk: Secret key of the source account, 1 to 100; left out for a URL list.
            connection_string: Connection string of an Azure Blob source, up to 2048.
            json_auth_file: Key file of a Google Cloud Storage source, up to 65535: its content as text or as a
                mapping, or a path to it.
            source_cdn_authentication_key: Key that signs requests to the source's CDN, up to 255.
            migrate_failed_object: `True` sends only the objects that failed, `False` (the service's default) everything
                again.
            src_crypto_type: How the source's keys are encrypted, `"DEFAULT"` or `"KMS"`.
            src_kms_key_id: KMS key that encrypts the source's keys, 36.
            dst_crypto_type: How the destination's keys are encrypted, `"DEFAULT"` or `"KMS"`.
            dst_kms_key_id: KMS key that encrypts the destination's keys, 36.
            source_cdn_crypto_type: How the CDN authentication key is encrypted, `"DEFAULT"` or `"KMS"`.
            source_cdn_kms_key_id: KMS key that encrypts the CDN authentication key, 36.
            timeout: How long the start may take, in seconds; the client's own by default.
            wait: Wait until it has ended, as `wait_task_group` does. The result's `task` is then its last state.
            wait_timeout: How long to wait at most, in seconds; for ever by default.
            poll_interval: As in `wait_task_group`.
            progress: As in `wait_task_group`.

        Returns:
            What was begun again, and how.

        Raises:
            ValidationError: Arguments are outside their limits, all of them named. Nothing was sent.
            ConfigurationError: The client is closed, or its connections cannot be set up.
            AlreadyStartedError: The group runs already.
            NotFoundError: There is no such group.
            ApiError: The service refused for another reason; see its subclasses.
            TransportError: No whole answer came back, and the group was not begun again.
            OutcomeUnknownError: It is not known whether the group was begun again.
            MigrationFailedError: With `wait=True`: the group failed.
            MigrationPausedError: With `wait=True`: somebody paused it meanwhile.
            WaitTimeoutError: With `wait=True`: it was not so in time. It goes on.
        """
        ...

    def start_sync_task(
        self,
        sync_task_id: str,
        *,
        src_ak: str | None = None,
        src_sk: str | None = None,
        dst_ak: str | None = None,
        dst_sk: str | None = None,
        source_cdn_authentication_key: str | None = None,
        src_crypto_type: str | None = None,
        src_kms_key_id: str | None = None,
        dst_crypto_type: str | None = None,
        dst_kms_key_id: str | None = None,
        source_cdn_crypto_type: str | None = None,
        source_cdn_kms_key_id: str | None = None,
        timeout: float | None = None,
        wait: bool = False,
        wait_timeout: float | None = None,
        poll_interval: float | None = None,
        progress: bool | Callable[[SyncTask], object] | None = None,
    ) -> StartResult:
        """Start a stopped synchronization task. Exists in the regions cn-north-4 and cn-east-3 only.

        Service document: "Starting a Synchronization Task", `POST /v2/{project_id}/sync-tasks/{sync_task_id}/start`.
        Lengths are in characters. What is `None` is not given, and left out of the request.

        Args:
            sync_task_id: The synchronization task's id, 1 to 255.
            src_ak: Access key of the source account, 1 to 100. Required.
            src_sk: Secret key of the source account, 1 to 100. Required.
            dst_ak: Access key of the destination account, 1 to 100. Required.
            dst_sk: Secret key of the destination account, 1 to 100. Required.
            source_cdn_authentication_key: Key that signs requests to the source's CDN, up to 255.
            src_crypto_type: How the source's keys are encrypted, `"DEFAULT"` or `"KMS"`.
            src_kms_key_id: KMS key that encrypts the source's keys, 36.
            dst_crypto_type: How the destination's keys are encrypted, `"DEFAULT"` or `"KMS"`.
            dst_kms_key_id: KMS key that encrypts the destination's keys, 36.
            source_cdn_crypto_type: How the CDN authentication key is encrypted, `"DEFAULT"` or `"KMS"`.
            source_cdn_kms_key_id: KMS key that encrypts the CDN authentication key, 36.
            timeout: How long the start may take, in seconds; the client's own by default.
            wait: Wait until it synchronizes, as `wait_sync_task` does. The result's `task` is then its last state.
            wait_timeout: How long to wait at most, in seconds; for ever by default.
            poll_interval: As in `wait_sync_task`.
            progress: As in `wait_sync_task`.

        Returns:
            What was started, and how.

        Raises:
            ValidationError: Arguments are outside their limits, all of them named, or the client's region has no
                synchronization tasks. Nothing was sent.
            ConfigurationError: The client is closed, or its connections cannot be set up.
            AlreadyStartedError: The synchronization task runs already.
            NotFoundError: There is no such synchronization task.
            ApiError: The service refused for another reason; see its subclasses.
            TransportError: No whole answer came back, and the synchronization task was not started.
            OutcomeUnknownError: It is not known whether the synchronization task was started.
            MigrationPausedError: With `wait=True`: somebody paused it meanwhile.
            WaitTimeoutError: With `wait=True`: it was not so in time. It goes on.
        """
        ...

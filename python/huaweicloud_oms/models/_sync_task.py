"""A synchronization task."""

from __future__ import annotations

from huaweicloud_oms.models._model import Model
from huaweicloud_oms.models._status import SyncTaskStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from huaweicloud_oms.models._parts import SourceCdn


class SyncTask(Model):
    """A synchronization task, as `show_sync_task`, `list_sync_tasks` and `wait_sync_task` give it.

    Service document: "Querying Details About a Synchronization Task". A list does not tell the monthly counts.
    """

    sync_task_id: str | None
    """Its id."""
    status: SyncTaskStatus
    """Its state."""
    src_cloud_type: str | None
    """The source's provider: `"AWS"`, `"Azure"`, `"Aliyun"`, `"HuaweiCloud"`, ..."""
    src_region: str | None
    """The source bucket's region."""
    src_bucket: str | None
    """The source bucket."""
    dst_region: str | None
    """The destination bucket's region."""
    dst_bucket: str | None
    """The destination bucket."""
    app_id: str | None
    """The application id, for Tencent Cloud."""
    source_cdn: SourceCdn | None
    """The domain name that objects are fetched from; told in lists only."""
    description: str | None
    """What somebody wrote about it."""
    create_time: datetime | None
    """When it was created."""
    last_start_time: datetime | None
    """When it was last started."""
    enable_metadata_migration: bool | None
    """Whether the objects' metadata is migrated; their content type always is."""
    enable_restore: bool | None
    """Whether archived objects are restored first."""
    monthly_acceptance_request: int | None
    """How many objects were to be synchronized in the month that was asked for."""
    monthly_success_object: int | None
    """How many of them were."""
    monthly_failure_object: int | None
    """How many failed."""
    monthly_skip_object: int | None
    """How many were skipped."""
    monthly_size: int | None
    """How large those were that were synchronized, in bytes."""
    object_overwrite_mode: str | None
    """When an object that is there already is overwritten: `NO_OVERWRITE`, `FULL_OVERWRITE`, ..."""
    dst_storage_policy: str | None
    """The storage class at the destination: `STANDARD`, `IA`, `ARCHIVE`, `DEEP_ARCHIVE`, `SRC_STORAGE_MAPPING`."""
    consistency_check: str | None
    """How objects are compared: `size_last_modified`, `crc64`, `no_check`."""

    @property
    def resource_id(self) -> str:
        """The id, as results and errors have it."""
        return self.sync_task_id or ""

    @property
    def is_running(self) -> bool:
        """Whether it follows its source."""
        return self.status == SyncTaskStatus.SYNCHRONIZING

    @property
    def can_start(self) -> bool:
        """Whether `start_sync_task` can start it: it is stopped."""
        return self.status == SyncTaskStatus.STOPPED

    def _repr_html_(self) -> str:
        """Show it in a notebook."""
        from huaweicloud_oms._html import sync_task_card  # noqa: PLC0415  # only notebooks need it

        return sync_task_card(self)

"""What a task and a task group have in common: how objects are migrated."""

from __future__ import annotations

from huaweicloud_oms.models._model import Model

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from huaweicloud_oms.models._parts import (
        BandwidthPolicy,
        DestinationNode,
        ErrorReason,
        FailedObjectRecord,
        SourceCdn,
        SourceNode,
    )


class Migration(Model):
    """A task or a task group."""

    error_reason: ErrorReason | None
    """Why it failed."""
    src_node: SourceNode | None
    """Where the objects come from."""
    dst_node: DestinationNode | None
    """Where they go."""
    description: str | None
    """What somebody wrote about it."""
    task_type: str | None
    """What is migrated: objects of a `list`, single `object`s or folders, `prefix`es, or a `url_list`."""
    bandwidth_policy: tuple[BandwidthPolicy, ...]
    """How much bandwidth it may use when."""
    source_cdn: SourceCdn | None
    """The domain name that objects are fetched from."""
    enable_metadata_migration: bool | None
    """Whether the objects' metadata is migrated; their content type always is."""
    enable_failed_object_recording: bool | None
    """Whether objects that failed are listed in the destination bucket."""
    enable_restore: bool | None
    """Whether archived objects are restored first; otherwise they fail."""
    enable_requester_pays: bool | None
    """Whether the requester pays for requests and traffic."""
    failed_object_record: FailedObjectRecord | None
    """Where the objects that failed are listed."""
    migrate_since: datetime | None
    """Only objects changed after this are migrated; `None` for all."""
    object_overwrite_mode: str | None
    """When an object that is there already is overwritten: `NO_OVERWRITE`, `FULL_OVERWRITE`, ..."""
    dst_storage_policy: str | None
    """The storage class at the destination: `STANDARD`, `IA`, `ARCHIVE`, `DEEP_ARCHIVE`, `SRC_STORAGE_MAPPING`."""
    consistency_check: str | None
    """How objects are compared: `size_last_modified`, `crc64`, `no_check`."""
    obs_system: str | None
    """What the destination is: `BUCKET` or `PFS` (a parallel file system)."""
    start_time: datetime | None
    """When it was last started."""
    total_time: timedelta | None
    """For how long it has worked."""
    migrate_speed: int | None
    """How fast it is now, in bytes a second."""
    total_num: int | None
    """How many objects there are."""
    total_size: int | None
    """How large they are together, in bytes."""
    complete_size: int | None
    """How much of that is migrated, in bytes."""

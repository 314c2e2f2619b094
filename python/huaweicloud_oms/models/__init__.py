"""What the service tells of tasks, task groups and synchronization tasks: immutable values.

Every field that the service documents is there under its own name, and is `None` where the service does not say
it. Times are aware `datetime`s, spans of time `timedelta`s, sizes bytes, speeds bytes a second. What a later version of
the service adds, and any value of an unexpected kind, is kept in `raw`; nothing unknown is an error.
"""

from huaweicloud_oms.models._parts import (
    BandwidthPolicy,
    DestinationNode,
    ErrorReason,
    FailedObjectRecord,
    ListFile,
    SmnInfo,
    SourceCdn,
    SourceNode,
)
from huaweicloud_oms.models._status import SyncTaskStatus, TaskGroupStatus, TaskStatus
from huaweicloud_oms.models._sync_task import SyncTask
from huaweicloud_oms.models._task import Task
from huaweicloud_oms.models._task_group import TaskGroup

__all__ = [
    "BandwidthPolicy",
    "DestinationNode",
    "ErrorReason",
    "FailedObjectRecord",
    "ListFile",
    "SmnInfo",
    "SourceCdn",
    "SourceNode",
    "SyncTask",
    "SyncTaskStatus",
    "Task",
    "TaskGroup",
    "TaskGroupStatus",
    "TaskStatus",
]

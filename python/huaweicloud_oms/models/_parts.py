"""The records inside a task, a task group or a synchronization task."""

from __future__ import annotations

from huaweicloud_oms.models._model import Model


class ErrorReason(Model):
    """Why a migration failed."""

    error_code: str | None
    """The code, `TRF.xxxx` mostly."""
    error_msg: str | None
    """The reason in words."""


class ListFile(Model):
    """The file that lists the objects or URLs to migrate."""

    list_file_key: str | None
    """Its object name."""
    obs_bucket: str | None
    """The bucket it lies in."""
    list_file_num: int | None
    """How many such files there are."""


class SourceNode(Model):
    """Where objects come from."""

    bucket: str | None
    """The bucket's name."""
    cloud_type: str | None
    """The provider: `"AWS"`, `"Azure"`, `"Aliyun"`, `"HuaweiCloud"`, `"Google"`, `"URLSource"`, ..."""
    region: str | None
    """The bucket's region."""
    app_id: str | None
    """The application id, for Tencent Cloud."""
    object_key: tuple[str, ...]
    """The objects, or the prefixes, that are migrated."""
    list_file: ListFile | None
    """The list of what is migrated, where there is one."""


class DestinationNode(Model):
    """Where objects go."""

    bucket: str | None
    """The bucket's name."""
    region: str | None
    """The bucket's region."""
    save_prefix: str | None
    """What is put in front of every object's name."""


class BandwidthPolicy(Model):
    """How much bandwidth may be used at a time of the day."""

    start: str | None
    """From when, `hh:mm`."""
    end: str | None
    """Until when, `hh:mm`."""
    max_bandwidth: int | None
    """How much, in bytes a second."""


class SmnInfo(Model):
    """Whether the end was notified."""

    notify_result: bool | None
    """Whether the message was sent."""
    notify_error_message: str | None
    """Why not."""
    topic_name: str | None
    """The topic it was sent to."""


class SourceCdn(Model):
    """The domain name that objects are fetched from."""

    domain: str | None
    """The domain name."""
    protocol: str | None
    """`"http"` or `"https"`."""
    authentication_type: str | None
    """How requests to it are signed: `"NONE"`, `"QINIU_PRIVATE_AUTHENTICATION"`, ..."""


class FailedObjectRecord(Model):
    """Where the list of objects that failed lies."""

    result: bool | None
    """Whether the failed objects can be migrated again by themselves."""
    list_file_key: str | None
    """The list's object name."""
    error_code: str | None
    """Why the list could not be written."""

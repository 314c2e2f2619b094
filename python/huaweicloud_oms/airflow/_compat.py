"""Airflow's names, from where 3.x has them, or else from where 2.10 has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.triggers.base import BaseTrigger, TriggerEvent

if TYPE_CHECKING:
    from airflow.sdk import (
        BaseHook,
        BaseOperator,
        BaseOperatorLink,
        BaseSensorOperator,
        Connection,
        Context,
        PokeReturnValue,
    )
    from airflow.sdk.configuration import conf
    from airflow.sdk.exceptions import (
        AirflowFailException,
        AirflowNotFoundException,
        AirflowSensorTimeout,
        AirflowSkipException,
    )
    from airflow.sdk.execution_time.xcom import XCom
    from airflow.sdk.log import mask_secret
    from airflow.sdk.types import TaskInstanceKey
else:
    from contextlib import suppress
    from importlib import import_module

    _PLACES = {
        "AirflowFailException": ("airflow.sdk.exceptions", "airflow.exceptions"),
        "AirflowNotFoundException": ("airflow.sdk.exceptions", "airflow.exceptions"),
        "AirflowSensorTimeout": ("airflow.sdk.exceptions", "airflow.exceptions"),
        "AirflowSkipException": ("airflow.sdk.exceptions", "airflow.exceptions"),
        "BaseHook": ("airflow.sdk", "airflow.hooks.base"),
        "BaseOperator": ("airflow.sdk", "airflow.models.baseoperator"),
        "BaseOperatorLink": ("airflow.sdk", "airflow.models.baseoperatorlink"),
        "BaseSensorOperator": ("airflow.sdk", "airflow.sensors.base"),
        "PokeReturnValue": ("airflow.sdk", "airflow.sensors.base"),
        "XCom": ("airflow.sdk.execution_time.xcom", "airflow.models.xcom"),
        "conf": ("airflow.sdk.configuration", "airflow.configuration"),
        "mask_secret": (
            "airflow.sdk.log",
            "airflow.sdk.execution_time.secrets_masker",
            "airflow.utils.log.secrets_masker",
        ),
    }

    def _find(name: str) -> object:
        for place in _PLACES[name]:
            with suppress(ImportError, AttributeError):
                return getattr(import_module(place), name)
        raise ImportError(f"this Airflow has no {name}: huaweicloud_oms.airflow needs Airflow 2.10 or later")

    globals().update({name: _find(name) for name in _PLACES})

__all__ = [
    "AirflowFailException",
    "AirflowNotFoundException",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "BaseHook",
    "BaseOperator",
    "BaseOperatorLink",
    "BaseSensorOperator",
    "BaseTrigger",
    "Connection",
    "Context",
    "PokeReturnValue",
    "TaskInstanceKey",
    "TriggerEvent",
    "XCom",
    "conf",
    "mask_secret",
]

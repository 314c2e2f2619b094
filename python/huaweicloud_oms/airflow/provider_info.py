"""What Airflow's providers manager is told: connection types with their forms, and where everything is.

Airflow imports this at every start, so it imports nothing of Airflow itself.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from huaweicloud_oms import __version__

__all__ = [
    "KEYS_FIELDS",
    "KEYS_TYPE",
    "OMS_FIELDS",
    "OMS_TYPE",
    "FormField",
    "get_provider_info",
    "keys_field_behaviour",
    "oms_field_behaviour",
]

OMS_TYPE = "huaweicloud_oms"
KEYS_TYPE = "huaweicloud_oms_keys"

_INTEGRATION = "Huawei Cloud Object Storage Migration Service (OMS)"
_PACKAGE = "huaweicloud_oms.airflow"


class FormField(NamedTuple):
    """A field of a connection's form, kept in the connection's extra under its name.

    Attributes:
        name: Its name.
        label: What the form calls it.
        description: What it is for.
        secret: Whether it is hidden on the screen.
    """

    name: str
    label: str
    description: str
    secret: bool = False


OMS_FIELDS = (
    FormField("region", "Region", "Such as cn-north-4. Not needed with an endpoint."),
    FormField("project_id", "Project id", "In that region. Looked up where it is empty."),
    FormField("endpoint", "Endpoint", "https://host, instead of the region's own. http:// for this machine only."),
    FormField("security_token", "Security token", "Of temporary AK and SK.", secret=True),
    FormField("auth_token", "Auth token", "An IAM token (X-Auth-Token), instead of AK and SK.", secret=True),
)
"""The form of the service's own connection, beside AK (login) and SK (password)."""

KEYS_FIELDS = (
    FormField("security_token", "Security token", "Of temporary AK and SK.", secret=True),
    FormField("connection_string", "Azure connection string", "Of an Azure Blob source.", secret=True),
    FormField("json_auth_file", "GCS key file", "Its content, of a Google Cloud Storage source.", secret=True),
    FormField("source_cdn_authentication_key", "CDN key", "Signs requests to the source's CDN.", secret=True),
)
"""The form of a connection to a source or a destination, beside AK (login) and SK (password)."""


def oms_field_behaviour() -> dict[str, Any]:
    """Tell how the form of the service's own connection shows Airflow's standard fields."""
    return _field_behaviour(
        login="Empty: the worker's own environment, profile file or agency",
        password="Empty, if AK is empty",  # noqa: S106
    )


def keys_field_behaviour() -> dict[str, Any]:
    """Tell how the form of a connection to a source or a destination shows Airflow's standard fields."""
    return _field_behaviour()


def _field_behaviour(**placeholders: str) -> dict[str, Any]:
    """AK and SK, and nothing that has no meaning here."""
    return {
        "hidden_fields": ["host", "port", "schema"],
        "relabeling": {"login": "Access key (AK)", "password": "Secret key (SK)"},
        "placeholders": placeholders,
    }


def _connection_type(
    name: str, label: str, hook: str, fields: tuple[FormField, ...], behaviour: dict[str, Any]
) -> dict[str, Any]:
    return {
        "connection-type": name,
        "hook-class-name": f"{_PACKAGE}.hooks.{hook}",
        "hook-name": label,
        "ui-field-behaviour": {key.replace("_", "-"): value for key, value in behaviour.items()},
        "conn-fields": {
            field.name: {
                "label": field.label,
                "description": field.description,
                "schema": {"type": ["string", "null"], **({"format": "password"} if field.secret else {})},
            }
            for field in fields
        },
    }


def get_provider_info() -> dict[str, Any]:
    """Describe the provider to Airflow (entry point `apache_airflow_provider`)."""
    modules = {
        kind: [{"integration-name": _INTEGRATION, "python-modules": [f"{_PACKAGE}.{kind}"]}]
        for kind in ("hooks", "operators", "sensors", "triggers")
    }
    return {
        "package-name": "huaweicloud-oms",
        "name": "Huawei Cloud OMS",
        "description": "Start, resume and follow migrations of Huawei Cloud's Object Storage Migration Service (OMS).",
        "versions": [__version__],
        "integrations": [
            {
                "integration-name": _INTEGRATION,
                "external-doc-url": "https://support.huaweicloud.com/intl/en-us/oms/index.html",
                "tags": ["service"],
            }
        ],
        **modules,
        "connection-types": [
            _connection_type(OMS_TYPE, "Huawei Cloud OMS", "OmsHook", OMS_FIELDS, oms_field_behaviour()),
            _connection_type(
                KEYS_TYPE, "Object store keys for OMS", "ObjectStoreKeysHook", KEYS_FIELDS, keys_field_behaviour()
            ),
        ],
        "extra-links": [f"{_PACKAGE}.links.OmsConsoleLink"],
    }

"""The clients, and the keys of source and destination, from Airflow's connections."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from huaweicloud_oms import AkSk, AsyncClient, Client, ConfigurationError, CredentialChain, OmsError, Token
from huaweicloud_oms.airflow._compat import AirflowNotFoundException, BaseHook, mask_secret
from huaweicloud_oms.airflow.provider_info import (
    KEYS_FIELDS,
    KEYS_TYPE,
    OMS_FIELDS,
    OMS_TYPE,
    FormField,
    keys_field_behaviour,
    oms_field_behaviour,
)

if TYPE_CHECKING:
    from huaweicloud_oms.airflow._compat import Connection

__all__ = ["ObjectStoreKeysHook", "OmsHook"]


class _ConnectionHook(BaseHook):
    """What both hooks have in common: reading a connection."""

    _fields: tuple[FormField, ...] = ()

    def _values(self, connection: Connection) -> dict[str, Any]:
        """Read a connection's fields; Airflow's logs hide the secret ones from now on."""
        extra = connection.extra_dejson
        values = {field.name: extra.get(field.name) or None for field in self._fields}
        values.update(ak=connection.login or None, sk=connection.password or None)
        secrets = {field.name for field in self._fields if field.secret} | {"sk"}
        for name in secrets:
            if values[name]:
                mask_secret(values[name])
        return values


class OmsHook(_ConnectionHook):
    """The service's clients, with the settings of a connection of type `huaweicloud_oms`.

    What the connection does not say comes from where `Client` finds it, on the machine that uses the hook: without AK,
    SK and auth token, the credentials are those of its environment, profile file or agency.

    The clients are made on first use and kept. They can be used by threads and in forked children; a copied or
    pickled hook makes its own.

    Args:
        huaweicloud_oms_conn_id: The connection.
    """

    conn_name_attr = "huaweicloud_oms_conn_id"
    default_conn_name = "huaweicloud_oms_default"
    conn_type = OMS_TYPE
    hook_name = "Huawei Cloud OMS"
    _fields = OMS_FIELDS

    def __init__(self, huaweicloud_oms_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.huaweicloud_oms_conn_id = huaweicloud_oms_conn_id
        self._client: Client | None = None
        self._async_client: AsyncClient | None = None

    # Airflow looks for these two in the class itself, not in what it inherits.
    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Tell Airflow's connection form how its own fields are shown."""
        return oms_field_behaviour()

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Give the form's other fields, to an Airflow that does not read them from the provider info."""
        return _widgets(cls._fields)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the clients out of copies and pickles: they hold keys."""
        return {**self.__dict__, "_client": None, "_async_client": None}

    @property
    def client(self) -> Client:
        """The client whose methods wait.

        Raises:
            ConfigurationError: Settings are missing or cannot be used.
        """
        if self._client is None:
            self._client = Client(**self._settings(self.get_connection(self.huaweicloud_oms_conn_id)))
        return self._client

    def get_conn(self) -> Client:
        """Give `client`, under the name that every Airflow hook has."""
        return self.client

    async def get_async_client(self) -> AsyncClient:
        """Give the client whose methods are awaited.

        Raises:
            ConfigurationError: Settings are missing or cannot be used.
        """
        if self._async_client is None:
            settings = self._settings(await _get_connection_async(self.huaweicloud_oms_conn_id))
            # A chain that is given is first asked by a call. Otherwise making the client would ask it, and wait.
            self._async_client = AsyncClient(**{"credentials": CredentialChain(), **settings})
        return self._async_client

    def test_connection(self) -> tuple[bool, str]:
        """Ask the service for one task, which needs every setting and the permission to read tasks."""
        try:
            next(iter(self.client.list_tasks(limit=1, timeout=15.0)), None)
        except OmsError as error:
            return False, str(error)
        return True, f"OMS at {self.client.endpoint} answers for project {self.client.project_id}"

    def _settings(self, connection: Connection) -> dict[str, Any]:
        """Make a client's arguments of a connection."""
        values = self._values(connection)
        try:
            settings = {name: values[name] for name in ("region", "project_id", "endpoint") if values[name]}
            given = {name for name in ("ak", "sk", "security_token", "auth_token") if values[name]}
            if given == {"auth_token"}:
                settings["credentials"] = Token(values["auth_token"])
            elif given >= {"ak", "sk"} and "auth_token" not in given:
                settings["credentials"] = AkSk(values["ak"], values["sk"], security_token=values["security_token"])
            elif given:
                raise ConfigurationError(
                    f"connection '{self.huaweicloud_oms_conn_id}' has {', '.join(sorted(given))}: it takes both ak "
                    "(login) and sk (password), with a security_token where they are temporary, or an auth_token, or "
                    "none of these"
                )
        finally:
            del connection, values  # A traceback could show them.
        return settings


class ObjectStoreKeysHook(_ConnectionHook):
    """The keys of a source or a destination, from a connection of type `huaweicloud_oms_keys`.

    A connection of any type with AK and SK as login and password does as well.

    Args:
        object_store_conn_id: The connection.
    """

    conn_name_attr = "object_store_conn_id"
    default_conn_name = "huaweicloud_oms_keys_default"
    conn_type = KEYS_TYPE
    hook_name = "Object store keys for OMS"
    _fields = KEYS_FIELDS

    def __init__(self, object_store_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.object_store_conn_id = object_store_conn_id

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Tell Airflow's connection form how its own fields are shown."""
        return keys_field_behaviour()

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Give the form's other fields, to an Airflow that does not read them from the provider info."""
        return _widgets(cls._fields)

    def get_source_keys(self) -> dict[str, Any]:
        """Give the arguments of a start that say how to read the source."""
        values = self._values(self.get_connection(self.object_store_conn_id))
        own_names = {"ak": "src_ak", "sk": "src_sk", "security_token": "src_security_token"}
        return {own_names.get(name, name): value for name, value in values.items() if value}

    def get_destination_keys(self) -> dict[str, Any]:
        """Give the arguments of a start that say how to write to the destination."""
        values = self._values(self.get_connection(self.object_store_conn_id))
        return {f"dst_{name}": values[name] for name in ("ak", "sk", "security_token") if values[name]}

    def test_connection(self) -> tuple[bool, str]:
        """Check that there are keys at all. Only a start can tell whether they open a bucket."""
        names = set(self.get_source_keys())
        if len(names & {"src_ak", "src_sk"}) == 1:
            return False, "Only one of AK and SK is given"
        if not names & {"src_ak", "connection_string", "json_auth_file"}:
            return False, "Neither AK and SK, nor an Azure connection string, nor a GCS key file is given"
        return True, "The fields are complete. Whether they open a bucket, only a start can tell"


async def _get_connection_async(conn_id: str) -> Connection:
    """Read a connection without blocking the event loop."""
    from asgiref.sync import sync_to_async  # noqa: PLC0415  # only triggers need it

    if hasattr(BaseHook, "aget_connection"):  # not in Airflow up to 3.0
        with suppress(AirflowNotFoundException):  # `dag.test()` does not let triggers await the metadata's connections.
            return await BaseHook.aget_connection(conn_id)
    connection: Connection = await sync_to_async(BaseHook.get_connection)(conn_id)
    return connection


def _widgets(fields: tuple[FormField, ...]) -> dict[str, Any]:
    """Make a form's fields. Only Airflow 2 has these packages, and only its web server asks."""
    from flask_appbuilder.fieldwidgets import (  # type: ignore[import-not-found]  # noqa: PLC0415
        BS3PasswordFieldWidget,
        BS3TextFieldWidget,
    )
    from wtforms import PasswordField, StringField  # type: ignore[import-untyped]  # noqa: PLC0415

    widgets = {}
    for field in fields:
        kind, widget = (PasswordField, BS3PasswordFieldWidget) if field.secret else (StringField, BS3TextFieldWidget)
        widgets[field.name] = kind(field.label, widget=widget(), description=field.description)
    return widgets

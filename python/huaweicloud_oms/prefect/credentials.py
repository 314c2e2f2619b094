"""Blocks: who calls the service, and the keys of the buckets that objects are copied from and to."""

from __future__ import annotations

import os
from typing import Any, ClassVar, TypeVar
from urllib.parse import unquote
from uuid import UUID

from prefect.blocks.abstract import CredentialsBlock
from prefect.blocks.core import Block
from pydantic import ConfigDict, Field, SecretStr, model_validator
from typing_extensions import Self

from huaweicloud_oms import AkSk, AsyncClient, Client, Token
from huaweicloud_oms.prefect._sync import run

_DOCUMENTATION = "https://support.huaweicloud.com/intl/en-us/oms/index.html"


_Block = TypeVar("_Block", bound=Block)


class _KeyBlock(Block):
    """A block whose pickles hold no key: one that is saved is pickled as a reference, and loaded again."""

    _uri_scheme: ClassVar[str]

    model_config = ConfigDict(hide_input_in_errors=True)  # the input is keys

    @model_validator(mode="after")
    def _refuse_unknown_fields(self) -> Self:
        # Prefect allows any field, and adds some of its own.
        unknown = [name for name in self.model_extra or () if name != "block_type_slug" and not name.startswith("_")]
        if unknown:
            raise ValueError(f"no such field: {', '.join(unknown)}")
        return self

    @classmethod
    def from_uri(cls, uri: str) -> Self:
        """Read the fields from a URI, every part of it percent-encoded.

        AK and SK stand before the `@`, all else in the query, by the names of the fields:
        `huaweicloud-oms://AK:SK@/?region=cn-north-4&project_id=...` for `OmsCredentials`,
        `huaweicloud-oms-keys://AK:SK@` for `ObjectStoreCredentials`.

        Args:
            uri: The URI. No message holds any of it.

        Raises:
            ValueError: It is no such URI, or its fields make no such block.
        """
        scheme, _, rest = uri.partition("://")
        keys, at, query = rest.partition("@")
        if scheme != cls._uri_scheme or not at or query.lstrip("/")[:1] not in {"", "?"} or "/" in keys:
            raise ValueError(f"not of the form {cls._uri_scheme}://AK:SK@/?field=value with all of it percent-encoded")
        pairs = [pair.partition("=") for pair in query.lstrip("/?").split("&") if pair]
        ak, _, sk = keys.partition(":")
        given = {"ak": ak, "sk": sk} | {name: value for name, _, value in pairs}
        if not set(given) <= set(cls.model_fields):  # what is not encoded rightly may be a part of a key
            raise ValueError(f"the query of the URI has something else than {', '.join(cls.model_fields)}")
        return cls(**{name: unquote(value) for name, value in given.items() if value})

    def __reduce__(self) -> tuple[Any, ...]:
        if self._block_document_id is None:
            raise TypeError(
                f"{type(self).__name__} holds keys and is not pickled: save() it first, then a reference to it is"
            )
        return _load, (type(self), self._block_document_id)


def _load(kind: type[_KeyBlock], document_id: UUID) -> Any:
    return run(kind.aload_from_ref({"block_document_id": document_id}))


class OmsCredentials(_KeyBlock, CredentialsBlock):
    """Who calls the Object Storage Migration Service, and where.

    What is not given is found by the process that makes the call, as `huaweicloud_oms.Client` finds it: in the
    environment, the profile file, the metadata service of a server or pod, an identity provider. So `OmsCredentials()`,
    with nothing in it, is the account of the machine it is used on.
    """

    _uri_scheme = "huaweicloud-oms"
    _block_type_name = "Huawei Cloud OMS Credentials"
    _block_type_slug = "huaweicloud-oms-credentials"
    _documentation_url = _DOCUMENTATION  # type: ignore[assignment]  # Prefect reads it as text

    region: str | None = Field(default=None, description="The region, such as cn-north-4.")
    project_id: str | None = Field(default=None, title="Project ID", description="The project of that region.")
    ak: SecretStr | None = Field(default=None, title="Access key (AK)")
    sk: SecretStr | None = Field(default=None, title="Secret key (SK)")
    security_token: SecretStr | None = Field(default=None, description="The token of a temporary key.")
    token: SecretStr | None = Field(
        default=None, title="Auth token", description="A token of IAM (X-Auth-Token), instead of AK and SK."
    )
    endpoint: str | None = Field(
        default=None, description="Where requests go, as https://host; by default that of the region."
    )
    proxy: SecretStr | None = Field(default=None, description="The URL of a proxy.")
    timeout: float = Field(default=60.0, gt=0, description="How long a call may take, retries included, in seconds.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.token is not None and (self.ak is not None or self.sk is not None):
            raise ValueError("give either AK and SK, or a token")
        if (self.ak is None) != (self.sk is None):
            raise ValueError("AK and SK go together")
        if self.security_token is not None and self.ak is None:
            raise ValueError("a security token belongs to an AK and SK")
        return self

    def get_client(self) -> Client:
        """Make a client whose methods wait. Close it, or use it in a `with` statement."""
        return Client(**self._settings())

    def get_async_client(self) -> AsyncClient:
        """Make a client whose methods are awaited. Close it, or use it in an `async with` statement."""
        return AsyncClient(**self._settings())

    def _settings(self) -> dict[str, Any]:
        return {
            "region": self.region,
            "endpoint": self.endpoint,
            "project_id": self.project_id,
            "credentials": self._credentials(),
            "proxy": plain(self.proxy),
            "timeout": self.timeout,
        }

    def _credentials(self) -> AkSk | Token | None:
        if self.token is not None:
            return Token(self.token.get_secret_value())
        if self.ak is None or self.sk is None:
            return None
        return AkSk(self.ak.get_secret_value(), self.sk.get_secret_value(), security_token=plain(self.security_token))


class ObjectStoreCredentials(_KeyBlock):
    """The keys of a bucket that objects are copied from or to, at any provider.

    A destination has an access key and a secret key. A source can have a connection string (Azure Blob) or a key file
    (Google Cloud Storage) instead. A URL list needs no source.
    """

    _uri_scheme = "huaweicloud-oms-keys"
    _block_type_name = "Huawei Cloud OMS Object Store Credentials"
    _block_type_slug = "huaweicloud-oms-object-store-credentials"
    _documentation_url = _DOCUMENTATION  # type: ignore[assignment]  # Prefect reads it as text

    ak: SecretStr | None = Field(default=None, title="Access key (AK)")
    sk: SecretStr | None = Field(default=None, title="Secret key (SK)")
    security_token: SecretStr | None = Field(default=None, description="The token of a temporary key.")
    connection_string: SecretStr | None = Field(
        default=None, description="The connection string of an Azure Blob source."
    )
    json_auth_file: SecretStr | None = Field(
        default=None, description="The content of the key file of a Google Cloud Storage source."
    )

    @classmethod
    def from_environment(cls, prefix: str) -> Self:
        """Read the keys from environment variables.

        Args:
            prefix: What their names begin with: with `"OMS_SRC_"` they are `OMS_SRC_AK`, `OMS_SRC_SK`,
                `OMS_SRC_SECURITY_TOKEN`, `OMS_SRC_CONNECTION_STRING` and `OMS_SRC_JSON_AUTH_FILE`.

        Raises:
            ValueError: None of them is set.
        """
        found = {name: os.environ.get(f"{prefix}{name.upper()}") for name in cls.model_fields}
        if not any(found.values()):
            raise ValueError(f"none of {', '.join(f'{prefix}{name.upper()}' for name in found)} is set")
        return cls(**{name: SecretStr(value) for name, value in found.items() if value})

    def source_arguments(self) -> dict[str, str]:
        """Give the arguments of `Client.start_task` and its like, where objects are copied from here: plain keys."""
        own = {"ak": "src_ak", "sk": "src_sk", "security_token": "src_security_token"}
        return {own.get(name, name): value for name, value in self._given().items()}

    def destination_arguments(self) -> dict[str, str]:
        """Give the arguments of `Client.start_task` and its like, where objects are copied to here: plain keys.

        Raises:
            ValueError: It is no destination: it has a connection string or a key file.
        """
        given = self._given()
        if only := {"connection_string", "json_auth_file"} & set(given):
            raise ValueError(f"{' and '.join(sorted(only))}: only a source has that, no destination")
        return {f"dst_{name}": value for name, value in given.items()}

    def _given(self) -> dict[str, str]:
        values = {name: plain(getattr(self, name)) for name in type(self).model_fields}
        return {name: value for name, value in values.items() if value is not None}


def plain(value: Any) -> Any:
    """Take a secret out of its wrapping; give anything else as it is."""
    return value.get_secret_value() if isinstance(value, SecretStr) else value


async def resolve(kind: type[_Block], given: _Block | str | None) -> _Block | None:
    """Give a block, also where it was given by name."""
    if isinstance(given, str):
        loaded: _Block = await kind.aload(given)
        return loaded
    return given

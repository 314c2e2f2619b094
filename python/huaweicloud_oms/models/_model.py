"""How the service's JSON becomes a model: by the types that a model's fields are declared with."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from huaweicloud_oms._record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, ClassVar

    from typing_extensions import Self

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LARGEST = 2**63 - 1


def number(value: object) -> int | None:
    """Read a whole number, written as such or in digits."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < len(str(_LARGEST)):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) else None


def _fraction(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _identifier(value: object) -> int | str | None:
    return value if isinstance(value, (int, str)) and not isinstance(value, bool) else None


def _moment(value: object) -> datetime | None:
    """Read Unix milliseconds; 0 says "never"."""
    milliseconds = number(value)
    if not milliseconds:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None


def _span(value: object) -> timedelta | None:
    milliseconds = number(value)
    if milliseconds is None:
        return None
    try:
        return timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


_READERS: dict[str, Callable[[Any], Any]] = {
    "int | None": number,
    "float | None": _fraction,
    "bool | None": _flag,
    "str | None": _text,
    "int | str | None": _identifier,
    "datetime | None": _moment,
    "timedelta | None": _span,
    "tuple[str, ...]": _texts,
}
"""How to read a field, by its declared type. Models and statuses add their own."""


def readable(name: str, read: Callable[[Any], Any]) -> None:
    """Have fields of this type read so."""
    _READERS[name] = read


class Model(Record):
    """Something that the service tells, as an immutable value."""

    _read_by: ClassVar[tuple[tuple[str, Callable[[Any], Any]], ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        types = cls.__dict__.get("__annotations__", {})
        own = {name: _READERS[declared] for name, declared in types.items() if not name.startswith("_")}
        cls._read_by = (*own.items(), *cls._read_by)
        readable(f"{cls.__name__} | None", cls._from_any)
        readable(f"tuple[{cls.__name__}, ...]", cls._from_list)

    @classmethod
    def from_raw(cls, raw: Mapping[str, Any]) -> Self:
        """Make a model of the service's own JSON.

        Args:
            raw: The members of the JSON object. What is missing or of an unexpected kind becomes `None`.
        """
        self = cls.__new__(cls)
        state: dict[str, Any] = {name: read(raw.get(name)) for name, read in cls._read_by}
        state["_raw"] = raw
        self.__dict__.update(state)
        return self

    @property
    def raw(self) -> Mapping[str, Any]:
        """The JSON object as the service sent it, with whatever this version does not know."""
        raw: Mapping[str, Any] = self.__dict__.get("_raw", {})
        return raw

    @classmethod
    def _from_any(cls, value: object) -> Self | None:
        return cls.from_raw(value) if isinstance(value, dict) else None

    @classmethod
    def _from_list(cls, value: object) -> tuple[Self, ...]:
        return tuple(cls.from_raw(item) for item in value if isinstance(item, dict)) if isinstance(value, list) else ()

    def __repr__(self) -> str:
        # The fields that are a model's own come first.
        values = ((name, getattr(self, name)) for name, _ in self._read_by)
        shown = ", ".join(f"{name}={value!r}" for name, value in values if value not in (None, ()))
        return f"{type(self).__name__}({shown})"

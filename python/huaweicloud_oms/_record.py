"""Immutable values with named fields.

Like frozen dataclasses, without importing `dataclasses`: that alone would cost a fifth of the package's import.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, NoReturn

    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_options: object) -> object:
        """Stand in for `typing.dataclass_transform`, which speaks to type checkers only."""
        return lambda cls: cls


@dataclass_transform(frozen_default=True)
class Record:
    """A value whose annotated class attributes are its fields, in their order."""

    _fields: ClassVar[tuple[str, ...]] = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        own = (name for name in cls.__dict__.get("__annotations__", ()) if not name.startswith("_"))
        cls._fields = (*cls._fields, *own)
        cls.__match_args__ = cls._fields  # type: ignore[misc]  # mypy knows dataclasses' own only

    def __init__(self, *values: Any, **named: Any) -> None:
        fields = self._fields
        if len(values) == len(fields) and not named:
            self.__dict__.update(zip(fields, values, strict=True))
            return
        if len(values) > len(fields):
            raise TypeError(f"{type(self).__name__} takes {len(fields)} values, not {len(values)}")
        state = dict(zip(fields, values, strict=False))
        for name, value in named.items():
            if name not in fields or name in state:
                raise TypeError(f"{type(self).__name__} got an unexpected or repeated value '{name}'")
            state[name] = value
        for name in fields:
            if name not in state:
                try:
                    state[name] = getattr(type(self), name)
                except AttributeError:
                    raise TypeError(f"{type(self).__name__} needs a value for '{name}'") from None
        self.__dict__.update(state)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable: '{name}' cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable: '{name}' cannot be deleted")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return bool(self.__dict__ == other.__dict__)

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, name) for name in self._fields)))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({shown})"

    def __replace__(self, **changes: Any) -> Self:
        """Give a copy with other values (`copy.replace` of Python 3.13)."""
        return type(self)(**{**self.__dict__, **changes})

    def to_dict(self) -> dict[str, Any]:
        """Give the fields and their values as a new `dict`."""
        return {name: getattr(self, name) for name in self._fields}

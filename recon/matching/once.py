"""What is worked out once and kept: ``functools.cached_property`` without its lock, which takes longer than most of
what a case asks of itself (until Python 3.12). A run has one thread."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 - used as property is
    """A property that is worked out when it is first asked for."""

    def __init__(self, make: "Callable[[Any], T]") -> None:
        self.make = make
        self.name = make.__name__
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> "once[T]": ...
    @overload
    def __get__(self, owner: object, kind: type) -> T: ...
    def __get__(self, owner: Any, kind: type) -> Any:
        if owner is None:
            return self
        found = owner.__dict__[self.name] = self.make(owner)
        return found

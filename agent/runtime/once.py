"""What is made when it is first used, and made once however many threads use it at that moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar, overload

T = TypeVar("T")


class Owner(Protocol):
    """An object whose parts are made once: `making` is the one lock of all of them, because parts need each other."""

    making: threading.RLock


class once(Generic[T]):
    """`functools.cached_property` with a lock, which it lost in Python 3.12. What raises is tried again."""

    def __init__(self, make: Callable[..., T]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, owner: None, kind: type[object]) -> once[T]: ...
    @overload
    def __get__(self, owner: Owner, kind: type[object]) -> T: ...
    def __get__(self, owner: Owner | None, kind: type[object]) -> T | once[T]:
        """The part; later uses find it in the object itself and never come here."""
        if owner is None:
            return self
        with owner.making:
            parts = owner.__dict__
            if self._name not in parts:
                parts[self._name] = self._make(owner)
            made: T = parts[self._name]
            return made

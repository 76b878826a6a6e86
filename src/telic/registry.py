"""One way to extend Telic: a decorator with a name and an example beside the thing itself."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import ModuleType
from typing import Generic, TypeVar

from telic.errors import UnknownName, UsageError

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., object])


def near_names(name: str, known: Iterable[object], shown: Iterable[object] | None = None) -> str:
    """Say which known names look like `name`, as the end of a hint; where none does, all, or those that are `shown`.

    Examples
    --------
    >>> near_names("rolback", ["rollback", "restart"])
    'did you mean rollback?'
    """
    names = sorted(map(str, known))
    close = difflib.get_close_matches(name, names, n=2)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"known: {', '.join(names if shown is None else map(str, shown))}"


class Registry(Generic[T]):
    """Everything of one kind, by name.

    Parameters
    ----------
    kind
        What is registered, in the singular: ``"fault"``.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._factories: dict[str, Callable[..., T]] = {}
        self.examples: dict[str, Mapping[str, object]] = {}

    def __call__(self, name: str, *, example: Mapping[str, object]) -> Callable[[F], F]:
        """Register the decorated class or function as `name`; `example` are parameters that work."""

        def add(factory: F) -> F:
            if name in self._factories:
                raise UsageError(f"{self.kind} {name!r} is registered twice", hint="rename one of them")
            self._factories[name] = factory  # type: ignore[assignment]
            self.examples[name] = example
            return factory

        return add

    def create(self, name: str, **params: object) -> T:
        """Make the extension called `name`."""
        return self.factory(name)(**params)

    def factory(self, name: str) -> Callable[..., T]:
        """Return the class or function registered as `name`."""
        if name not in self._factories:
            raise UnknownName(f"no {self.kind} {name!r}", hint=near_names(name, self._factories))
        return self._factories[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._factories))

    def __contains__(self, name: object) -> bool:
        return name in self._factories


def load_siblings(package: ModuleType | str) -> None:
    """Import every module of `package`, so that a new file needs no list."""
    module = importlib.import_module(package) if isinstance(package, str) else package
    for found in pkgutil.iter_modules(module.__path__, f"{module.__name__}."):
        importlib.import_module(found.name)

"""One key of a mapping, and the closed set of those that a kind of mapping has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """One key of a mapping."""

    name: str
    form: str  # what its value looks like
    meaning: str
    required: bool = False


@dataclass(frozen=True)
class Keys:
    """The closed set of keys of one kind of mapping."""

    what: str  # with its article: "an operation"
    at: str  # where it stands: functional.operations[]
    all: tuple[Key, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all keys, in order."""
        return tuple(each.name for each in self.all)

    @property
    def required(self) -> tuple[str, ...]:
        """Names that may not be left out."""
        return tuple(each.name for each in self.all if each.required)


def must(name: str, form: str, meaning: str) -> Key:
    """Return a key that may not be left out."""
    return Key(name, form, meaning, required=True)


ID = must("id", "id", "what designs, tests, reports and refinements cite")

"""What kind of thing a file is, from its path alone: code that runs, or text that cannot break anything at run time."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, get_args

from telic.context.changes import vocabulary

FileKind = Literal[
    "code", "config", "dependency", "migration", "resources", "test", "docs", "ci", "asset", "lock", "other"
]

INERT: frozenset[FileKind] = frozenset({"test", "docs", "ci", "asset", "lock"})
"""Kinds of files that are not part of what runs, or only of how it looks."""

_ELSEWHERE = re.compile(r"(^|[/_.-])(staging|stage|dev|develop|sandbox|local)s?([/_.-]|$)")
_SAMPLES = re.compile(r"(^|[/_.-])(example|sample)s?([/_.-]|$)")
_SHARED = frozenset(
    {"pkg", "lib", "libs", "internal", "common", "shared", "platform", "core", "vendor", "src", "cmd", "api"}
)


def kind(path: str) -> FileKind:
    """Return the kind of a file.

    Examples
    --------
    >>> kind("pkg/sku/parse_fuzz_test.go"), kind("services/cart/db.yaml"), kind("go.mod")
    ('test', 'config', 'dependency')
    """
    return next((name for name, pattern in _kinds() if pattern.search(path)), "other")


@lru_cache(maxsize=1)
def _kinds() -> tuple[tuple[FileKind, re.Pattern[str]], ...]:
    found = vocabulary.table("files")
    known: tuple[FileKind, ...] = get_args(FileKind)
    order = {str(each): each for each in known}
    return tuple((order[name], vocabulary.any_of(texts, cased=True)) for name, texts in found.items())


def inert(path: str) -> bool:
    """Return whether a file cannot change how the running system behaves.

    Examples
    --------
    >>> inert("examples/client.py"), inert("config.example.yaml"), inert("services/tuning/examples.py")
    (True, True, False)
    """
    found = kind(path)
    folder = path.rpartition("/")[0] if found == "code" else path  # code may well be about examples
    return found in INERT or bool(_ELSEWHERE.search(path)) or bool(_SAMPLES.search(folder))


def shared(path: str) -> bool:
    """Return whether a file belongs to no single service: a library, or the root of the repository."""
    parts = path.split("/")
    return len(parts) == 1 or parts[0] in _SHARED

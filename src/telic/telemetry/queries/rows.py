"""Turns rows of a store into typed records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from telic.errors import StoreFailed
from telic.model import Row, Window

T = TypeVar("T")


def records(kind: type[T], rows: Iterable[Row]) -> list[T]:
    """Convert `rows` whose columns are named as the fields of `kind`; an absent value takes the field's default."""
    try:
        return [
            msgspec.convert({name: value for name, value in row.items() if value is not None}, kind, strict=False)
            for row in rows
        ]
    except msgspec.ValidationError as error:
        raise StoreFailed(
            f"the store's answer is not a {kind.__name__}: {error}",
            hint="was it written by another version? see docs/reference/contracts.md",
        ) from error


def bounds(window: Window) -> tuple[int, int]:
    """Return start and end of `window` [ns since the Unix epoch]."""
    return round(window.start * 1e9), round(window.end * 1e9)

"""The effect readers: one file each, found by name; every one looks at one place of a diff."""

from __future__ import annotations

from telic.context.changes.effect import effect_reader
from telic.registry import load_siblings

load_siblings(__name__)

__all__ = ["effect_reader"]

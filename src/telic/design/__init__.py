"""Intent to design: services, interfaces, code, tests, schema, seed data and wiring, the same for the same intent.

What makes and checks designs is imported when it is first asked for: whoever reads one starts 0.3 s earlier.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from telic.design.reading import read
from telic.design.shelf import shelved
from telic.design.wiring import parse_wiring, read_wiring, write_wiring

if TYPE_CHECKING:
    from telic.design.folder import generate, rewire, wiring_digest
    from telic.design.lints import Finding, lint

__all__ = [
    "Finding",
    "generate",
    "lint",
    "parse_wiring",
    "read",
    "read_wiring",
    "rewire",
    "shelved",
    "wiring_digest",
    "write_wiring",
]
_LATER = {"generate": "folder", "rewire": "folder", "wiring_digest": "folder", "Finding": "lints", "lint": "lints"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)

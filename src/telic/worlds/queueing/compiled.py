"""Compiles functions with numba, once: machine code is kept in a folder that belongs to these very sources."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from telic.errors import UsageError

try:
    import numba
    import numpy  # noqa: F401
except ModuleNotFoundError as missing:
    raise UsageError(
        f"the queueing model needs {missing.name}, which is not installed",
        hint="pip install 'telic[model]', or `make dev` in a checkout",
    ) from missing

F = TypeVar("F", bound=Callable[..., Any])
_SOURCES = ("compiled", "layout", "events", "policies", "frames", "slots", "server", "work", "client", "kernel")


def cache_folder() -> Path:
    """Return where machine code is kept: numba looks at one file of a call tree, so all of them are in the name."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    digest = hashlib.sha256()
    for name in _SOURCES:
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return base / "telic" / f"model-{digest.hexdigest()[:12]}"


if "NUMBA_CACHE_DIR" not in os.environ:
    config: Any = numba.config
    config.CACHE_DIR = str(cache_folder())

_njit: Any = numba.njit
# Nothing is allocated, so nothing is counted; and only what Python calls needs a way in for Python.
_INNER: dict[str, Any] = {"error_model": "numpy", "_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def part(function: F) -> F:
    """Compile a function that becomes part of whatever calls it: no call remains at run time."""
    made: F = _njit(forceinline=True, **_INNER)(function)
    return made


def routine(function: F) -> F:
    """Compile a function that is called."""
    made: F = _njit(**_INNER)(function)
    return made


def program(function: F) -> F:
    """Compile a function that Python calls, and keep its machine code."""
    made: F = _njit(cache=True, error_model="numpy", nogil=True, _nrt=False)(function)
    return made

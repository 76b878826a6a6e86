"""Compiles what the model is made of into one program, whose machine code is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from telic.errors import UsageError
from telic.machine_code import code_folder, compile_kept

try:
    import numba
    import numpy  # noqa: F401
except ModuleNotFoundError as missing:
    raise UsageError(
        f"the queueing model needs {missing.name}, which is not installed",
        hint="pip install 'telic[model]', or `make dev` in a checkout",
    ) from missing

F = TypeVar("F", bound=Callable[..., Any])
_SOURCES = ("compiled", "layout", "events", "policies", "frames", "slots", "messages", "server", "work", "client", "kernel")  # fmt: skip  # noqa: E501
_FOLDER = code_folder("model", (Path(__file__).with_name(f"{name}.py") for name in _SOURCES))
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
    return compile_kept(function, _FOLDER, error_model="numpy")

"""Libraries that a door needs and Telic's core does not."""

from __future__ import annotations

import importlib
from types import ModuleType

from telic.errors import UsageError


def need(module: str, *, extra: str = "lab") -> ModuleType:
    """Import what a door needs.

    Raises
    ------
    UsageError
        It is not installed; the hint names what to install.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = "telic[lab]" if extra == "lab" else extra
        raise UsageError(
            f"this door needs {module}, which is not installed", hint=f"pip install '{package}'"
        ) from error

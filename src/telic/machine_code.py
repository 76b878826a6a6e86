"""Compiles functions with numba, once: machine code is kept in a folder that belongs to its very sources."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def code_folder(name: str, sources: Iterable[Path], *, also: str = "") -> Path:
    """Return where the machine code of some sources is kept.

    Parameters
    ----------
    name
        What the folder's name begins with.
    sources
        Every file whose text is in the code; numba itself looks at one file of a call tree alone.
    also
        What else the code depends on.

    Returns
    -------
    Path
        In ``$NUMBA_CACHE_DIR``, or ``$XDG_CACHE_HOME/telic``; another one for other sources, Python or numba.

    Raises
    ------
    PackageNotFoundError
        numba is not installed.
    """
    digest = hashlib.sha256(f"{_compiler()} {also}".encode())
    for path in sorted({*sources, Path(__file__)}):
        digest.update(path.read_bytes())
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "telic"
    return Path(os.environ.get("NUMBA_CACHE_DIR") or kept) / f"{name}-{digest.hexdigest()[:16]}"


@functools.cache
def _compiler() -> str:
    return f"{version('numba')} {sys.version} {platform.machine()}"


def compile_kept(function: F, folder: Path, **options: Any) -> F:
    """Compile a function when it is first called, and keep its code in `folder`; it allocates and holds nothing.

    Parameters
    ----------
    options
        Of ``numba.njit``, besides: nothing is allocated, so nothing is counted, and others may run meanwhile.
    """
    import numba

    config: Any = numba.config
    njit: Any = numba.njit
    before, config.CACHE_DIR = config.CACHE_DIR, str(folder)
    try:
        made: F = njit(cache=True, nogil=True, _nrt=False, **options)(function)
        return made
    finally:
        config.CACHE_DIR = before

"""Compiles the scanners into a cache folder of the user, once a version; later processes only load them.

``python -m telic.telemetry.otlp.scan.warm`` does it ahead of time; `prepare` does it in a child process of lower
priority, so that a receiver goes on with the plain reader meanwhile.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from typing import TYPE_CHECKING

from telic.errors import UsageError, WorldError
from telic.telemetry.otlp.scan.cache import cache_folder

if TYPE_CHECKING:
    from telic.telemetry.otlp.scan.columns import Scanners

COMPILES = 1800.0  # what compiling may take on a busy machine [s]
_MARK = "complete"


def prepare() -> Scanners:
    """Return scanners that are ready; compile them first in a child process where nobody did so yet.

    Raises
    ------
    UsageError
        The extra ``fast`` is not installed.
    WorldError
        Compiling failed.
    """
    try:
        folder = cache_folder()
    except PackageNotFoundError as error:
        raise UsageError("numba is not installed", hint='pip install "telic[fast]"') from error
    if not (folder / _MARK).exists():
        command = [sys.executable, "-m", __name__]
        try:
            made = subprocess.run(command, capture_output=True, text=True, timeout=COMPILES, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise WorldError(f"cannot compile the scanners: {error}", hint="the plain reader goes on") from error
        if made.returncode:
            said = (made.stderr.strip().splitlines() or ["no word"])[-1]
            raise WorldError(f"cannot compile the scanners: {said}", hint=f"run `{' '.join(command)}`")
    return load()


def load() -> Scanners:
    """Import the scanners and run each once."""
    from telic.telemetry.otlp.scan.columns import Scanners

    scanners = Scanners()
    for table in scanners.tables:
        scanners.accept(table, b"")
        scanners.add(table, b"", 0)
    scanners.finish()
    return scanners


def main() -> int:
    """Compile everything."""
    os.nice(10)
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    load()
    (folder / _MARK).touch()
    return 0


if __name__ == "__main__":
    sys.exit(main())

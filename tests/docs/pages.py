"""Blocks of code in the pages of docs/."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def blocks(page: str) -> list[str]:
    """Return the indented blocks of a page, without their indent."""
    found: list[list[str]] = []
    inside = False
    for line in (ROOT / page).read_text(encoding="utf-8").splitlines():
        if line.startswith("    "):
            if not inside:
                found.append([])
            found[-1].append(line[4:])
            inside = True
        elif line.strip():
            inside = False
        elif inside:
            found[-1].append("")
    return ["\n".join(each).strip("\n") + "\n" for each in found]


def commands(page: str, program: str = "telic") -> list[str]:
    """Return the lines of a page's blocks that begin with `program`."""
    return [line for each in blocks(page) for line in each.splitlines() if re.match(rf"{program}\b", line)]

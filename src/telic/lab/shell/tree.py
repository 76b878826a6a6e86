"""Files and links of a folder, as data, and the folder that is made and kept like them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_DRAFT = ".draft"


@dataclass(frozen=True)
class Tree:
    """What a folder holds, by path within it.

    Parameters
    ----------
    files
        The text of each.
    links
        Where each symbolic link points to.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)

    def below(self, folder: str) -> Tree:
        """Return the same, a folder deeper."""
        return Tree(
            {f"{folder}/{path}": text for path, text in self.files.items()},
            {f"{folder}/{path}": target for path, target in self.links.items()},
        )

    def within(self, folder: str) -> Tree:
        """Return what a folder of it holds."""
        start = f"{folder}/"
        return Tree(
            {path.removeprefix(start): text for path, text in self.files.items() if path.startswith(start)},
            {path.removeprefix(start): target for path, target in self.links.items() if path.startswith(start)},
        )

    def __or__(self, other: Tree) -> Tree:
        return Tree({**self.files, **other.files}, {**self.links, **other.links})


EMPTY = Tree()


def lay(tree: Tree, folder: Path, before: Tree = EMPTY) -> None:
    """Make a folder that holds `before` hold `tree`; who reads a file meanwhile sees it as it was or as it will be.

    Raises
    ------
    OSError
        It cannot be written, or no longer holds what it was said to.
    """
    draft = folder / _DRAFT
    for path in {*before.files, *before.links} - {*tree.files, *tree.links}:
        (folder / path).unlink()
        _without_empty((folder / path).parent, folder)
    for made in {(folder / path).parent for path in (*tree.files, *tree.links)}:
        made.mkdir(parents=True, exist_ok=True)
    for path, text in tree.files.items():
        if before.files.get(path) != text:
            draft.write_text(text)
            draft.replace(folder / path)
    for path, target in tree.links.items():
        if before.links.get(path) != target:
            os.symlink(target, draft)
            draft.replace(folder / path)


def _without_empty(folder: Path, root: Path) -> None:
    """Remove a folder and those above it, as far up as they are empty."""
    with contextlib.suppress(OSError):  # the first that is not
        while folder != root:
            folder.rmdir()
            folder = folder.parent

"""Files and links of a folder, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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

    def __or__(self, other: Tree) -> Tree:
        return Tree({**self.files, **other.files}, {**self.links, **other.links})

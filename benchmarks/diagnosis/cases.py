"""The recorded incidents and, apart from them, their truths."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SETS = ("nezha_trainticket", "petshop", "petshop_temporal", "rootcausebench")


@dataclass(frozen=True)
class Truth:
    """What was really wrong: one entity, or nothing."""

    entity: str
    aliases: tuple[str, ...] = ()
    mechanism: str = ""
    signal: str = ""
    change: str = ""

    @property
    def negative(self) -> bool:
        """Whether nothing was wrong."""
        return not self.entity


@dataclass(frozen=True)
class Case:
    """One recorded incident; its truth is for scoring only."""

    set: str
    folder: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    def truth(self) -> Truth:
        """Open the sealed truth."""
        found = json.loads((self.folder / "truth.json").read_text())
        causes = found.get("root_causes") or []
        if not causes or found.get("negative"):
            return Truth("")
        first = causes[0]
        return Truth(
            first["entity"],
            tuple(first.get("aliases") or ()),
            first.get("mechanism") or "",
            first.get("signal") or "",
            first.get("change") or "",
        )


def data() -> Path:
    """Return where the data lies: ``TELIC_DATA``, or beside the project."""
    return Path(os.environ.get("TELIC_DATA") or Path(__file__).parents[2].parent / "shared" / "data")


def cases(name: str) -> Sequence[Case]:
    """Return the incidents of one set, by name; none where the data is absent."""
    folder = data() / "incidents" / name
    return [Case(name, each) for each in sorted(folder.iterdir()) if each.is_dir()] if folder.is_dir() else []

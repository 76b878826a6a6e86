"""From a template to the line of code that prints it: literal parts matched against string constants."""

from __future__ import annotations

import math
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from telic.context.logs.constants import LANGUAGES, Constant, constants
from telic.context.logs.template import Template
from telic.errors import UsageError

LARGEST, MOST_FILES, MOST_CONSTANTS = 1 << 20, 50_000, 2_000_000
_SKIPPED = frozenset(
    [".git", ".hg", ".svn", ".tox", ".venv", "venv", "node_modules", "__pycache__", "site-packages", "dist", "target"]
)
_WORDS = re.compile(r"[^\W\d_]{2,}")
_CANDIDATES = 40
"""Constants that share the rarest words with a template and are compared with it in full."""
COVERED = 0.5
"""Share of a template's letters that a constant accounts for at least."""


@dataclass(frozen=True)
class SourceLine:
    """Where a template may be printed.

    Parameters
    ----------
    path
        Within the folder of the code, with ``/``.
    line
        From 1.
    text
        The constant, ``<*>`` where values are put in.
    score
        Share of the template's letters that the constant accounts for, 0 to 1; more where the line's own words name
        the file.
    """

    path: str
    line: int
    text: str
    score: float

    @property
    def place(self) -> str:
        """File and line: ``orders/pool.py:4``."""
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class _Entry:
    path: str
    constant: Constant


class SourceIndex:
    """String constants of a folder of code, by their words.

    Parameters
    ----------
    folder
        Searched for Python, Java, Kotlin, Scala, Go, JavaScript, TypeScript and C# files; links are not followed.

    Raises
    ------
    UsageError
        When `folder` is no folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise UsageError(
                f"{folder} is no folder of code.", hint="Name the folder that the services' sources are in."
            )
        self.files = self.skipped = 0
        self._entries: list[_Entry] = []
        self._places: dict[str, list[int]] = defaultdict(list)
        for path in self._files(folder):
            self._read(path, path.relative_to(folder).as_posix())

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, template: Template, most: int = 3) -> list[SourceLine]:
        """Return the lines of code that may print `template`, the likeliest first."""
        words = Counter(_words(" ".join(template.constants)))
        letters = sum(len(word) * times for word, times in words.items())
        if not letters:
            return []
        found = []
        for at in self._candidates(words):
            entry = self._entries[at]
            covered = _covered(entry.constant, template, words) / letters
            if covered >= COVERED:
                found.append((covered * (1.0 if entry.constant.logged else 0.8) * _named(entry.path, template), entry))
        found.sort(key=lambda each: (-each[0], each[1].path, each[1].constant.line))
        return [
            SourceLine(
                each.path, each.constant.line, each.constant.text.replace("\x00", "<*>"), round(min(score, 1.0), 3)
            )
            for score, each in found[:most]
        ]

    def _candidates(self, words: Counter[str]) -> list[int]:
        """Return the constants that share the rarest words."""
        weights: Counter[int] = Counter()
        known = sorted((word for word in words if word in self._places), key=lambda word: len(self._places[word]))
        for word in known[:8]:
            places = self._places[word]
            weight = math.log(1.0 + len(self._entries) / len(places))
            for at in places[:20_000]:
                weights[at] += weight  # type: ignore[assignment]
        return [at for at, _ in sorted(weights.items(), key=lambda each: (-each[1], each[0]))[:_CANDIDATES]]

    def _files(self, folder: Path) -> Iterator[Path]:
        for root, folders, names in os.walk(folder):
            folders[:] = sorted(each for each in folders if each not in _SKIPPED)
            for name in sorted(names):
                if Path(name).suffix in LANGUAGES:
                    if self.files + self.skipped >= MOST_FILES or len(self._entries) >= MOST_CONSTANTS:
                        self.skipped += 1
                        continue
                    yield Path(root, name)

    def _read(self, path: Path, shown: str) -> None:
        try:
            if path.is_symlink() or path.stat().st_size > LARGEST:
                self.skipped += 1
                return
            source = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            self.skipped += 1
            return
        self.files += 1
        for constant in constants(source, LANGUAGES[path.suffix]):
            words = set(_words(constant.text))
            if words:
                for word in words:
                    self._places[word].append(len(self._entries))
                self._entries.append(_Entry(shown, constant))


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(text)]


def _covered(constant: Constant, template: Template, words: Counter[str]) -> int:
    """Return how many letters of the template the constant accounts for; 0 when its parts do not stand in the line."""
    end = 0
    for part in constant.parts:
        at = template.example.find(part.strip(), end)
        if at < 0:
            return 0
        end = at + len(part.strip())
    said = Counter(_words(constant.text))
    return sum(len(word) * min(times, words[word]) for word, times in said.items())


def _named(path: str, template: Template) -> float:
    """Return more than 1 where the line names the file, as loggers often do."""
    stem = path.rsplit("/", 1)[-1].partition(".")[0]
    return 1.25 if len(stem) > 2 and re.search(rf"\b{re.escape(stem)}\b", template.example) else 1.0

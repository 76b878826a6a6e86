"""The loghub 2k systems and how a parse is scored against their labels."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

from telic.settings import Settings

ROOT = Settings.read().data / "loghub2k"
_TOGETHER = re.compile(r"[\w./$#@%+\-]*<\*>[\w./$#@%+\-]*")
_NEIGHBOURS = re.compile(r"<\*>(?:[\s,:;]*<\*>)+")


@dataclass(frozen=True)
class System:
    """One system's lines with both sets of labels, one template a line."""

    name: str
    lines: tuple[str, ...]
    original: tuple[str, ...]
    corrected: tuple[str, ...]


def systems(root: Path = ROOT) -> list[System]:
    """Return the systems under `root`, by name; those without both labels are left out."""
    found = []
    for folder in sorted((root / "original").glob("*")) if root.is_dir() else []:
        name = folder.name
        first = folder / f"{name}_2k.log_structured.csv"
        second = root / "corrected" / name / f"{name}_2k.log_structured_corrected.csv"
        if first.is_file() and second.is_file():
            lines, original = _read(first)
            _, corrected = _read(second)
            found.append(System(name, lines, original, corrected))
    return found


def _read(file: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    with file.open(encoding="utf-8", errors="replace", newline="") as opened:
        rows = list(csv.DictReader(opened))
    return tuple(row["Content"] for row in rows), tuple(row["EventTemplate"] for row in rows)


def grouping_accuracy(found: Sequence[Hashable], labels: Sequence[Hashable]) -> float:
    """Return the share of lines whose group has exactly the lines of their label's group.

    Zhu et al., "Tools and Benchmarks for Automated Log Parsing", ICSE-SEIP 2019, section III-A.
    """
    pairs, groups, truths = Counter(zip(found, labels, strict=True)), Counter(found), Counter(labels)
    right = sum(lines for (group, label), lines in pairs.items() if groups[group] == lines == truths[label])
    return right / len(labels)


def f1_of_groups(found: Sequence[Hashable], labels: Sequence[Hashable]) -> float:
    """Return F1 over groups: every template counts the same (Khan et al., ICSE 2022, section 3.3)."""
    pairs, groups, truths = Counter(zip(found, labels, strict=True)), Counter(found), Counter(labels)
    right = sum(groups[group] == lines == truths[label] for (group, label), lines in pairs.items())
    return 2 * right / (len(groups) + len(truths))


def parsing_accuracy(texts: Sequence[str], labels: Sequence[str], joined: bool = False) -> float:
    """Return the share of lines whose template text is the label, blanks apart.

    With `joined`, neighbouring values count as one and a token with a value in it as a value, in both.
    """
    plain = _joined if joined else _blanks
    cache: dict[tuple[str, str], bool] = {}
    for pair in set(zip(texts, labels, strict=True)):
        cache[pair] = plain(pair[0]) == plain(pair[1])
    return sum(cache[pair] for pair in zip(texts, labels, strict=True)) / len(labels)


def _blanks(text: str) -> str:
    return " ".join(text.split())


def _joined(text: str) -> str:
    return _NEIGHBOURS.sub("<*>", _TOGETHER.sub("<*>", _blanks(text)))


def wrong(found: Sequence[Hashable], labels: Sequence[str]) -> dict[str, int]:
    """Return the labels whose lines are not exactly one group, with their number of lines."""
    groups, truths = defaultdict(set), defaultdict(set)
    for at, (group, label) in enumerate(zip(found, labels, strict=True)):
        groups[group].add(at)
        truths[label].add(at)
    exact = {frozenset(each) for each in groups.values()}
    return {label: len(lines) for label, lines in truths.items() if frozenset(lines) not in exact}

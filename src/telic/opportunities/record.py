"""One JSON document of a run, both ways: the terminal, the page, compare, watch and export read it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from telic.errors import InvalidRecord, UnknownName
from telic.model import dump, plain
from telic.opportunities.model import Finding, Surfaced, Value

SCHEMA = "telic/opportunities/v1"
_WORDS = {"Infinity": math.inf, "-Infinity": -math.inf, None: math.nan}
_NUMBERS = frozenset(
    (
        "ratio",
        "difference",
        "low",
        "high",
        "share",
        "p",
        "q",
        "p_family",
        "bound",
        "mean",
        "members_mean",
        "others_mean",
    )
)


@dataclass(frozen=True)
class Guess:
    """Which column was taken for what, and why."""

    role: str  # time | event | group | user | order | ...
    column: str
    why: str = ""


@dataclass(frozen=True)
class Kpi:
    """A KPI as it was asked for, over the whole input."""

    name: str
    text: str
    harm: int
    binary: bool
    defined: int  # groups that have it
    undefined: int  # groups that do not
    mean: float
    why: str = ""  # why this direction is harm
    unit: str = ""  # "s" where values are lengths of time
    sums: bool = True  # whether values of groups may be added up


@dataclass(frozen=True)
class Bin:
    """A KPI in one stretch of time, of a finding's members and of all others."""

    at: float  # its begin [s since the Unix epoch]
    members: int
    members_mean: float
    others: int
    others_mean: float


@dataclass(frozen=True)
class Story:
    """What happened in one group of a finding; text of others, shown as it is."""

    group: str
    events: tuple[str, ...]
    seconds: tuple[float, ...]  # after the first event [s]
    more: int = 0  # events that are not listed


@dataclass(frozen=True)
class Detail:
    """What the page shows of a finding besides its numbers."""

    bins: tuple[Bin, ...] = ()
    stories: tuple[Story, ...] = ()


@dataclass(frozen=True)
class Run:
    """Everything that is known of one run.

    Parameters
    ----------
    id
        Of content: equal input, KPIs and settings give the same.
    source
        What was read, as it was named.
    columns
        What each column was taken for.
    started, ended
        First and last event [s since the Unix epoch].
    details
        By the key of a finding.
    regions
        Tests and findings by region, where the generator was asked to learn from them.
    command
        Repeats the run.
    """

    id: str
    source: str
    grouping: str
    kpis: tuple[Kpi, ...]
    surfaced: Surfaced
    columns: tuple[Guess, ...] = ()
    started: float = 0.0
    ended: float = 0.0
    details: Mapping[str, Detail] = field(default_factory=dict)
    settings: Mapping[str, Value | tuple[str, ...]] = field(default_factory=dict)
    regions: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    command: str = ""
    version: str = ""

    def find(self, key: str) -> Finding:
        """Return the finding whose key begins with `key`.

        Raises
        ------
        UnknownName
            None does, or several do.
        """
        found = [each for each in self.surfaced.findings if key and key_of(each).startswith(key)]
        if len(found) == 1:
            return found[0]
        known = ", ".join(key_of(each) for each in self.surfaced.findings) or "none: this run found nothing"
        what = "several findings begin with" if found else "no finding"
        raise UnknownName(f"{what} {key!r} in run {self.id}", hint=f"known: {known}")

    def kpi(self, name: str) -> Kpi:
        """Return the KPI called `name`."""
        return next(each for each in self.kpis if each.name == name)


def key_of(finding: Finding) -> str:
    """Return the six letters by which people name a finding: the same in every run that has it."""
    return hashlib.sha256(f"{finding.hypothesis.id}\0{finding.outcome}".encode()).hexdigest()[:6]


def encode(run: Run) -> bytes:
    """Return the document of `run`; what is not finite is written as null or as a word."""
    return dump(_finite(plain(run)), schema=SCHEMA, indent=2) + b"\n"


def decode(data: bytes | str, *, where: str = "") -> Run:
    """Read a document.

    Raises
    ------
    InvalidRecord
        Not JSON, of another schema, or of another shape.
    """
    at = f"{where}: " if where else ""
    try:
        document = msgspec.json.decode(data)
        found = document.get("schema") if isinstance(document, dict) else None
        if found != SCHEMA:
            raise InvalidRecord(f"{at}schema {found!r} where {SCHEMA!r} was expected", hint="give a run's JSON file")
        return msgspec.convert(_numbers(document.get("record")), type=Run)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        hint = "it may be cut or edited; events become a record by `telic opportunities EVENTS --kpi KPI`"
        raise InvalidRecord(f"{at}not the record of a run: {error}", hint=hint) from error


def read(path: Path) -> Run:
    """Read the record of a run from its file.

    Raises
    ------
    UnknownName
        No such file.
    InvalidRecord
        It does not hold a run.
    """
    try:
        return decode(path.read_bytes(), where=str(path))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise UnknownName(f"no run at {path}", hint="`telic opportunities EVENTS --kpi ...` writes one") from error


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value


def _numbers(value: Any, name: str = "") -> Any:
    if name in _NUMBERS and (value is None or value in ("Infinity", "-Infinity")):
        return _WORDS[value]
    if isinstance(value, dict):
        plain_names = name in ("params", "experts", "settings", "record")
        return {key: each if plain_names else _numbers(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_numbers(each) for each in value]
    return value

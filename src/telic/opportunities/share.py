"""A finding to give away: its template and signature, without data; and such a finding asked of other data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from telic.errors import InvalidRecord, UnknownName, UsageError
from telic.model import dump, load, write_whole
from telic.opportunities import language
from telic.opportunities.model import Finding, Value
from telic.opportunities.record import Kpi, Run
from telic.registry import near_names

SCHEMA = "telic/opportunity-signature/v1"
_SHARES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)  # bands of size, so that no exact count leaves [1]

Params = Mapping[str, Value | tuple[str, ...]]


@dataclass(frozen=True)
class Signature:
    """What of a finding may leave: the question and about how strong the answer was.

    No ids, no counts, no times, no examples and no query; event names and values of attributes only where they are
    part of the question itself, and renamed where that was asked for.

    Parameters
    ----------
    template, params
        The question.
    kpi
        What it was asked about, in the KPI language.
    ratio
        How many times as often, adjusted, to two digits.
    share
        Lower and upper end of the band in which its share of groups lies.
    """

    template: str
    params: Params
    words: str
    kpi: str
    kpi_name: str
    harm: int
    binary: bool
    ratio: float
    share: tuple[float, float]
    grouping: str


def export(run: Run, key: str, *, rename: Mapping[str, str] | None = None) -> Signature:
    """Return the signature of a finding.

    Parameters
    ----------
    key
        Of the finding, or the beginning of it.
    rename
        Names that do not leave, and what to call them instead: events, attributes, values.

    Raises
    ------
    UnknownName
        No such finding, or a name to replace that is not in it.
    UsageError
        Two names would become one, or a secret-looking value stays.
    """
    finding = run.find(key)
    kpi = run.kpi(finding.outcome)
    names = dict(rename or {})
    _check(names, finding, kpi)
    return Signature(
        finding.hypothesis.template,
        renamed(finding.hypothesis.params, names),
        in_text(finding.hypothesis.words, names),
        _kpi(kpi.text, names),
        names.get(kpi.name, kpi.name),
        kpi.harm,
        kpi.binary,
        _two_digits(finding.adjusted.ratio),
        _band(finding.share),
        run.grouping,
    )


def renamed(params: Params, names: Mapping[str, str]) -> Params:
    """Return parameters with names replaced wherever a value is exactly one of them, or a question holds one."""

    def of(value: Value | tuple[str, ...]) -> Value | tuple[str, ...]:
        if isinstance(value, tuple):
            return tuple(names.get(each, each) for each in value)
        return names.get(value, value) if isinstance(value, str) else value

    found = {name: of(value) for name, value in params.items()}
    if isinstance(question := params.get("is"), str):
        found["is"] = language.write(
            language.renamed(language.parse_value(question), lambda each: in_text(each, names))
        )
    return found


def _kpi(text: str, names: Mapping[str, str]) -> str:
    """Return a KPI's text with names replaced, and no other word of it."""
    return language.write(language.renamed(language.parse_kpi(text), lambda each: in_text(each, names)))


def write(path: Path, signature: Signature) -> Path:
    """Write a signature as JSON.

    Raises
    ------
    UsageError
        Its folder is not there, or cannot be written to.
    """
    if not path.parent.is_dir():
        raise UsageError(f"no folder {path.parent} to write {path.name} in", hint="make it, or name another file")
    try:
        return write_whole(path, dump(signature, schema=SCHEMA, indent=2) + b"\n")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}", hint="name another file") from error


def read(path: Path) -> Signature:
    """Read a signature.

    Raises
    ------
    UnknownName
        No such file.
    InvalidRecord
        It holds something else.
    """
    try:
        found = load(Signature, path.read_bytes(), schema=SCHEMA)
    except FileNotFoundError as error:
        raise UnknownName(f"no signature at {path}", hint="`telic opportunities export ID FILE` writes one") from error
    except InvalidRecord as error:
        raise InvalidRecord(f"{path}: {error}", hint=error.hint) from error
    params = {name: tuple(each) if isinstance(each, list) else each for name, each in found.params.items()}
    return Signature(**{**found.__dict__, "params": params})


def _check(names: Mapping[str, str], finding: Finding, kpi: Kpi) -> None:
    known = {kpi.name, *_texts(finding.hypothesis.params)}
    text = f"{kpi.text} {finding.hypothesis.words}"
    for name in names:
        if name not in known and name not in text:
            raise UnknownName(f"no name {name!r} in this finding", hint=near_names(name, known))
    after = [names.get(each, each) for each in sorted(known)]
    if len(set(after)) < len(after):
        raise UsageError("two names of this finding would become one", hint="give each a name of its own")


def _texts(params: Params) -> set[str]:
    found: set[str] = set()
    for value in params.values():
        found |= set(value) if isinstance(value, tuple) else {value} if isinstance(value, str) else set()
    return found


def in_text(text: str, names: Mapping[str, str]) -> str:
    """Replace names in a text, the longest first, each place once."""
    parts: list[tuple[str, bool]] = [(text, False)]
    for name in sorted(names, key=len, reverse=True):
        split: list[tuple[str, bool]] = []
        for part, done in parts:
            if done or not name:
                split.append((part, done))
                continue
            pieces = part.split(name)
            for index, piece in enumerate(pieces):
                split += [(names[name], True)] if index else []
                split.append((piece, False))
        parts = split
    return "".join(part for part, _ in parts)


def _two_digits(ratio: float) -> float:
    return float(f"{ratio:.2g}") if math.isfinite(ratio) else 0.0


def _band(share: float) -> tuple[float, float]:
    upper = next((each for each in _SHARES if share <= each), 1.0)
    lower = max((each for each in _SHARES if each < upper), default=0.0)
    return (lower if share > lower else 0.0, upper)

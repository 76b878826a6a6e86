"""The summary of a run as plain text, for terminals."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from telic.report import words
from telic.report.fullness import fullness
from telic.report.record import RunRecord
from telic.report.redact import without_secrets
from telic.report.summary import Row, headline, rows

WIDTH = 100  # columns of text [1]


def table(run: RunRecord) -> str:
    """Return the summary table of `run`: harm, detection, recovery, cause, actions, what was undone."""
    run = without_secrets(run)
    lines = [headline(run), ""]
    for row in rows(run):
        lines += [*_pairs(_cells(row)), ""]
    full = fullness(run)
    if full.peaks:
        lines += [*_pairs([("full", str(full))]), ""]
    if run.standings:
        lines += _pairs([(ids, f"{status}  {reason}") for ids, status, reason in words.standings(run.standings)])
    if run.timings:
        lines += ["", "  ".join(f"{name} {words.seconds(value)}" for name, value in run.timings.items())]
    return "\n".join(_printable(line) for line in lines).rstrip()


def _cells(row: Row) -> list[tuple[str, str]]:
    detected = words.seconds(row.to_detect)
    return [
        ("injected", f"{row.truth.fault}: {words.truth(row)}" if row.truth else "nothing"),
        ("harm to users", words.harm(row)),
        ("time to detect", detected if row.harm is not None else "no harm to detect"),
        ("time to recover", words.seconds(row.to_recover) if row.harm is not None else "no harm to recover from"),
        ("cause", f"{words.right(row)}: {words.said(row)}"),
        ("actions", "; ".join(words.action(each) for each in row.applied) or "none"),
        ("undone", "; ".join(str(each.action) for each in row.undone) or "nothing"),
        ("wrong and left", "; ".join(str(each.action) for each in row.left) or "nothing"),
    ]


def _pairs(cells: Iterable[tuple[str, str]]) -> Iterator[str]:
    cells = list(cells)
    width = max((len(name) for name, _ in cells), default=0)
    for name, value in cells:
        folded = textwrap.wrap(value, WIDTH - width - 2) or [""]
        yield f"{name:<{width}}  {folded[0]}"
        yield from (f"{'':<{width}}  {rest}" for rest in folded[1:])


def _printable(line: str) -> str:
    """Keep a terminal's control characters out: texts come from a system that may be hostile."""
    return "".join(each if each.isprintable() else "?" for each in line)

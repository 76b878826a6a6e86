"""The summary of a run as Markdown, for a review or a ticket."""

from __future__ import annotations

import re
from collections.abc import Sequence

from telic.report import words
from telic.report.fullness import fullness
from telic.report.record import RunRecord
from telic.report.summary import headline, rows


def markdown(run: RunRecord) -> str:
    """Return headline, summary table, actions, status of the intent and how to repeat the run."""
    lines = [
        f"# {cell(headline(run))}",
        "",
        f"{words.date(run.started)}, seed {run.seed}, {run.ended - run.started:.0f} s",
        "",
    ]
    lines += table(
        ("injected", "harm", "detected after", "recovered after", "named cause", "cause", "undone", "left in place"),
        [
            (
                words.truth(row),
                words.harm(row),
                words.seconds(row.to_detect),
                words.seconds(row.to_recover),
                words.said(row),
                words.right(row),
                str(len(row.undone)),
                str(len(row.left)),
            )
            for row in rows(run)
        ],
    )
    applied = [each for row in rows(run) for each in row.applied]
    lines += table(
        ("at", "action", "why", "outcome"),
        [
            (
                words.offset(each.applied, run.started),
                str(each.action),
                each.action.reason,
                words.OUTCOMES[each.outcome],
            )
            for each in applied
        ],
    )
    full = fullness(run)
    if full.peaks:
        lines += [cell(str(full)), ""]
    lines += table(
        ("service", "slots", "taken", "fullest second", "full", "queue", "oldest", "refused", "CPU"),
        [
            (
                each.service,
                f"{each.slots:.0f}",
                f"{each.mean:.0%}",
                f"{each.most:.0%}",
                f"{each.full:.0f} s",
                f"{each.queued:.0f}",
                words.seconds(each.age),
                f"{each.refused:.0f}",
                f"{each.cpu:.0%}",
            )
            for each in full.peaks
        ],
    )
    lines += table(("intent", "status", "why"), words.standings(run.standings))
    lines += table(("what", "hash"), list(run.hashes.items()))
    if run.command:
        lines += ["Repeat it:", "", f"    {_line(run.command)}", ""]
    return "\n".join(lines)


def table(head: tuple[str, ...], body: Sequence[tuple[str, ...]]) -> list[str]:
    """Return the lines of a table; none for an empty one."""
    if not body:
        return []
    return [
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(cell(each) for each in row)} |" for row in body),
        "",
    ]


def cell(text: str) -> str:
    """Take the meaning from everything that Markdown or HTML would read as markup."""
    return re.sub(r"([\\`*_{}\[\]<>|#])", r"\\\1", _line(text)).replace("\\<", "&lt;").replace("\\>", "&gt;")


def _line(text: str) -> str:
    return " ".join(text.split())

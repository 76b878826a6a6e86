"""The account of a diagnosis as Markdown, for a review or a ticket."""

from __future__ import annotations

from telic.model.account import Account, CodeLine
from telic.report import words
from telic.report.diagnosis_page import clock
from telic.report.markdown import cell, table


def markdown(account: Account) -> str:
    """Return headline, causes, claims, rivals, timeline and next steps."""
    lines = [
        f"# {cell(account.headline)}",
        "",
        f"Incident {cell(account.incident)}, {words.date(account.window.start)}",
        "",
    ]
    if account.diagnosis.hypotheses:
        lines += ["## Likely causes", ""]
        lines += table(
            ("", "where", "what", "confidence", "change", "way to the symptom"),
            [
                (
                    str(each.rank),
                    each.entity,
                    each.mechanism,
                    f"{each.confidence:.0%}",
                    each.change[:12],
                    " → ".join(each.path),
                )
                for each in account.diagnosis.hypotheses[:5]
            ],
        )
    if account.requests:
        slow = account.requests
        lines += [
            f"## Where the time of {cell(slow.entity)} {cell(slow.name)} goes",
            "",
            *table(
                ("on the critical path", "before [s]", "now [s]"),
                [(each.label, f"{each.before:.3g}", f"{each.now:.3g}") for each in slow.stages],
            ),
        ]
    for each in account.code:
        lines += [
            f"## The {'printing' if each.prints else 'failing'} line: {cell(each.path)}:{each.line}",
            "",
            cell(each.failure) + _written(each),
            "",
            *_code(each.hunk or each.text),
            "",
        ]
    lines += [
        "## Why",
        "",
        *table(
            ("claim", "says", "speaks for it [nats]", "evidence"),
            [(each.id, each.says, f"{each.strength:+.1f}", " ".join(each.evidence)) for each in account.claims],
        ),
    ]
    lines += [
        "## What else it could have been",
        "",
        *table(
            ("what", "confidence", "why it lost"),
            [(each.what, f"{each.confidence:.1%}", each.lost) for each in account.rivals],
        ),
    ]
    lines += [
        "## Timeline (UTC)",
        "",
        *table(
            ("at", "", "where", "what"),
            [(clock(each.time), each.kind, each.entity, each.text) for each in account.timeline],
        ),
    ]
    lines += ["## Next", "", *(f"- {each.kind}: {cell(each.says)}" for each in account.steps), ""]
    lines += ["## Evidence", ""]
    for page in account.evidence:
        lines += [f"**{page.id}** {cell(page.says)} `{page.result_hash}`", "", *_code(page.query), ""]
    return "\n".join(lines)


def _written(line: CodeLine) -> str:
    if not line.commit:
        return ""
    return f"; written in {line.commit[:12]} by {cell(line.author)}: {cell(line.summary)}"


def _code(text: str) -> list[str]:
    return [f"    {line}" for line in text.splitlines()]

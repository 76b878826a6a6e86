"""Runs and findings as the lines that ``telic opportunities`` prints."""

from __future__ import annotations

from collections.abc import Iterator

from telic.opportunities import figures, words
from telic.opportunities.model import Finding
from telic.opportunities.record import Kpi, Run, key_of

SAID = "as the question says"


def summary(run: Run, top: int) -> list[str]:
    """Return what was read, what was asked and what was found."""
    lines = [*_read(run), ""]
    shown = run.surfaced.findings[:top]
    for rank, each in enumerate(shown, 1):
        lines += [*_finding(run, each, rank), ""]
    if not run.surfaced.findings:
        lines += [f"{words.headline(run)}.", ""]
    elif len(shown) < len(run.surfaced.findings):
        lines += [f"{len(run.surfaced.findings) - len(shown)} more on the page", ""]
    asked = ", ".join(f"{name} {count:,}" for name, count in run.surfaced.asked.items())
    total, seconds = sum(run.surfaced.asked.values()), sum(run.surfaced.seconds.values())
    lines.append(f"{total:,} questions in {figures.seconds(seconds)}: {asked or 'none had enough support'}")
    for left in run.surfaced.exclusions:
        lines.append(f"{'left out: ' if left.count else ''}{words.exclusion(left)}")
    lines.append("These are associations, adjusted and corrected for their number; a cause takes an experiment.")
    return lines


def explained(run: Run, finding: Finding) -> list[str]:
    """Return everything about one finding."""
    from telic.opportunities.record import Detail

    kpi, detail = run.kpi(finding.outcome), run.details.get(key_of(finding), Detail())
    lines = [finding.sentence, "", f"KPI        {kpi.text}"]
    lines += _numbers(run, finding, kpi)
    lines += [f"p          {figures.small(finding.p)}; Westfall-Young {figures.small(finding.p_family)}"]
    lines += ["", "experts", *(f"  {name}: {figures.said(said)}" for name, said in finding.experts.items())]
    if finding.alike:
        lines += ["", f"overlaps ({len(finding.alike)})", *(f"  {each.words}" for each in finding.alike)]
    for story in detail.stories:
        more = f" … {story.more} more" if story.more else ""
        lines += ["", f"{run.grouping} {story.group}", f"  {' > '.join(story.events)}{more}"]
    if finding.hypothesis.sql:
        lines += ["", "SQL", *(f"  {line}" for line in finding.hypothesis.sql.splitlines())]
    return lines


def _read(run: Run) -> Iterator[str]:
    found = run.surfaced
    yield (
        f"{run.source}: {found.events:,} events in {found.groups:,} {figures.plural(run.grouping)} of {found.users:,} "
        f"users, {figures.date(run.started)} to {figures.date(run.ended)}{words.sampled(run)}"
    )
    for each in run.columns:
        yield f"  {each.role:<10} {each.column}{f'  ({each.why})' if each.why else ''}"
    if run.columns:
        yield "  a wrong guess? --column ROLE=COLUMN"
    for kpi in run.kpis:
        undefined = f", undefined for {kpi.undefined:,}" if kpi.undefined else ""
        of = "of" if kpi.binary else "on average, of"
        yield f"{kpi.text}"
        yield f"  {words.level(kpi, kpi.mean)} {of} {kpi.defined:,} {figures.plural(run.grouping)}{undefined}"
        if kpi.why and kpi.why != SAID:
            is_, other = ("worse", "better") if kpi.harm > 0 else ("better", "worse")
            yield f"  more is {is_}, because {kpi.why}; if not, add: (more is {other})"


def _finding(run: Run, finding: Finding, rank: int) -> Iterator[str]:
    kpi = run.kpi(finding.outcome)
    yield f"{rank}. {words.claim(finding, kpi)}  [{key_of(finding)}]"
    yield from (f"   {line}" for line in _numbers(run, finding, kpi))
    if finding.alike:
        yield f"   overlaps   {len(finding.alike)}: {'; '.join(each.words for each in finding.alike[:2])}"
    if finding.examples:
        yield f"   examples   {', '.join(finding.examples[:3])}"
    if finding.hypothesis.sql:
        lines = finding.hypothesis.sql.splitlines()
        yield f"   sql        {lines[0]}"
        yield from (f"              {line}" for line in lines[1:])


def _numbers(run: Run, finding: Finding, kpi: Kpi) -> Iterator[str]:
    for name, effect in (("crude", finding.crude), ("adjusted", finding.adjusted)):
        yield (f"{name:<10} {figures.times(effect.ratio)}, {words.moved(effect, kpi)} (95 %: {words.interval(effect)})")
    yield f"q          {figures.small(finding.q)}"
    yield (
        f"support    {words.size(finding, run.grouping)} ({figures.share(finding.share)}), "
        f"{finding.users:,} users; {words.stake(finding, kpi, run.grouping)}"
    )

"""Findings in plain sentences, the same in the terminal and on the page."""

from __future__ import annotations

import math

from telic.opportunities.figures import count, length, number, plural, rough, share, times
from telic.opportunities.model import Effect, Exclusion, Finding
from telic.opportunities.record import Kpi, Run


def interval(effect: Effect) -> str:
    """Return the interval of a ratio.

    Examples
    --------
    >>> interval(Effect(2.0, 0.1, 1.72, 2.31)), interval(Effect(math.inf, 1.0, 10.4, math.inf))
    ('1.72 to 2.31', '10.4 or more')
    """
    if math.isinf(effect.high):
        return f"{effect.low:.3g} or more" if effect.low > 0 else "not known"
    return f"{effect.low:.3g} to {effect.high:.3g}"


def does(kpi: Kpi) -> str:
    """Return what harmed groups do."""
    if not kpi.binary:
        return f"have {'more' if kpi.harm > 0 else 'less'} {kpi.name}"
    return f"have {kpi.name}" if kpi.harm > 0 else f"end without {kpi.name}"


def sentence(finding: Finding, kpi: Kpi, grouping: str) -> str:
    """Return a finding in words: who, what, how much, how many, how sure.

    Parameters
    ----------
    grouping
        What a group is called: ``"session"``.
    """
    adjusted = finding.adjusted
    if kpi.binary:
        how = f"{times(adjusted.ratio)} once adjusted (95 %: {interval(adjusted)})"
    else:
        how = f"{times(adjusted.ratio)} (95 %: {interval(adjusted)})"
        how = f"{amount(kpi, abs(adjusted.difference))} once adjusted, {how}"
    of = f"{share(finding.share)} of {plural(grouping)}, {count(finding.users)} users"
    return f"{claim(finding, kpi)}; {how}; {of}; {stake(finding, kpi, grouping)}."


def claim(finding: Finding, kpi: Kpi) -> str:
    """Return who does what how much more often than all others, unadjusted."""
    who, crude = finding.hypothesis.words, finding.crude
    who = f"{who[:1].upper()}{who[1:]}"
    if kpi.binary:
        return f"{who} {does(kpi)} {times(crude.ratio)} as often"
    more = "more" if crude.difference > 0 else "less"
    return f"{who} have {amount(kpi, abs(crude.difference))} {more} {kpi.name} on average"


def stake(finding: Finding, kpi: Kpi, grouping: str) -> str:
    """Return what could be won at most."""
    much, of = won(finding, kpi, grouping)
    return f"an upper bound of {much} {of}" if much else of


def won(finding: Finding, kpi: Kpi, grouping: str) -> tuple[str, str]:
    """Return how much could be won at most, and what of in which time; no amount where it is not known."""
    change, less = abs(finding.adjusted.difference), "less" if kpi.harm > 0 else "more"
    if not kpi.sums and math.isfinite(change):
        return amount(kpi, change), f"{less} {kpi.name} in each of them"
    if math.isnan(finding.bound):
        return "", "what could be won is not known"
    when = "a week" if finding.weekly else "in these data"
    if kpi.unit:
        return amount(kpi, finding.bound), f"{less} {kpi.name} {when}"
    fewer = "fewer" if kpi.harm > 0 else "more"
    what = f"{plural(grouping)} with {kpi.name}" if kpi.binary else kpi.name
    return rough(finding.bound), f"{fewer} {what} {when}"


def moved(effect: Effect, kpi: Kpi) -> str:
    """Return a difference of a KPI with its sign: points, an amount, or a length of time."""
    if kpi.binary:
        return f"{100 * effect.difference:+.3g} points"
    if not kpi.unit or not math.isfinite(effect.difference):
        return f"{effect.difference:+.3g}"
    return f"{'-' if effect.difference < 0 else '+'}{amount(kpi, abs(effect.difference))}"


def amount(kpi: Kpi, value: float) -> str:
    """Return a value of a numeric KPI, with its unit where it has one."""
    return length(value) if kpi.unit else number(value)


def level(kpi: Kpi, value: float) -> str:
    """Return a KPI's mean in its own form."""
    return share(value) if kpi.binary else amount(kpi, value)


def size(finding: Finding, grouping: str) -> str:
    """Return how many groups a finding has; of a sample also between how many of all."""
    in_all = finding.experts.get("in_all")
    return f"{finding.support:,} {plural(grouping)}" + (f" of the sample, {in_all}" if in_all else "")


def sampled(run: Run) -> str:
    """Return what to say behind a number of groups where they are a sample."""
    part = run.settings.get("sample")
    return f", a sample of {share(float(str(part)))} of all users" if part else ""


def headline(run: Run) -> str:
    """Return what a run found, in a line."""
    found = len(run.surfaced.findings)
    where = f"{count(run.surfaced.groups)} {plural(run.grouping)}{sampled(run)}"
    if not found:
        return f"Nothing in {where} that holds up"
    return f"{found} {'opportunity' if found == 1 else 'opportunities'} in {where}"


def exclusion(each: Exclusion) -> str:
    """Return what was left out, or not asked at all.

    Examples
    --------
    >>> exclusion(Exclusion("rows", 1200, "no time", ("row 7",))), exclusion(Exclusion("hypotheses", 0, "no users"))
    ('1,200 rows: no time (row 7)', 'not asked: no users')
    """
    if not each.count:
        return f"not asked: {each.why}"
    examples = f" ({', '.join(each.examples[:3])})" if each.examples else ""
    return f"{each.count:,} {each.what}: {each.why}{examples}"

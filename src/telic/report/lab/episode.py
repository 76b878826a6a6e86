"""The page of an episode: what users got, what the actor did, step by step, and the truth at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from markupsafe import Markup

from telic.model.redaction import redact
from telic.report.charts import Mark, requests_chart
from telic.report.charts.frame import Frame
from telic.report.charts.lanes import Lane, Moment, lanes_chart, lanes_height
from telic.report.charts.requests import Count
from telic.report.lab.record import EpisodeView, Step
from telic.report.lab.run import WORDS
from telic.report.page import NARROW, WIDE, Drawn
from telic.report.pages import render

HEIGHT = 170  # of the requests [px]
LANES = ("calls", "actions", "claims")


@dataclass(frozen=True)
class Charts:
    """Everything over time."""

    requests: Drawn
    lanes: Drawn
    truth: Drawn


def html(episode: EpisodeView) -> str:
    """Return the page of `episode`; it needs no network and no script, its texts are escaped, secrets redacted."""
    episode = without_secrets(episode)
    return render(
        "lab_episode.html.j2",
        headline=f"{episode.actor} on {episode.scenario}",
        episode=episode,
        start=span(episode)[0],
        story=story(episode.steps),
        drawn=charts(episode),
        **WORDS,
    )


def span(episode: EpisodeView) -> tuple[float, float]:
    """Return the time axis: from the first to the end of the last second of users [s since the Unix epoch]."""
    seconds = [each.second for each in episode.users]
    phases = episode.phases.values()
    start = min([*seconds, *(each.start for each in phases)], default=episode.began)
    return float(start), float(
        max([*(each + 1 for each in seconds), *(each.end for each in phases)], default=start + 1)
    )


def charts(episode: EpisodeView) -> Charts:
    """Draw everything over time."""
    start, end = span(episode)
    counts = _counts(episode)
    marks = [Mark(each.time, _mark(each), each.text) for each in episode.truth if each.who == "lab"]
    if episode.harm:
        marks.append(Mark(episode.harm.start, "harm", "harm began", until=episode.harm.end))
    told = _lanes(episode, end)

    def requests(width: int, title: str, marked: Sequence[Mark]) -> Markup:
        frame = Frame(width, HEIGHT, start, end, tuple(marked), names=bool(marked) and width == WIDE)
        return requests_chart(counts, frame, title=title, hints=width == WIDE)

    def lanes(width: int) -> Markup:
        return lanes_chart(told, Frame(width, lanes_height(len(told)), start, end), title="What the actor did")

    return Charts(
        Drawn(*(requests(width, "Requests a second", ()) for width in (WIDE, NARROW))),
        Drawn(*(lanes(width) for width in (WIDE, NARROW))),
        Drawn(*(requests(width, "Requests a second, with the fault", marks) for width in (WIDE, NARROW))),
    )


def without_secrets(episode: EpisodeView) -> EpisodeView:
    """Return `episode` with the texts that an actor or the system wrote redacted."""
    return replace(
        episode,
        steps=tuple(replace(each, text=redact(each.text), detail=redact(each.detail)) for each in episode.steps),
        claims={name: redact(value) for name, value in episode.claims.items()},
        ended=redact(episode.ended),
    )


@dataclass(frozen=True)
class Told:
    """A step of the story, or several alike one after the other."""

    step: Step  # the first
    times: int  # [1]
    until: float  # when the last was [s since the Unix epoch]


def story(steps: Sequence[Step]) -> list[Told]:
    """Return steps with calls that are alike, one after the other, as one."""
    found: list[Told] = []
    for each in steps:
        last = found[-1] if found else None
        if last is not None and each.kind == "call" and replace(each, time=last.step.time) == last.step:
            found[-1] = Told(last.step, last.times + 1, each.time)
        else:
            found.append(Told(each, 1, each.time))
    return found


def _lanes(episode: EpisodeView, end: float) -> list[Lane]:
    phases = tuple(
        Moment(each.start, "recovery" if name == "recovery" else "phase", name, until=min(each.end, end))
        for name, each in episode.phases.items()
    )
    kinds = {"calls": ("call", "failed"), "actions": ("action", "refused"), "claims": ("claim",)}
    return [Lane("phases", phases)] + [
        Lane(name, tuple(Moment(each.time, each.kind, each.text) for each in episode.steps if each.kind in kinds[name]))
        for name in LANES
    ]


def _counts(episode: EpisodeView) -> list[Count]:
    totals: dict[int, tuple[int, int]] = {}
    for each in episode.users:
        good, bad = totals.get(each.second, (0, 0))
        totals[each.second] = (good + each.good, bad + each.bad)
    return [Count(second, good, bad) for second, (good, bad) in sorted(totals.items())]


def _mark(step: Step) -> Literal["injected", "change"]:
    return "injected" if step.kind == "action" else "change"

"""Everything by which an actor says that something is wrong, and what of it was false."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from telic.lab.grading import users
from telic.lab.session import Episode

GRACE = 10.0  # after a fault has gone by itself, an alarm about it is late and not yet false [s]


def alarms(episode: Episode) -> Iterator[tuple[float, str]]:
    """Yield when and by what the actor said that something is wrong, or acted as if it were."""
    for call in episode.calls:
        if call.tool == "submit" and not call.error:
            said = call.arguments
            if _denied(said.get("healthy")) or said.get("entity") or said.get("mechanism"):
                yield call.time, "said that something is wrong"
        elif call.tool in writing(episode):
            yield call.time, f"asked for {call.tool} {call.arguments.get('target', '')}".rstrip()
    claims = episode.claims
    if claims.healthy is False or claims.entity or claims.mechanism:
        names = ("healthy", "entity", "mechanism") if claims.healthy is False else ("entity", "mechanism")
        times = [claims.times[name] for name in names if name in claims.times]
        yield min(times, default=claims.submitted or episode.phases["hold"].end), "said that something is wrong"
    for incident in episode.incidents:
        yield incident.opened, "opened an incident"
    for each in episode.actions:
        if each.outcome != "planned":
            yield each.applied or each.planned, f"asked for {each.action.verb} {each.action.target}"


def _denied(healthy: object) -> bool:
    """Whether a claim says no, in whatever way the tool understands it."""
    try:
        return not msgspec.convert(healthy, bool, strict=False)
    except msgspec.ValidationError:
        return False


def writing(episode: Episode) -> frozenset[str]:
    """Return the names of the tools that change the system."""
    return frozenset(each.name for each in episode.brief.tools if each.writes)


def false_alarms(episode: Episode) -> tuple[str, ...]:
    """Return what was said or done while nothing was wrong, in order, each thing once.

    Where a fault is there to stay, that is what came before it. Otherwise it is everything, but for what was said
    while a fault that went by itself was there.
    """
    start = users.began(episode)
    found = sorted({each for each in alarms(episode) if _false(episode, each[0])})
    return tuple(dict.fromkeys(f"{text} at {time - start:.0f} s" for time, text in found))


def first_false(episode: Episode) -> float:
    """Return when the first of those was said or done [s since the Unix epoch]; infinity without one."""
    return min((time for time, _ in alarms(episode) if _false(episode, time)), default=float("inf"))


def _false(episode: Episode, time: float) -> bool:
    if not episode.scenario.healthy:
        first = users.injected(episode)
        return first is None or time < first
    return not any(each.injected <= time < (each.healed or float("inf")) + GRACE for each in episode.truth)

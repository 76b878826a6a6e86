"""Claims against the sealed truth: healthy or not, where, what, since when, by which way."""

from __future__ import annotations

from collections.abc import Sequence

from telic.lab.grading import users
from telic.lab.grading.grades import Judged
from telic.lab.session import Claims, Episode
from telic.model import Truth

ONSET = 30.0  # how far a claimed onset may lie from the fault's [s]


def detect(episode: Episode, false_alarms: Sequence[str]) -> Judged:
    """Judge whether the actor knew that something was wrong, or that nothing was."""
    claims = episode.claims
    if claims.healthy is None:
        return Judged(False, "it never said whether all is well")
    if episode.scenario.healthy:
        if not claims.healthy and not users.mended_early(episode):
            return Judged(False, "nothing was wrong, or it had gone by itself")
        right = "rightly left alone" if claims.healthy else "put right before it would have gone by itself"
        return Judged(not false_alarms, f"false alarm: {false_alarms[0]}" if false_alarms else right)
    if claims.healthy:
        return Judged(False, "it said that all is well")
    said, first = claimed_at(claims, "healthy"), users.injected(episode)
    if said is not None and first is not None and said < first:
        return Judged(False, f"said {first - said:.0f} s before anything was wrong")
    return Judged(True, "something was wrong")


def localise(episode: Episode) -> Judged:
    """Judge whether the place was named."""
    if episode.scenario.healthy:
        return Judged(None, "there was no place to name")
    claimed = episode.claims.entity
    if not claimed:
        return Judged(False, "no place was named")
    if _at_place(episode):
        return Judged(True, f"{claimed} it was")
    return Judged(False, f"{claimed} was blamed, {' and '.join(each.entity for each in episode.truth)} it was")


def explain(episode: Episode) -> Judged:
    """Judge whether place, mechanism, onset and way are right and a query carries them."""
    if episode.scenario.healthy:
        return Judged(None, "there was nothing to explain")
    place, claims = localise(episode), episode.claims
    if not place.passed:
        return place
    right = [each for each in _at_place(episode) if each.mechanism == claims.mechanism]
    if not right:
        true = " and ".join(each.mechanism for each in _at_place(episode))
        return Judged(False, f"{claims.mechanism or 'no mechanism'} was claimed, {true} it was")
    wrong = [wrong for truth in right if (wrong := _unexplained(episode, truth))]
    return Judged(True, "place, mechanism, onset, way and evidence are right") if len(wrong) < len(right) else wrong[0]


def predict(episode: Episode) -> Judged:
    """Judge whether the place was named after the fault had begun to grow and before users were harmed."""
    if episode.scenario.healthy:
        return Judged(None, "there was nothing to foresee")
    place, said, harm = localise(episode), claimed_at(episode.claims, "entity"), users.harm_began(episode)
    if not place.passed or said is None:
        return place
    first = users.injected(episode)
    if first is not None and said < first:
        return Judged(False, f"said {first - said:.0f} s before anything was wrong")
    if harm is not None and said >= harm:
        return Judged(False, f"said {said - harm:.0f} s after users were harmed")
    return Judged(True, "said before users were harmed" if harm is None else f"said {harm - said:.0f} s before harm")


def claimed_at(claims: Claims, field: str) -> float | None:
    """Return when the final value of `field` was claimed first [s since the Unix epoch]."""
    return claims.times.get(field, claims.submitted)


def places(truth: Truth) -> tuple[str, ...]:
    """Return every name of the place that was wrong."""
    return (truth.entity, *truth.aliases)


def _at_place(episode: Episode) -> list[Truth]:
    return [each for each in episode.truth if episode.claims.entity in places(each)]


def _unexplained(episode: Episode, truth: Truth) -> Judged | None:
    claims = episode.claims
    if claims.onset is None:
        return Judged(False, "no onset was claimed")
    slow = max((each.over for each in episode.scenario.faults if each.shape == "ramp"), default=0.0)
    off = max(truth.injected - claims.onset, claims.onset - truth.injected - slow)
    if not off <= ONSET:
        return Judged(False, f"the claimed onset is {off:.0f} s off")
    if not _leads(claims.path, truth, episode.brief.entry):
        return Judged(False, f"the claimed path does not lead from {truth.entity} to {episode.brief.entry}")
    if not any(each.holds for each in claims.evidence):
        return Judged(False, "no query carries the claim" if claims.evidence else "no evidence was given")
    return None


def _leads(path: Sequence[str], truth: Truth, entry: str) -> bool:
    """Whether the way begins where it is wrong (at either end of an edge) and comes to where users enter."""
    starts = {end for name in places(truth) for end in (name, *name.split("->"))}
    first = next((index for index, name in enumerate(path) if name in starts), None)
    return first is not None and (not entry or entry in path[first:])

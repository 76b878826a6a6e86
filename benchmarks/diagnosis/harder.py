"""The same incidents with less to see, and a confidence that is fitted without the case that it is for."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.diagnosis.cases import Case
from telic.model import Window
from telic.operate.diagnosis.causes import gather, look
from telic.operate.diagnosis.causes.ranking import NOTHING, REPORTED, TEMPERATURE, doubted, rank, unrecorded
from telic.operate.statistics import softmax
from telic.worlds.recorded import Recording, read

TEMPERATURES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
_HOUR = 3600.0  # [s]


class Less(Recording):
    """A recording of which only some traces, or only part of the baseline, are left.

    Parameters
    ----------
    keep
        Share of the traces that stays [1].
    baseline
        Which part of the baseline stays.
    """

    def __init__(self, recording: Recording, keep: float = 1.0, baseline: Window | None = None) -> None:
        super().__init__(recording.folder, recording.header)
        self._keep, self._part = keep, baseline

    @property
    def baseline(self) -> Window | None:
        """What is left of it."""
        return self._part or super().baseline

    def columns(
        self, kind: str, names: Sequence[str], windows: Sequence[Window] = ()
    ) -> dict[str, NDArray[np.generic]]:
        """Return the columns without the traces that are gone."""
        if self._keep >= 1.0 or kind == "metrics":
            return super().columns(kind, names, windows)
        found = super().columns(kind, list(dict.fromkeys([*names, "trace_id"])), windows)
        stays = np.array([zlib.crc32(each.encode()) % 1000 < 1000 * self._keep for each in found["trace_id"]], bool)
        return {name: found[name][stays] for name in names}


@dataclass(frozen=True)
class Tried:
    """The ranking of one case, as it is or harder."""

    case: str
    nats: tuple[float, ...]  # the likeliest first
    nothing: float  # what "nothing of this" has for it [nats]
    right: bool
    said: bool  # whether a ranking would be given
    unseen: tuple[float, ...] = ()  # for causes that are not on record [nats]


def tries(cases: Sequence[Case]) -> Iterator[Tried]:
    """Diagnose each case as it is and with less to see."""
    for case in cases:
        truth = case.truth()
        for recording in _variants(read(case.folder)):
            seen = look(recording)
            nothing = NOTHING if seen.symptom.signal else REPORTED
            causes = gather(seen)
            unsure = doubted(causes, seen.symptom.entity, seen.calls)
            ranked = rank(causes, nothing, unsure)
            first = ranked[0].cause.entity if ranked else ""
            nats = tuple(each.cause.nats for each in ranked[:5])
            said = bool(nats) and nats[0] >= nothing
            unseen = tuple(unrecorded((each.cause for each in ranked[:5]), unsure))
            yield Tried(case.name, nats, nothing, first == truth.entity and not truth.negative, said, unseen)


def right(found: Sequence[Tried], negatives: frozenset[str]) -> list[bool]:
    """Return for each whether it was diagnosed rightly; saying nothing is right where nothing was wrong."""
    return [not each.said if each.case in negatives else each.said and each.right for each in found]


def brier(found: Sequence[Tried], temperature: float = TEMPERATURE) -> float:
    """Return the mean squared error of the first confidence [1]."""
    errors = [(_confidence(each, temperature) - float(each.right)) ** 2 for each in found]
    return sum(errors) / len(errors) if errors else math.nan


def left_out(found: Sequence[Tried]) -> float:
    """Return the Brier score with, for each case, the temperature that is best for all the others."""
    by_case: dict[str, list[Tried]] = {}
    for each in found:
        by_case.setdefault(each.case, []).append(each)
    errors = []
    for case, own in by_case.items():
        others = [each for each in found if each.case != case]
        best = min(TEMPERATURES, key=lambda each: brier(others, each))
        errors += [brier([each], best) for each in own]
    return sum(errors) / len(errors) if errors else math.nan


def fitted(found: Sequence[Tried]) -> Mapping[float, float]:
    """Return the Brier score at every temperature."""
    return {each: round(brier(found, each), 4) for each in TEMPERATURES}


def _confidence(each: Tried, temperature: float) -> float:
    if not each.nats:
        return 0.0
    return softmax([nats / temperature for nats in (each.nothing, *each.nats, *each.unseen)])[1]


def _variants(recording: Recording) -> Iterator[Recording]:
    yield recording
    if recording.rows["spans"] > 100:
        yield Less(recording, 0.7)
        yield Less(recording, 0.5)
    baseline = recording.baseline
    if baseline is not None and baseline.seconds > 4 * _HOUR:
        yield Less(recording, baseline=Window(baseline.end - 3 * _HOUR, baseline.end))
        yield Less(recording, baseline=Window(baseline.start + 5 * _HOUR, baseline.start + 6 * _HOUR))

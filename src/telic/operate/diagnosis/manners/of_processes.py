"""What processes, their changes and their privileges show."""

from __future__ import annotations

from statistics import median

from telic.operate.diagnosis.findings import Findings, Picture
from telic.operate.diagnosis.manners.feature import CLEAR, MORE, MUCH, SHARE, Feature, place
from telic.tools.actions.privileges import all_missing

LAG = 0.05  # of an event loop that is kept from turning [s]
BUSY = 0.25  # cores that a process uses which is busy [1]
STANDS = 0.3  # an event loop that lags so much stood still in one go; a quota's periods are a third as long [s]
HALF = 0.6  # of the time a process that lacks processor time is held for more [1]


def _lag(findings: Findings, entity: str) -> bool:
    usual = findings.baseline.lag.get(place(entity), 0.0) if findings.baseline else 0.0
    return findings.current.lag.get(place(entity), 0.0) >= max(LAG, MUCH * usual)


def _busy(findings: Findings, entity: str) -> bool:
    motion = findings.motion(place(entity))
    return motion is not None and motion.cpu >= BUSY


def _held(findings: Findings, entity: str) -> bool:
    motion = findings.motion(place(entity))
    return motion is not None and motion.held >= SHARE


def _stands(findings: Findings, entity: str) -> bool:
    """It stands still for long and runs freely in between: it lacks no processor time then."""
    motion = findings.motion(place(entity))
    held = motion is not None and SHARE <= motion.held < HALF
    return held and findings.current.lag.get(place(entity), 0.0) >= STANDS


def _waits(findings: Findings, entity: str) -> bool:
    """Operations of the service take far longer, its processor does not work and its event loop turns."""
    return _slower(findings, entity) and not _busy(findings, entity) and not _lag(findings, entity)


def _slower(findings: Findings, entity: str) -> bool:
    now, before = (_typical(picture, entity) for picture in (findings.current, findings.baseline))
    return bool(now and before) and now >= max(MUCH * before, before + CLEAR)


def _typical(picture: Picture | None, service: str) -> float:
    times = [each.p95 for each in picture.operations if each.service == service] if picture else []
    return median(times) if times else 0.0


def _exits(least: int) -> Feature:
    def feature(findings: Findings, entity: str) -> bool:
        seen = max(len(findings.exits(place(entity))), findings.history.exits(place(entity), findings.onset - 5.0))
        return seen >= least

    return feature


def _not_ready(findings: Findings, entity: str) -> bool:
    return place(entity) in findings.state.services and not findings.ready(place(entity))


def _nobody(findings: Findings, entity: str) -> bool:
    return place(entity) in findings.state.services and not findings.instances(place(entity))


def _memory_grew(findings: Findings, entity: str) -> bool:
    sizes = [
        each.memory_bytes
        for state in findings.history.states()
        for each in (state.services[place(entity)].instances if place(entity) in state.services else ())
        if each.memory_bytes
    ]
    return len(sizes) > 1 and max(sizes) >= MORE * sizes[0]


def _changed(*kinds: str) -> Feature:
    return lambda findings, entity: any(findings.changes_of(place(entity), kind) for kind in kinds)


def _grants_missing(findings: Findings, entity: str) -> bool:
    """The store lacks most of what the design grants the service: its role is not the one that was granted."""
    return any(name == entity for name, _ in all_missing(findings.state))


FEATURES: dict[str, Feature] = {
    "lag": _lag,
    "busy": _busy,
    "held": _held,
    "stands and runs": _stands,
    "waits": _waits,
    "exit": _exits(1),
    "exits": _exits(2),
    "not ready": _not_ready,
    "nobody": _nobody,
    "memory grew": _memory_grew,
    "deploy": _changed("deploy"),
    "settings": _changed("config", "policy"),
    "grants missing": _grants_missing,
}

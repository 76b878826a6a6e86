"""Causes that nobody changed in code: traffic, nodes, other people's services, certificates, names, disks, secrets."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from telic.context.changes import vocabulary, words
from telic.operate.diagnosis.culprit.feeds import entries
from telic.operate.diagnosis.culprit.scene import LEAD, Scene
from telic.operate.diagnosis.culprit.signs import Sign
from telic.registry import Registry

GREW = 1.3  # more requests than this times those before are more traffic [1]
_RATE = re.compile(
    r"(^|_)(rps|qps|tps)($|_)"
    r"|(^|_)(requests?|reqs?|calls|queries|logins|orders|sessions|users|visits|hits|clients|jobs|uploads|events|messages)"
    r"(_received|_in|_incoming|_arriving|_submitted)?(_total|_count)?_?(per_(s|sec|second|min|minute)|rate)($|_)"
    r"|traffic|incoming_|ingress_(requests|rate)|arrival|(concurrent|active|online)_(users|sessions)|load_rps",
    re.IGNORECASE,
)
_NOT_LOAD = re.compile(
    r"error|fail|5xx|4xx|429|retr|timeout|cancel|throttl|reject|dead|dlq|lag|latency|duration|processed|consumed|per_request",
    re.IGNORECASE,
)
_NODE = re.compile(r"^(node|host|machine|vm|system)_", re.IGNORECASE)
_NODES = re.compile(r"(^|[-_])(node|host|vm|pool)[-_\d]", re.IGNORECASE)
_MADE_BY_CODE = re.compile(r"backoff|crashloop|oomkill|unhealthy|killing|started|created|pulled|scaling", re.IGNORECASE)
_TAKEN = frozenset({"cpu", "memory", "query", "disk"})  # what workloads take from one another


@dataclass(frozen=True)
class Circumstance:
    """Something that happened to the system.

    Parameters
    ----------
    kind
        Its name in ``circumstances.toml``.
    mechanism
        What to call it when it is the cause.
    entity
        Where it happened.
    onset
        When [s since the Unix epoch].
    says
        What shows it.
    troubles
        Kind of trouble to how readily it makes it [1].
    strength
        How plainly it was seen, as evidence [nats].
    signs
        What it was seen in.
    """

    kind: str
    mechanism: str
    entity: str
    onset: float
    says: str
    troubles: Mapping[str, float]
    strength: float
    signs: tuple[Sign, ...] = ()


circumstance: Registry[Sequence[Circumstance]] = Registry("circumstance")


def found_in(scene: Scene) -> tuple[Circumstance, ...]:
    """Return every circumstance that the scene shows, the plainest first."""
    found = [each for name in circumstance for each in circumstance.create(name, scene=scene)]
    return tuple(sorted(found, key=lambda each: -each.strength))


def _of(kind: str, sign: Sign, strength: float | None = None, signs: tuple[Sign, ...] = ()) -> Circumstance:
    known = vocabulary.table("circumstances", __package__)[kind]
    plain = known["strength"] if strength is None else strength
    return Circumstance(
        kind, known["mechanism"], sign.entity, sign.onset, sign.says, known["troubles"], plain, signs or (sign,)
    )


def _load(name: str) -> bool:
    return bool(_RATE.search(name)) and not _NOT_LOAD.search(name)


@circumstance("traffic", example={})
def traffic(scene: Scene) -> Sequence[Circumstance]:
    """More requests arrive than before, at the symptom or where users enter, no later than the trouble begins."""
    if any(entity in scene.callers and _load(name) for entity, name in scene.steady):
        return ()  # whoever calls it gets no more than before: the calls were multiplied on the way
    found = []
    for each in scene.signs:
        unknown = not scene.callers and not scene.callees  # nobody recorded who calls whom
        arrives = unknown or each.entity in (scene.entity, *scene.callers) or "ingress" in each.entity.lower()
        early = each.onset <= scene.onset + LEAD
        if each.source == "metric" and each.up and arrives and early and each.ratio >= GREW and _load(each.text):
            found.append(_of("traffic", each, min(3.0, 1.5 * math.log(min(each.ratio, 1e3)) + 0.5)))
    return found


@circumstance("dependency", example={})
def dependency(scene: Scene) -> Sequence[Circumstance]:
    """What it calls answers slowly or not at all by its own account, and nobody changed that."""
    changed = {arrival.entity for each in scene.candidates for arrival in each.before(scene.onset + LEAD)}
    plain = {"latency", "errors", "connect", "deadline"}
    return [
        _of("dependency", each)
        for each in scene.signs
        if each.source == "metric"
        and each.troubles
        and each.troubles <= plain
        and each.entity in scene.callees
        and each.entity not in changed
        and each.onset <= scene.onset + LEAD
    ]


@circumstance("told", example={})
def told(scene: Scene) -> Sequence[Circumstance]:
    """What messages, events and alerts say of things that no change of code does."""
    found = []
    for kind, known in vocabulary.table("circumstances", __package__).items():
        if "texts" not in known:
            continue
        pattern = vocabulary.any_of(known["texts"])
        signs = [each for each in scene.signs if _tells(each, scene) and pattern.search(each.text)]
        if signs:
            first = min(signs, key=lambda each: each.onset)
            early = 1.0 if first.onset <= scene.onset + LEAD else 0.3
            plain = min(1.0, sum(each.weight * (0.4 if each.about else 1.0) for each in signs) / 0.7)
            found.append(_of(kind, first, known["strength"] * early * plain, tuple(signs[:4])))
    return found


def _tells(sign: Sign, scene: Scene) -> bool:
    """Return whether a sign is a message in time, and no event that broken code makes by itself."""
    if sign.source == "metric" or sign.vanished or sign.onset > scene.reported + 300.0:
        return False
    return not (sign.source == "event" and _MADE_BY_CODE.search(sign.text.split(":")[0]))


@circumstance("neighbour", example={})
def neighbour(scene: Scene) -> Sequence[Circumstance]:
    """A node is far fuller than before, or another workload began, no later than the trouble."""
    changed = {arrival.entity for each in scene.candidates for arrival in each.before(scene.reported)}
    known = {scene.entity, *scene.callees, *scene.callers, *changed}
    found = []
    for each in scene.signs:
        if each.source != "metric" or not each.up or each.onset > scene.onset + 2 * LEAD:
            continue
        if _NODE.search(each.text) or _NODES.search(each.entity):
            found.append(_of("contention", each))
        elif each.entity not in known and each.before <= 0.02 * each.after and _TAKEN & each.troubles:
            found.append(_of("neighbour", each))
    return found


@circumstance("status", example={})
def status(scene: Scene) -> Sequence[Circumstance]:
    """A provider's own status feed, recorded beside, that speaks of trouble at the time; more if messages name it."""
    said = {word for each in scene.signs if not each.vanished for word in each.singles}
    found = []
    for path, text in scene.documents.items():
        for each in entries(text) if "status" in path.lower() else ():
            if each.during(scene.onset, scene.reported):
                named = (words.telling(each.text)[1] & said) - {
                    "status",
                    "elevated",
                    "investigating",
                    "degraded",
                    "outage",
                }
                sign = Sign("document", "", f"{path}: {each.text[:160]}", scene.onset, 1.0)
                found.append(_of("status", sign, 3.0 if named else 1.2))
    return found
